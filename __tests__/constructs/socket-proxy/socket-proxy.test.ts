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

  test("is asked by its resolved path, and GET is asked first", () => {
    expect(conf).toContain("proxy_pass http://unix:/var/run/docker.sock:$uri$is_args$args;");
    expect(conf.indexOf("if ($refused_method)")).toBeLessThan(conf.indexOf("location "));
  });
});
