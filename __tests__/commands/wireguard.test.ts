import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type * as WireGuard from "../../commands/wireguard";
import type { HostEnvironment } from "../../commands/workspace";
import { FakeCloud, hostEnvironment } from "./fakes";

let state: string;
let wireguard: typeof WireGuard;
const saved = { ...process.env };

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "l2o-wireguard-"));
  process.env["L2O_STATE"] = state;
  jest.resetModules();
  wireguard = await import("../../commands/wireguard");
});

afterEach(() => {
  process.env = { ...saved };
  rmSync(state, { recursive: true, force: true });
});

const hostKey = "RkFLRS1wdWJsaWMta2V5LW9mLXRoZS1vcGVyYXRvci0=";
const root = "/l2-observatory/unit/host";
const published = {
  [`${root}/endpoint`]: "198.51.100.7:51820",
  [`${root}/wireguard-public-key`]: hostKey,
};

function storeKey(privateKey: string): void {
  const file = wireguard.keyFile("unit", "operator");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${privateKey}\n`);
}

function withOperator(publicKey: string): HostEnvironment {
  return hostEnvironment({
    tunnel: { peers: [{ name: "operator", publicKey, address: "10.88.0.2" }] },
  });
}

const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

describe("keys", () => {
  test("the public half is that of RFC 7748, section 6.1", () => {
    expect(
      wireguard.publicKeyOf(
        base64("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
      ),
    ).toBe(base64("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  });

  test("a private key is clamped as 'wg genkey' does, and no two are alike", () => {
    const keys = [1, 2, 3, 4].map(() => wireguard.makeKeys());
    for (const { privateKey, publicKey } of keys) {
      const bytes = Buffer.from(privateKey, "base64");
      expect(bytes).toHaveLength(32);
      expect((bytes[0] ?? 0) & 7).toBe(0);
      expect((bytes[31] ?? 0) & 192).toBe(64);
      expect(wireguard.publicKeyOf(privateKey)).toBe(publicKey);
    }
    expect(new Set(keys.map(({ privateKey }) => privateKey)).size).toBe(4);
  });

  test("fails on what is no key, without repeating it", () => {
    expect(() => wireguard.publicKeyOf("not-a-real-key")).toThrow(
      /^a WireGuard private key must be 44 characters of base64$/,
    );
  });
});

describe("keygen", () => {
  test("keeps the private half in a file of its owner and shows what the environment needs", () => {
    const environment = hostEnvironment({
      tunnel: { peers: [{ name: "rollup", publicKey: hostKey, address: "10.88.0.2" }] },
    });
    const lines = wireguard.keygen(environment, "operator").join("\n");
    const file = join(state, "wireguard", "unit", "operator.key");
    const privateKey = readFileSync(file, "utf8").trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    expect(lines).not.toContain(privateKey);
    expect(lines).toContain(
      `{ name: "operator", publicKey: "${wireguard.publicKeyOf(privateKey)}", address: "10.88.0.3" }`,
    );
  });

  test("fails instead of writing over a key", () => {
    wireguard.keygen(hostEnvironment(), "operator");
    expect(() => wireguard.keygen(hostEnvironment(), "operator")).toThrow(
      /'peer' must be one without a key on this machine, got 'operator'/,
    );
  });

  test("fails on a name that is none", () => {
    expect(() => wireguard.keygen(hostEnvironment(), "../operator")).toThrow(
      "'peer' must be lower-case words joined by hyphens, got '../operator'",
    );
    expect(existsSync(join(state, "wireguard"))).toBe(false);
  });

  test("fails when the tunnel has no free address", () => {
    const peers = [2, 3, 4, 5, 6].map((n) => ({
      name: `peer-${String(n)}`,
      publicKey: wireguard.makeKeys().publicKey,
      address: `10.88.0.${String(n)}`,
    }));
    const environment = hostEnvironment({ tunnel: { cidr: "10.88.0.0/29", peers } });
    expect(() => wireguard.keygen(environment, "operator")).toThrow(
      "'host.tunnel.cidr' must be a network with a free address, got '10.88.0.0/29'",
    );
  });
});

describe("client", () => {
  test("prints a configuration that leads to the host alone, and its QR code", async () => {
    const { privateKey, publicKey } = wireguard.makeKeys();
    storeKey(privateKey);
    const [text, code] = await wireguard.client(
      withOperator(publicKey),
      "operator",
      new FakeCloud(published),
    );
    expect(text).toBe(`# 'operator' in the tunnel of 'unit'
[Interface]
PrivateKey = ${privateKey}
Address = 10.88.0.2/32
MTU = 1420

[Peer]
PublicKey = ${hostKey}
Endpoint = 198.51.100.7:51820
AllowedIPs = 10.88.0.1/32
PersistentKeepalive = 25
`);
    expect(code).toMatch(/█/);
  });

  test("leaves the private key open where the file here is another peer's, and prints no code", async () => {
    const { privateKey } = wireguard.makeKeys();
    storeKey(privateKey);
    const lines = await wireguard.client(
      withOperator(wireguard.makeKeys().publicKey),
      "operator",
      new FakeCloud(published),
    );
    expect(lines[0]).toContain(`PrivateKey = ${wireguard.privateKeyMark}\n`);
    expect(lines.join("\n")).not.toContain(privateKey);
    expect(lines.join("\n")).not.toMatch(/█/);
  });

  test("fails on a peer that the environment does not know, naming those it does", async () => {
    await expect(
      wireguard.client(withOperator(hostKey), "other", new FakeCloud(published)),
    ).rejects.toThrow("'peer' must be one of operator, got 'other'");
  });

  test("fails before the host is deployed", async () => {
    await expect(
      wireguard.client(withOperator(hostKey), "operator", new FakeCloud()),
    ).rejects.toThrow(
      "the host of 'unit' is not there: no parameter /l2-observatory/unit/host/endpoint; npm run deploy -- unit",
    );
  });

  test("fails while first boot goes on, with what the host said last", async () => {
    const cloud = new FakeCloud({
      [`${root}/endpoint`]: "198.51.100.7:51820",
      [`${root}/first-boot`]: "running i-0abc 2026-01-01T00:00:00Z 60-wireguard",
    });
    await expect(wireguard.client(withOperator(hostKey), "operator", cloud)).rejects.toThrow(
      "first boot of 'unit' is not over: no parameter /l2-observatory/unit/host/wireguard-public-key; the host's last report: running i-0abc 2026-01-01T00:00:00Z 60-wireguard",
    );
  });

  test("fails on a published key that is none: it would go into a configuration", async () => {
    const cloud = new FakeCloud({
      ...published,
      [`${root}/wireguard-public-key`]: "x\nPostUp = something",
    });
    await expect(wireguard.client(withOperator(hostKey), "operator", cloud)).rejects.toThrow(
      /wireguard-public-key must match/,
    );
  });
});
