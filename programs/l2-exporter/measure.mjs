// Memory and CPU of the bundle under load: node programs/l2-exporter/measure.mjs [seconds] [v8 flags…]
// One fake node on loopback answers for every chain; each chain has all six endpoints, three
// wallets and a poll of 2 s, and /metrics is scraped every 5 s.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildExporter } from "./build.mjs";

const [seconds = "60", ...flags] = process.argv.slice(2);
const CHAINS = [1, 10, 20];
const TRANSACTIONS_PER_BLOCK = 200;
const ADDRESS = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
const CELESTIA = "celestia1377k5an3f94v6wyaceu0cf4nq6gk2jtpc46g7h";
const TICKS_PER_SECOND = 100;

let height = 1000;
const timer = setInterval(() => height++, 2000);
const transactions = Array.from(
  { length: TRANSACTIONS_PER_BLOCK },
  (_, index) => `0x${index.toString(16).padStart(64, "0")}`,
);
const reference = () => ({ hash: `0x${"ab".repeat(32)}`, number: height, timestamp: height });
const RESULTS = {
  eth_chainId: () => "0x1",
  eth_blobBaseFee: () => "0x1",
  eth_getBalance: () => `0x${(10n ** 19n - BigInt(height)).toString(16)}`,
  eth_getTransactionCount: () => `0x${height.toString(16)}`,
  eth_getBlockByNumber: () => ({
    number: `0x${height.toString(16)}`,
    timestamp: `0x${height.toString(16)}`,
    baseFeePerGas: "0x3b9aca00",
    logsBloom: `0x${"0".repeat(512)}`,
    transactions,
  }),
  optimism_syncStatus: () => ({ unsafe_l2: reference(), safe_l2: reference() }),
  "state.BalanceForAddress": () => ({ denom: "utia", amount: "1000000" }),
};

let requests = 0;
const server = createServer((request, response) => {
  requests++;
  let text = "";
  request.on("data", (chunk) => (text += chunk));
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    if (text === "") return response.end('{"data":{"is_syncing":false}}');
    const answer = ({ id, method }) => ({ jsonrpc: "2.0", id, result: RESULTS[method]() });
    const body = JSON.parse(text);
    response.end(JSON.stringify(Array.isArray(body) ? body.map(answer) : answer(body)));
  });
});
server.keepAliveTimeout = 60_000;
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;

function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mib = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)[1]) / 1024;
  return { rss: mib("VmRSS"), anonymous: mib("RssAnon"), peak: mib("VmHWM") };
}

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const directory = mkdtempSync(join(tmpdir(), "l2-exporter-measure-"));
const bundle = await buildExporter(join(directory, "l2-exporter.js"));

async function measure(count) {
  const port = 19_300 + count;
  const chains = Array.from({ length: count }, (_, index) => ({
    name: `chain-${index}`,
    pollSeconds: 2,
    l1: { url, chainId: 1 },
    l2: { url },
    rollup: { url },
    beacon: { url },
    da: { url },
    celestia: { url, address: CELESTIA },
    wallets: ["batcher", "proposer", "challenger"].map((role) => ({
      name: role,
      role,
      layer: "l1",
      address: ADDRESS,
    })),
  }));
  const config = join(directory, "config.json");
  writeFileSync(config, JSON.stringify({ listen: `127.0.0.1:${port}`, chains }));
  const child = spawn(process.execPath, [...flags, bundle, "--config", config], {
    stdio: "ignore",
  });
  await sleep(5000);
  const before = { cpu: cpuSeconds(child.pid), requests };
  const started = performance.now();
  let bytes = 0;
  while (performance.now() - started < Number(seconds) * 1000) {
    bytes = (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).length;
    await sleep(5000);
  }
  const elapsed = (performance.now() - started) / 1000;
  const { rss, anonymous, peak } = memory(child.pid);
  const result = {
    chains: count,
    "rss MiB": rss.toFixed(1),
    "anonymous MiB": anonymous.toFixed(1),
    "peak MiB": peak.toFixed(1),
    "cpu % of one core": (((cpuSeconds(child.pid) - before.cpu) / elapsed) * 100).toFixed(2),
    "requests/s": ((requests - before.requests) / elapsed).toFixed(1),
    "scrape KiB": (bytes / 1024).toFixed(0),
  };
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await exited;
  return result;
}

const rows = [];
for (const count of CHAINS) rows.push(await measure(count));
console.log(`node ${process.version} ${flags.join(" ")}, ${seconds} s per row`);
console.table(rows);
clearInterval(timer);
server.close();
server.closeAllConnections();
rmSync(directory, { recursive: true });
