import { imageFaults, images, ImageSource, isPinned } from "../../../constructs/core/images";

const digest = `@sha256:${"0a".repeat(32)}`;

describe("isPinned", () => {
  it.each([
    "prom/prometheus:v3.15.0",
    "registry.example.com:5000/a/b:1",
    `prom/prometheus${digest}`,
    `prom/prometheus:latest${digest}`,
    "nginx:1.29.3-alpine",
  ])("accepts %s", (reference) => {
    expect(isPinned(reference)).toBe(true);
  });

  it.each([
    "prom/prometheus",
    "prom/prometheus:latest",
    "prom/prometheus:main",
    "prom/prometheus:latest-2",
    "prom/prometheus:v3-latest",
    "registry.example.com:5000/prometheus",
    "prom/prometheus@sha256:abc",
    "prom/prometheus:",
    "",
  ])("refuses %p", (reference) => {
    expect(isPinned(reference)).toBe(false);
  });
});

describe("the image list", () => {
  it.each(Object.entries(images))("pins %s", (_, reference) => {
    expect(isPinned(reference)).toBe(true);
  });
});

describe("an image source", () => {
  it("gives the public reference", () => {
    expect(new ImageSource().reference("prometheus")).toBe(images.prometheus);
  });

  it("puts a registry in front of all of them", () => {
    const source = new ImageSource({ registry: "mirror.example.com/hub" });
    expect(source.reference("nginx")).toBe(`mirror.example.com/hub/${images.nginx}`);
  });

  it("prefers an override to the registry", () => {
    const source = new ImageSource({
      registry: "mirror.example.com",
      overrides: { nginx: "local/nginx:1.0" },
    });
    expect(source.reference("nginx")).toBe("local/nginx:1.0");
  });

  it("gives another image as it is", () => {
    const source = new ImageSource({ registry: "mirror.example.com" });
    const reference = "registry.example.com/team/bridge:v2";
    expect(source.reference({ reference })).toBe(reference);
  });

  it("fails when an override is unknown or not pinned, naming both", () => {
    const overrides = { prometeus: "a:v1", nginx: "nginx:latest" };
    expect(() => new ImageSource({ overrides })).toThrow(
      /^images has 2 faults:\n {2}'images\.overrides\.prometeus' must be one of prometheus, .*, got 'prometeus'\n {2}'images\.overrides\.nginx' must be an image with a version tag or a digest, got 'nginx:latest'; pin it, /,
    );
    expect(imageFaults({ overrides }, "here").map(({ field }) => field)).toEqual([
      "here.overrides.prometeus",
      "here.overrides.nginx",
    ]);
  });

  it("fails when another image is not pinned", () => {
    expect(() => new ImageSource().reference({ reference: "team/bridge" })).toThrow(
      "'reference' must be an image with a version tag or a digest, got 'team/bridge'; pin it",
    );
  });
});
