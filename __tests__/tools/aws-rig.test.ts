import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerPlatform } from "../../tools/local-images";
import { pythonVersion } from "../../tools/rig/python";
import { Steps } from "../../tools/rig/steps";
import { judge, parseSuppressions, readSuppressions } from "../e2e/aws/checkov";
import { testKey } from "../e2e/aws/environments";
import { awsProvider, cliConfig, findProviderMirror } from "../e2e/aws/providers";
import { changesOf } from "../e2e/aws/stack";

describe("a Python for the tools", () => {
  it.each([
    ["Python 3.11.7\n", "3.11.7"],
    ["Python 3.9.2", "3.9.2"],
    ["Python 3.8.10", undefined],
    ["Python 2.7.18", undefined],
    ["", undefined],
  ])("takes %j as %s", (text, version) => {
    expect(pythonVersion(text)).toBe(version);
  });
});

describe("the AWS provider", () => {
  const mirror = mkdtempSync(join(tmpdir(), "l2o-mirror-"));
  const variable = process.env["L2O_AWS_PROVIDER_MIRROR"];
  afterAll(() => {
    rmSync(mirror, { recursive: true });
    if (variable === undefined) delete process.env["L2O_AWS_PROVIDER_MIRROR"];
    else process.env["L2O_AWS_PROVIDER_MIRROR"] = variable;
  });

  it("is refused from a mirror that lacks it", () => {
    process.env["L2O_AWS_PROVIDER_MIRROR"] = mirror;
    expect(() => findProviderMirror()).toThrow(
      `'L2O_AWS_PROVIDER_MIRROR' must be a folder with registry.terraform.io/hashicorp/aws/${awsProvider}, got '${mirror}'`,
    );
  });

  it("is found in the mirror that the variable names", () => {
    const platform = providerPlatform(process.platform, process.arch);
    const folder = join(mirror, "registry.terraform.io/hashicorp/aws", awsProvider, platform);
    mkdirSync(folder, { recursive: true });
    process.env["L2O_AWS_PROVIDER_MIRROR"] = mirror;
    expect(findProviderMirror()).toBe(folder);
  });

  it("is taken from its mirror by Terraform and OpenTofu, beside other mirrors", () => {
    expect(
      cliConfig([
        { path: "/a", source: "hashicorp/aws" },
        { path: "/d", source: "kreuzwerker/docker" },
      ]),
    ).toBe(`disable_checkpoint = true

provider_installation {
  filesystem_mirror {
    path    = "/a"
    include = ["registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws"]
  }
  filesystem_mirror {
    path    = "/d"
    include = ["registry.terraform.io/kreuzwerker/docker", "registry.opentofu.org/kreuzwerker/docker"]
  }
  direct {
    exclude = ["registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws", "registry.terraform.io/kreuzwerker/docker", "registry.opentofu.org/kreuzwerker/docker"]
  }
}
`);
  });
});

describe("what a plan changes", () => {
  it("is told by resource and attribute, without reads and what stays", () => {
    const change = (type: string, actions: string[], before: unknown, after: unknown) => ({
      address: `${type}.x`,
      type,
      change: { actions, before, after },
    });
    const resource_changes = [
      change("aws_vpc", ["no-op"], { a: 1 }, { a: 1 }),
      change("aws_partition", ["read"], null, { a: 1 }),
      change("aws_instance", ["update"], { a: 1, b: [] }, { a: 1, b: [2] }),
    ];
    expect(changesOf(JSON.stringify({ resource_changes }))).toEqual([
      {
        address: "aws_instance.x",
        type: "aws_instance",
        actions: ["update"],
        attributes: ["b"],
      },
    ]);
  });
});

describe("checkov's suppressions", () => {
  const finding = (check_id: string, resource: string) => ({
    stack: "host",
    check_id,
    check_name: "a check",
    resource,
  });

  it("all have a check, resources and a reason", () => {
    expect(readSuppressions().length).toBeGreaterThan(0);
  });

  it.each([
    ["without a reason", "[{ check: CKV_AWS_3, resources: _data_volume_ }]"],
    ["with a word for a reason", "[{ check: CKV_AWS_3, resources: _data_volume_, reason: cost }]"],
    ["of every resource", `[{ check: CKV_AWS_3, reason: "${"because of that ".repeat(3)}" }]`],
    ["of no check", `[{ check: all, resources: x, reason: "${"because of that ".repeat(3)}" }]`],
  ])("are refused %s", (_, text) => {
    expect(() => parseSuppressions(text)).toThrow();
  });

  it("cover a check on the resources they name only, and are told when they cover none", () => {
    const [reason, resources] = ["because of that", "_data_volume_"];
    const used = { check: "CKV_AWS_189", resources, reason };
    const idle = { check: "CKV_AWS_3", resources, reason };
    const other = finding("CKV_AWS_189", "resource.other_volume_1");
    const findings = [finding("CKV_AWS_189", "resource.host_data_volume_1"), other];
    expect(judge(findings, [used, idle])).toEqual({ open: [other], idle: [idle] });
  });
});

describe("keys of the rig", () => {
  it("are the same every time, and differ from word to word", () => {
    const key = testKey("x25519", "operator");
    expect(key).toEqual(testKey("x25519", "operator"));
    expect(Buffer.from(key.publicKey, "base64")).toHaveLength(32);
    expect(key.publicKey).not.toBe(testKey("x25519", "application").publicKey);
  });
});

describe("steps that cannot run here", () => {
  it("are told with the reason, as is what needs them, and count neither as passed nor as failed", async () => {
    const lines: string[] = [];
    const write = jest.spyOn(process.stdout, "write").mockImplementation((line) => {
      lines.push(String(line).trim());
      return true;
    });
    try {
      const steps = new Steps();
      steps.skip("provider", "no registry");
      await steps.step("apply", () => Promise.reject(new Error("must not run")), ["provider"]);
      await steps.step("read", () => Promise.reject(new Error("must not run")), ["apply"]);
      await steps.step("lint", () => Promise.resolve(undefined));
      expect(steps.close()).toBe(true);
    } finally {
      write.mockRestore();
    }
    expect(lines.filter((line) => line.startsWith("- "))).toEqual([
      "- provider: SKIPPED: no registry",
      "- apply: SKIPPED: it needs 'provider'",
      "- read: SKIPPED: it needs 'apply'",
    ]);
    expect(lines).toContain("3 skipped: provider; apply; read");
    expect(lines.at(-1)).toBe("1 passed, 0 failed");
  });
});
