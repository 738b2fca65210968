import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import {
  demoBatcherAddress,
  demoSecretFile,
  demoSecrets,
  demoServices,
} from "../../../constructs/demo";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-secrets-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("the batcher's key is that of the address which environments name", () => {
  const [batcher, ...others] = demoSecrets(folder);
  expect(others).toEqual([]);
  expect(batcher).toMatchObject({ service: demoServices.rollup, secret: "batcher-key" });
  const value = batcher?.value ?? "";
  expect(value).toMatch(/^0x[0-9a-f]{64}\n$/);
  expect(privateKeyToAccount(`0x${value.trim().slice(2)}`).address).toBe(demoBatcherAddress);
});

test("a secret whose file is there is not made again", () => {
  for (const one of demoSecrets(folder)) {
    const file = demoSecretFile(folder, one);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, one.value);
  }
  expect(demoSecrets(folder)).toEqual([]);
});
