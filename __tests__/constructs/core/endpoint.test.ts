import { Endpoint } from "../../../constructs/core/endpoint";

const props = { protocol: "http", host: "prometheus", port: 9090 } as const;

describe("an endpoint", () => {
  it("has an authority and a URL", () => {
    const endpoint = new Endpoint(props);
    expect(endpoint.authority).toBe("prometheus:9090");
    expect(endpoint.url).toBe("http://prometheus:9090");
  });

  it("has a path and a scheme", () => {
    const { url } = new Endpoint({ ...props, path: "/api/v1/write", scheme: "https" });
    expect(url).toBe("https://prometheus:9090/api/v1/write");
  });

  it.each([1, 65535])("may have port %i", (port) => {
    expect(new Endpoint({ ...props, port }).port).toBe(port);
  });

  it.each(["10.88.0.1", "a", "l2-geth", "node_1.example.com"])("may have host %s", (host) => {
    expect(new Endpoint({ ...props, host }).host).toBe(host);
  });

  it.each([0, 65536, -1, 80.5, Number.NaN])("fails when the port is %p", (port) => {
    expect(() => new Endpoint({ ...props, port })).toThrow(
      `'port' must be an integer from 1 to 65535, got`,
    );
  });

  it.each(["", "http://x", "x:80", "-x", "x-", "${TfToken[TOKEN.1]}", "a b"])(
    "fails when the host is %p",
    (host) => {
      expect(() => new Endpoint({ ...props, host })).toThrow(
        "'host' must be a host name or an IPv4 address without scheme and port",
      );
    },
  );

  it("fails when the path does not start with a slash", () => {
    expect(() => new Endpoint({ ...props, path: "metrics" })).toThrow(
      "'path' must be a path that starts with '/', got 'metrics'",
    );
  });

  it("fails with all faults at once", () => {
    expect(() => new Endpoint({ ...props, host: "", port: 0, path: "" })).toThrow(
      "endpoint has 3 faults",
    );
  });
});
