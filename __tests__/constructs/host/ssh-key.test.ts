import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describeFault } from "../../../constructs/core/errors";
import { faultsOf } from "../../../constructs/core/schema";
import { hostSchema } from "../../../constructs/host";
import { sshKeyAllowed, withoutComment } from "../../../constructs/host/ssh-key";
import { input, obviouslyFakeSshKey, sshKeyBody } from "./fixtures";

const publicKey = (line: string) => ({
  ...input,
  deployKeys: [{ name: "alice", publicKey: line }],
});

function refusals(line: string): string[] {
  const given = publicKey(line);
  const { error } = hostSchema.safeParse(given);
  return error === undefined ? [] : faultsOf(error, given, "host").map(describeFault);
}

/** An RSA number as OpenSSH writes it: with a zero before a set highest bit. */
function mpint(base64url: string | undefined): Buffer {
  const bytes = Buffer.from(base64url ?? "", "base64url");
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

function rsa(bits: number): string {
  const { n, e } = generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({
    format: "jwk",
  });
  return `ssh-rsa ${sshKeyBody("ssh-rsa", mpint(e), mpint(n))}`;
}

function point(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  return Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
}

function ecdsa(name: "nistp256" | "nistp384" | "nistp521", namedCurve: string): string {
  const type = `ecdsa-sha2-${name}`;
  const key = generateKeyPairSync("ec", { namedCurve }).publicKey;
  return `${type} ${sshKeyBody(type, name, point(key))}`;
}

test.each([
  ["ed25519", obviouslyFakeSshKey(7)],
  ["ed25519 with a comment", `${obviouslyFakeSshKey(7)} alice on her laptop`],
  ["ecdsa of 256 bits", ecdsa("nistp256", "P-256")],
  ["ecdsa of 384 bits", ecdsa("nistp384", "P-384")],
  ["ecdsa of 521 bits", ecdsa("nistp521", "P-521")],
  ["rsa of 3072 bits", rsa(3072)],
])("accepts %s", (_, line) => {
  expect(refusals(line)).toEqual([]);
});

const fake = obviouslyFakeSshKey(7);
const body = fake.split(" ")[1] ?? "";

describe("fails when", () => {
  test.each([
    ["it is a private key", "-----BEGIN OPENSSH PRIVATE KEY-----", "a private key, which belongs"],
    ["it is empty", "", "something else"],
    ["it is one word", "ssh-ed25519", "something else"],
    ["a second line follows", `${fake}\n${fake}`, "something else"],
    ["it has options", `no-pty ${fake}`, "options before the key"],
    ["its type is weak", `ssh-dss ${body}`, "a key of another type"],
    ["its body is no base64", `ssh-ed25519 ${body.slice(0, -1)}!`, "a key whose body is no base64"],
    ["its body is cut off", `ssh-ed25519 ${body.slice(0, -8)}`, "a key that is cut off"],
    [
      "a length is cut off",
      `ssh-ed25519 ${sshKeyBody("ssh-ed25519")}AAAA`,
      "a key that is cut off",
    ],
    ["its body is of another type", `ssh-rsa ${body}`, "a key whose body is of another type"],
    [
      "it holds too few bytes",
      `ssh-ed25519 ${sshKeyBody("ssh-ed25519", Buffer.alloc(31))}`,
      "an ssh-ed25519 key that does not hold 32 bytes",
    ],
    [
      "it holds something more",
      `ssh-ed25519 ${sshKeyBody("ssh-ed25519", Buffer.alloc(32), "more")}`,
      "an ssh-ed25519 key that does not hold 32 bytes",
    ],
    [
      "its curve is another",
      `ecdsa-sha2-nistp256 ${sshKeyBody("ecdsa-sha2-nistp256", "nistp384", Buffer.alloc(65, 4))}`,
      "an ecdsa-sha2-nistp256 key without a point of nistp256",
    ],
    [
      "an RSA key lacks a number",
      `ssh-rsa ${sshKeyBody("ssh-rsa", Buffer.of(1, 0, 1))}`,
      "an ssh-rsa key without its two numbers",
    ],
    ["an RSA key is short", rsa(2048), "an ssh-rsa key of 2048 bits"],
  ])("%s", (_, line, got) => {
    const [refusal = "", ...more] = refusals(line);
    expect(more).toEqual([]);
    expect(refusal).toContain(
      `'host.deployKeys[0].publicKey' must be ${sshKeyAllowed}, got ${got}`,
    );
  });

  test("and never repeats what was pasted", () => {
    const pasted = "FAKE-canary-7f3a9c1d2e4b5a6c7d8e";
    expect(refusals(`-----BEGIN OPENSSH PRIVATE KEY-----\n${pasted}`)[0]).not.toContain(pasted);
  });
});

test("withoutComment leaves type and key", () => {
  expect(withoutComment(`${fake} alice on her laptop`)).toBe(fake);
  expect(withoutComment(fake)).toBe(fake);
});
