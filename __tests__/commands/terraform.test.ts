import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { ensureTerraform, parseVersion } from "../../commands/terraform";

let directory: string;
const saved = { ...process.env };
const silent = (): void => undefined;

function program(name: string, output: string): string {
  const file = path.join(directory, name);
  fs.writeFileSync(file, `#!/bin/sh\ncat <<'E'\n${output}\nE\n`, { mode: 0o755 });
  return file;
}

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "terraform-"));
  process.env["PATH"] = `${directory}:/usr/bin:/bin`;
  delete process.env["TERRAFORM_BINARY_NAME"];
});
afterEach(() => {
  process.env = { ...saved };
  fs.rmSync(directory, { recursive: true, force: true });
});

test.each([
  ["Terraform v1.11.4\non linux_amd64\n", { version: "1.11.4", flavour: "terraform" }],
  ["OpenTofu v1.12.6\non linux_amd64\n", { version: "1.12.6", flavour: "opentofu" }],
  ["Terraform v1.15.0-beta1\n", { version: "1.15.0-beta1", flavour: "terraform" }],
  ["GNU bash, version 5.2\n", undefined],
])("the version in %j", (text, expected) => {
  expect(parseVersion(text)).toEqual(expected);
});

test("terraform on PATH comes before tofu; an old terraform is passed over", async () => {
  program("tofu", "OpenTofu v1.12.6");
  program("terraform", "Terraform v1.11.4");
  expect(await ensureTerraform({ progress: silent })).toEqual({
    binary: "terraform",
    version: "1.11.4",
    flavour: "terraform",
  });
  program("terraform", "Terraform v1.9.8");
  expect(await ensureTerraform({ progress: silent })).toEqual({
    binary: "tofu",
    version: "1.12.6",
    flavour: "opentofu",
  });
});

test("TERRAFORM_BINARY_NAME decides alone, and fails with what it got", async () => {
  program("terraform", "Terraform v1.11.4");
  const named = program("mine", "OpenTofu v1.10.0");
  process.env["TERRAFORM_BINARY_NAME"] = named;
  expect((await ensureTerraform({ progress: silent })).binary).toBe(named);

  program("mine", "Terraform v1.5.7");
  await expect(ensureTerraform({ progress: silent })).rejects.toThrow(
    `'TERRAFORM_BINARY_NAME' must name Terraform or OpenTofu 1.10 or newer, got '${named}' (terraform 1.5.7)`,
  );
  program("mine", "something else");
  await expect(ensureTerraform({ progress: silent })).rejects.toThrow("(something else)");
  process.env["TERRAFORM_BINARY_NAME"] = "no-such-program";
  await expect(ensureTerraform({ progress: silent })).rejects.toThrow(
    "got 'no-such-program' (not found)",
  );
});

test("without one, the builder's is used and said; without a builder the hint names both downloads", async () => {
  program("terraform", "Terraform v1.9.8");
  await expect(ensureTerraform({ progress: silent })).rejects.toThrow(
    /no usable Terraform \(terraform: terraform 1\.9\.8\): install .*hashicorp.*opentofu/,
  );
  const lines: string[] = [];
  const built = program("built-tofu", "OpenTofu v1.12.6");
  const result = await ensureTerraform({
    progress: (line) => lines.push(line),
    build: () => Promise.resolve(built),
  });
  expect(result).toEqual({ binary: built, version: "1.12.6", flavour: "opentofu" });
  expect(lines).toEqual(["no usable Terraform (terraform: terraform 1.9.8): building OpenTofu"]);
});

test("fails when the build fails or what it made does not run", async () => {
  await expect(
    ensureTerraform({
      progress: silent,
      build: () => Promise.reject(new Error("Go is not installed")),
    }),
  ).rejects.toThrow(
    "no usable Terraform (neither on PATH) and OpenTofu cannot be built (Go is not installed)",
  );
  await expect(
    ensureTerraform({ progress: silent, build: () => Promise.resolve("/nonexistent/tofu") }),
  ).rejects.toThrow("the built OpenTofu at /nonexistent/tofu does not run");
});
