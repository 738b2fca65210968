import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { firingAlerts, ruleFindings, targetFindings } from "../../commands/health";

let server: Server;
let url: string;
let answers: Readonly<Record<string, unknown>> = {};

beforeAll(async () => {
  server = createServer((request, response) => {
    const body = answers[(request.url ?? "").replace(/\?.*/, "")];
    response.writeHead(body === undefined ? 503 : 200).end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const target = (instance: string, health: string, lastError = "") => ({
  labels: { job: "example", instance },
  health,
  lastError,
});

test("a target that is down fails, with Prometheus' own words", async () => {
  answers = {
    "/api/v1/targets": {
      data: { activeTargets: [target("a:1", "up"), target("b:2", "down", "connection refused")] },
    },
  };
  expect(await targetFindings(url)).toEqual([
    { what: "target example a:1", ok: true, detail: "up" },
    { what: "target example b:2", ok: false, detail: "down connection refused" },
  ]);
});

test("a target that was never scraped does not count as up", async () => {
  answers = { "/api/v1/targets": { data: { activeTargets: [target("a:1", "unknown")] } } };
  expect(await targetFindings(url)).toEqual([
    { what: "target example a:1", ok: false, detail: "unknown" },
  ]);
});

test("no target at all fails", async () => {
  answers = { "/api/v1/targets": { data: { activeTargets: [] } } };
  expect(await targetFindings(url)).toEqual([{ what: "targets", ok: false, detail: "none" }]);
});

test("a rule that cannot be evaluated fails, the sound ones are counted", async () => {
  const rules = [
    { name: "Fine", health: "ok" },
    { name: "Broken", health: "err", lastError: "many-to-many matching" },
  ];
  answers = { "/api/v1/rules": { data: { groups: [{ name: "g", rules }] } } };
  expect(await ruleFindings(url)).toEqual([
    { what: "rule g/Broken", ok: false, detail: "err many-to-many matching" },
  ]);
  answers = { "/api/v1/rules": { data: { groups: [{ name: "g", rules: rules.slice(0, 1) }] } } };
  expect(await ruleFindings(url)).toEqual([
    { what: "rules", ok: true, detail: "1 evaluated without error" },
  ]);
});

test("a server that answers an error, or not at all, is a finding and no crash", async () => {
  answers = {};
  expect(await targetFindings(url)).toEqual([
    {
      what: "targets",
      ok: false,
      detail: `${url}/api/v1/targets?state=active answered 503`,
    },
  ]);
  const [finding] = await ruleFindings("http://127.0.0.1:1");
  expect(finding?.ok).toBe(false);
});

test("firing alerts are told without the watchdog and without pending ones", async () => {
  const alert = (
    alertname: string,
    state: string,
    labels: Readonly<Record<string, string>> = {},
  ) => ({
    labels: { alertname, priority: "P1", ...labels },
    state,
    annotations: { description: `${alertname} described` },
  });
  answers = {
    "/api/v1/alerts": {
      data: {
        alerts: [
          alert("BatcherDown", "firing"),
          alert("L2GethDown", "pending"),
          alert("Watchdog", "firing", { heartbeat: "true" }),
        ],
      },
    },
  };
  expect(await firingAlerts(url)).toEqual(["P1 BatcherDown: BatcherDown described"]);
});
