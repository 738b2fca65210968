import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { Readable } from "node:stream";

import {
  compareVersions,
  engineAddress,
  engineRequest,
  ensureEngine,
  isDebianLike,
  isYes,
  registryApiHost,
  registryReachable,
  urlAnswers,
} from "../../commands/engine";

let directory: string;
let servers: http.Server[];
const saved = { ...process.env };
const options = () => ({
  progress: () => undefined,
  interactive: false,
  cacheDirectory: directory,
});

async function serve(handler: http.RequestListener, target?: string): Promise<number> {
  const server = http.createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => {
    if (target === undefined) server.listen(0, "127.0.0.1", resolve);
    else server.listen(target, resolve);
  });
  return target === undefined ? (server.address() as AddressInfo).port : 0;
}

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "engine-"));
  servers = [];
});
afterEach(async () => {
  process.env = { ...saved };
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  fs.rmSync(directory, { recursive: true, force: true });
});

test.each([
  ["unix:///var/run/docker.sock", { socketPath: "/var/run/docker.sock" }],
  ["tcp://10.0.0.1:2375", { host: "10.0.0.1", port: 2375 }],
  ["tcp://[::1]:2375", { host: "::1", port: 2375 }],
])("address of %s", (value, expected) => {
  expect(engineAddress(value)).toEqual(expected);
});

test.each(["ssh://root@host", "unix://relative", "tcp://host", "tcp://host:70000", "nonsense", ""])(
  "fails when DOCKER_HOST is '%s'",
  (value) => {
    expect(() => engineAddress(value)).toThrow(
      `'DOCKER_HOST' must be unix:///<path> or tcp://<host>:<port>, got '${value}'`,
    );
  },
);

test("a running engine is found through DOCKER_HOST, over a socket and over TCP", async () => {
  const answer: http.RequestListener = (request, response) => {
    response.end(request.url === "/version" ? '{"Version":"25.0.1","ApiVersion":"1.44"}' : "");
  };
  const port = await serve(answer);
  process.env["DOCKER_HOST"] = `tcp://127.0.0.1:${port}`;
  expect(await ensureEngine(options())).toEqual({
    host: `tcp://127.0.0.1:${port}`,
    version: "25.0.1",
  });
  const socket = path.join(directory, "d.sock");
  await serve(answer, socket);
  process.env["DOCKER_HOST"] = `unix://${socket}`;
  expect((await ensureEngine(options())).host).toBe(`unix://${socket}`);
});

test("fails when DOCKER_HOST names nothing, something else or an old engine", async () => {
  process.env["DOCKER_HOST"] = `unix://${directory}/none.sock`;
  await expect(ensureEngine(options())).rejects.toThrow(
    /'DOCKER_HOST' must name a running Docker Engine, got unix:.*ENOENT.*start it or unset/,
  );
  const web = await serve((_request, response) => response.end("{}"));
  process.env["DOCKER_HOST"] = `tcp://127.0.0.1:${web}`;
  await expect(ensureEngine(options())).rejects.toThrow("not as a Docker Engine does");
  const old = await serve((_request, response) =>
    response.end('{"Version":"19.03.15","ApiVersion":"1.40"}'),
  );
  process.env["DOCKER_HOST"] = `tcp://127.0.0.1:${old}`;
  await expect(ensureEngine(options())).rejects.toThrow(
    "Docker Engine must be 20.10 or newer, got 19.03.15: update it",
  );
});

test("a request carries its body and reads the whole answer; a silent engine is given up", async () => {
  const port = await serve((request, response) => {
    if (request.url === "/silent") return;
    request.pipe(response);
  });
  const dockerHost = `tcp://127.0.0.1:${port}`;
  const body = Readable.from([Buffer.from("one "), Buffer.from("two")]);
  expect(await engineRequest({ dockerHost, method: "POST", path: "/x", body })).toEqual({
    status: 200,
    body: "one two",
  });
  await expect(
    engineRequest({ dockerHost, method: "GET", path: "/silent", timeoutSeconds: 0.05 }),
  ).rejects.toThrow(`no answer from ${dockerHost} within the time limit`);
});

test.each([
  ["1.41", "1.41", 0],
  ["1.9", "1.41", -32],
  ["20.10.24+dfsg1", "20.10", 24],
  ["1.10.0-beta1", "1.10", 0],
])("%s compared with %s", (a, b, expected) => {
  expect(compareVersions(a, b)).toBe(expected);
});

test.each([
  ['ID=debian\nVERSION_ID="12"\n', true],
  ["ID=ubuntu\nID_LIKE=debian\n", true],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', true],
  ['ID="amzn"\nID_LIKE="fedora"\n', false],
  ["", false],
])("Debian-like %j: %s", (text, expected) => {
  expect(isDebianLike(text)).toBe(expected);
});

test.each([
  ["", true],
  [" Y ", true],
  ["yes", true],
  ["n", false],
  ["whatever", false],
])("answer %j is yes: %s", (answer, expected) => {
  expect(isYes(answer)).toBe(expected);
});

test.each([
  ["docker.io", "registry-1.docker.io"],
  ["ghcr.io", "ghcr.io"],
  ["localhost:5000", "localhost:5000"],
])("the API of %s is served by %s", (host, expected) => {
  expect(registryApiHost(host)).toBe(expected);
});

test("a registry that answers 401 is reachable, one that is silent or absent is not", async () => {
  const asked: string[] = [];
  const port = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === "/silent") return;
    response.statusCode = 401;
    response.end();
  });
  expect(await registryReachable(`127.0.0.1:${port}`)).toBe(true);
  expect(asked).toEqual(["HEAD /v2/"]);
  expect(await urlAnswers(`http://127.0.0.1:${port}/silent`, 0.05)).toBe(false);
  const [server] = servers;
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  servers = [];
  expect(await registryReachable(`127.0.0.1:${port}`)).toBe(false);
});
