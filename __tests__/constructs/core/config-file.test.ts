import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Fn, TerraformStack, Testing } from "cdktf";
import { parse } from "yaml";
import { ConfigFile, terraformLiteral } from "../../../constructs/core/config-file";
import { assetPath, packageRoot } from "../../../constructs/core/paths";
import { asTerraformReads } from "./synthesised";

const asset = "prometheus/prometheus.yml";

describe("a config file", () => {
  it("holds text", () => {
    const file = ConfigFile.text("/etc/x", "one\n");
    expect(file).toMatchObject({ path: "/etc/x", content: "one\n", source: undefined });
    expect(file.hash).toBe(createHash("sha256").update("one\n").digest("hex"));
  });

  it("holds data as YAML, without anchors and folded lines", () => {
    const same = { text: "x ".repeat(200) };
    const value = { first: same, second: same, on: "yes", list: [1, "1", null] };
    const { content } = ConfigFile.yaml("/x.yml", value);
    expect(parse(content)).toEqual(value);
    expect(content).not.toMatch(/[&*]a\d/);
    expect(content.split("\n").filter((line) => line.includes("x x"))).toHaveLength(2);
  });

  it("holds data as JSON", () => {
    expect(JSON.parse(ConfigFile.json("/x.json", { a: [1] }).content)).toEqual({ a: [1] });
  });

  it("holds an asset byte for byte", () => {
    expect(ConfigFile.asset("/x", asset).content).toBe(readFileSync(assetPath(asset), "utf8"));
  });

  it("knows where a large file lies", () => {
    const source = join(packageRoot, "LICENSE");
    expect(ConfigFile.fromDisk("/x", source)).toMatchObject({
      source,
      content: readFileSync(source, "utf8"),
    });
  });

  it("fails when the path is relative or there is no content", () => {
    expect(() => ConfigFile.text("etc/x", "")).toThrow("config file has 2 faults");
    expect(() => ConfigFile.text("etc/x", "a")).toThrow(
      "'path' must be an absolute path in the container, got 'etc/x'",
    );
    expect(() => ConfigFile.text("/etc/x", "")).toThrow(
      "'/etc/x' must be a file with content, got an empty file",
    );
  });
});

describe("an overlay", () => {
  it("changes the named scalars and nothing else", () => {
    const before = parse(readFileSync(assetPath(asset), "utf8")) as object;
    const file = ConfigFile.overlay("/x.yml", asset, {
      "global.scrape_interval": "7s",
      "storage.tsdb.retention.time": "3d",
    });
    expect(parse(file.content)).toEqual({
      ...before,
      global: expect.objectContaining({
        scrape_interval: "7s",
        evaluation_interval: "15s",
      }) as object,
      storage: { tsdb: { retention: { time: "3d", size: "4GB" } } },
    });
  });

  it("replaces a whole list and merges nothing", () => {
    const { content } = ConfigFile.overlay("/x.yml", asset, {}, { rule_files: [{ a: 1 }] });
    expect(parse(content)).toMatchObject({ rule_files: [{ a: 1 }] });
  });

  it("keeps the comments", () => {
    const comments = (text: string) => text.split("\n").filter((line) => line.startsWith("#"));
    const { content } = ConfigFile.overlay("/x.yml", asset, { "global.scrape_interval": "7s" });
    expect(comments(content)).toEqual(comments(readFileSync(assetPath(asset), "utf8")));
    expect(comments(content).length).toBeGreaterThan(0);
  });

  it("keeps a value that looks like another type", () => {
    const { content } = ConfigFile.overlay("/x.yml", asset, {
      "global.external_labels.environment": "on",
    });
    expect(parse(content)).toMatchObject({ global: { external_labels: { environment: "on" } } });
    expect(
      parse(ConfigFile.overlay("/x.yml", asset, { "global.scrape_interval": "1e3" }).content),
    ).toMatchObject({ global: { scrape_interval: "1e3" } });
  });

  it("fails when a path is misspelt, naming every one", () => {
    expect(() =>
      ConfigFile.overlay("/x.yml", asset, {
        "global.scrape_intervall": "7s",
        "storage.tsdb.retention.time": "3d",
        "nothing.here": 1,
      }),
    ).toThrow(
      "assets/prometheus/prometheus.yml has 2 faults:\n" +
        "  'global.scrape_intervall' must be a path that exists in the asset, got no such path; correct the path, or add the key to the asset\n" +
        "  'nothing.here' must be a path that exists in the asset",
    );
  });
});

describe("terraformLiteral", () => {
  const nasty = [
    "plain",
    "${",
    "%{",
    "$${",
    "%%{",
    "$$${a}",
    "%%%{ if true }",
    "$%{",
    "%${",
    "${${}",
    "a$",
    "$",
    "%",
    "$$",
    '{{ $labels.chain }} {{ printf "%.2f" $value }}%',
    '{{ with query "x{a=\\"b\\"}" }}{{ . | first | value }}{{ end }}',
    "location ~ ^/a${x}/%{y}$ { return 200; }",
    'log_format j escape=json \'{"a":"$b"}\';',
    'tab\tquote"back\\slash\r\nünïcödé 🔴\u2028',
  ];

  it.each(nasty)("comes back byte for byte: %j", (text) => {
    expect(asTerraformReads(terraformLiteral(text))).toBe(text);
  });

  it.each(nasty)("passes through a synthesised stack unchanged: %j", (text) => {
    const stack = new TerraformStack(Testing.app(), "stack");
    stack.addOverride("locals.text", terraformLiteral(text));
    const { locals } = JSON.parse(Testing.synth(stack, true)) as { locals: { text: string } };
    expect(asTerraformReads(locals.text)).toBe(text);
  });

  it("leaves text without templates alone", () => {
    expect(terraformLiteral("$labels 100% {x}")).toBe("$labels 100% {x}");
  });

  it("fails when the text carries a Terraform reference", () => {
    expect(() => terraformLiteral(`a ${Fn.upper("x")}`)).toThrow(
      "rendered text carries a Terraform reference",
    );
  });
});
