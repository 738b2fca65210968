import { existsSync, readFileSync } from "node:fs";
import { images } from "../../../constructs/core/images";
import { assetPath, packageRoot } from "../../../constructs/core/paths";
import { secret, secretFile, secretName } from "../../../constructs/core/secret";
import { synthesise, testRuntime, testStack } from "./synthesised";

describe("a runtime", () => {
  it("names what runs on the engine after prefix and environment", () => {
    const runtime = testRuntime(testStack(), { prefix: "ops" });
    expect(runtime.nameOf("prometheus")).toBe("ops-test-prometheus");
    expect(runtime.networkName).toBe("ops-test-network");
  });

  it("is on loopback, from public registries and without protection unless told otherwise", () => {
    const runtime = testRuntime(testStack());
    expect(runtime).toMatchObject({ prefix: "l2o", bindAddress: "127.0.0.1", protectData: false });
    expect(runtime.images.reference("nginx")).toBe(images.nginx);
  });

  it("has one network, a bridge", () => {
    const stack = synthesise(() => undefined);
    expect(stack.of("docker_network")).toEqual([
      expect.objectContaining({ name: "l2o-test-network", driver: "bridge" }),
    ]);
  });

  it("counts against its machine", () => {
    expect(testRuntime(testStack()).budget.machine.name).toBe("t4g.small");
  });
});

describe("a secret", () => {
  it("is a name, and a file in the container", () => {
    expect(secret("slack-url")).toEqual({ secret: "slack-url" });
    expect(secretFile(secret("slack-url"))).toBe("/run/secrets/l2-observatory/slack-url");
  });

  it.each(["../up", "a/b", "", "A", "a b", "-a", "a\n"])("is not named %p", (name) => {
    expect(secretName.test(name)).toBe(false);
  });
});

describe("paths", () => {
  it("start at our own package", () => {
    const manifest: unknown = JSON.parse(readFileSync(`${packageRoot}/package.json`, "utf8"));
    expect(manifest).toMatchObject({ name: "l2-observatory" });
    expect(existsSync(assetPath("prometheus/prometheus.yml"))).toBe(true);
  });
});
