import { readFileSync } from "node:fs";
import { assetPath } from "../../../constructs/core/paths";
import { SocketProxy } from "../../../constructs/socket-proxy";
import { synthesise, testRuntime, testStack } from "../core/synthesised";

const conf = readFileSync(assetPath("socket-proxy/nginx.conf"), "utf8");
const [, quoted = ""] = /location ~ "([^"]+)"/.exec(conf) ?? [];
const letThrough = new RegExp(quoted);

describe("SocketProxy", () => {
  const synthesised = synthesise((stack, runtime) => {
    new SocketProxy(stack, "socket-proxy", { runtime });
  });
  const one = synthesised.container("socket-proxy");

  test("holds the socket, has no capability and publishes nothing", () => {
    expect(one).toMatchObject({
      user: "0:0",
      capabilities: { drop: ["ALL"] },
      security_opts: ["no-new-privileges:true"],
      mounts: [
        {
          type: "bind",
          source: "/var/run/docker.sock",
          target: "/var/run/docker.sock",
          read_only: true,
        },
      ],
    });
    expect(one.ports ?? []).toEqual([]);
  });

  test("is reached as an engine", () => {
    const stack = testStack();
    const proxy = new SocketProxy(stack, "socket-proxy", { runtime: testRuntime(stack) });
    expect(proxy.engine.url).toBe("http://socket-proxy:2375");
  });

  test("fails when the socket is no absolute path", () => {
    const stack = testStack();
    const runtime = testRuntime(stack);
    expect(
      () => new SocketProxy(stack, "socket-proxy", { runtime, socket: "docker.sock" }),
    ).toThrow("'socket' must be an absolute path on the host, got 'docker.sock'");
  });
});

describe("its list of paths", () => {
  test.each([
    "/_ping",
    "/v1.41/_ping",
    "/version",
    "/v1.51/containers/json",
    "/networks",
    "/containers/0123abcdef/json",
    "/v1.41/containers/l2o-local-loki/logs",
  ])("lets %s through", (path) => {
    expect(letThrough.test(path)).toBe(true);
  });

  test.each([
    "/",
    "/info",
    "/secrets",
    "/images/json",
    "/events",
    "/containers/a/archive",
    "/containers/a/attach/ws",
    "/containers/a/export",
    "/containers/a/top",
    "/containers/a/b/json",
    "/containers/../images/a/json",
    "/containers/a/json/x",
    "/exec/a/json",
    "/v1.41/networks/a",
  ])("refuses %s", (path) => {
    expect(letThrough.test(path)).toBe(false);
  });

  test("writes a line of the list of containers in the first 5 seconds of a minute, and no other", () => {
    const [, pattern = ""] = /"~([^"]+)" 1;/.exec(conf) ?? [];
    const written = new RegExp(pattern);
    const at = (path: string, seconds: string) =>
      written.test(`${path} 2026-11-21T10:25:${seconds}+09:00`);
    expect(at("/v1.43/containers/json", "00") && at("/containers/json", "04")).toBe(true);
    expect(at("/v1.43/containers/json", "05") || at("/v1.43/containers/json", "40")).toBe(false);
    expect(at("/-/healthy", "00") || at("/v1.43/containers/a/json", "00")).toBe(false);
    expect(conf).toContain("access_log /dev/stdout pulse if=$once_a_minute;");
  });

  test("is asked by its resolved path, and GET is asked first", () => {
    expect(conf).toContain("proxy_pass http://unix:/var/run/docker.sock:$uri$is_args$args;");
    expect(conf.indexOf("if ($refused_method)")).toBeLessThan(conf.indexOf("location "));
  });
});
