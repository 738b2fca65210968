import type { z } from "zod";

/** Completes "must be …" for {@link sshKey}. */
export const sshKeyAllowed =
  "an OpenSSH public key (ssh-ed25519, ecdsa-sha2-nistp256, -nistp384 or -nistp521, or ssh-rsa of at least 3072 bits) on one line and without options";

const curves: Readonly<Record<string, { readonly name: string; readonly pointBytes: number }>> = {
  "ecdsa-sha2-nistp256": { name: "nistp256", pointBytes: 65 },
  "ecdsa-sha2-nistp384": { name: "nistp384", pointBytes: 97 },
  "ecdsa-sha2-nistp521": { name: "nistp521", pointBytes: 133 },
};

const types = ["ssh-ed25519", "ssh-rsa", ...Object.keys(curves)];

const leastRsaBits = 3072;

/** The fields of a key's body (RFC 4253: each has its length before it), or nothing where it is cut off. */
function fieldsOf(body: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    if (at + 4 > body.length) return undefined;
    const end = at + 4 + body.readUInt32BE(at);
    if (end > body.length) return undefined;
    fields.push(body.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function bitsOf(number: Buffer): number {
  return number.length === 0 ? 0 : BigInt(`0x${number.toString("hex")}`).toString(2).length;
}

function bodyFault(type: string, [, ...fields]: readonly Buffer[]): string | undefined {
  const curve = curves[type];
  if (curve !== undefined) {
    const [name, point] = fields;
    const sound =
      fields.length === 2 &&
      name?.toString("latin1") === curve.name &&
      point?.length === curve.pointBytes &&
      point[0] === 4;
    return sound ? undefined : `an ${type} key without a point of ${curve.name}`;
  }
  if (type === "ssh-ed25519") {
    return fields.length === 1 && fields[0]?.length === 32
      ? undefined
      : "an ssh-ed25519 key that does not hold 32 bytes";
  }
  const [, modulus] = fields;
  if (fields.length !== 2 || modulus === undefined) return "an ssh-rsa key without its two numbers";
  const bits = bitsOf(modulus);
  return bits >= leastRsaBits ? undefined : `an ssh-rsa key of ${String(bits)} bits`;
}

/** What a line is instead of a public key; its text is never repeated, since it may be a private one. */
function fault(line: string): string | undefined {
  if (line.includes("PRIVATE KEY"))
    return "a private key, which belongs on its owner's machine only";
  const [, type, base64] = /^(\S+) (\S+)( [^\r\n]*)?$/.exec(line) ?? [];
  if (type === undefined || base64 === undefined) return "something else";
  if (!types.includes(type)) {
    return types.some((one) => line.includes(`${one} `))
      ? "options before the key"
      : "a key of another type";
  }
  const body = Buffer.from(base64, "base64");
  if (body.toString("base64") !== base64) return "a key whose body is no base64";
  const fields = fieldsOf(body);
  if (fields === undefined) return "a key that is cut off";
  if (fields[0]?.toString("latin1") !== type) return "a key whose body is of another type";
  return bodyFault(type, fields);
}

const rule = "OpenSSH public key";

function check(line: string, context: z.RefinementCtx): void {
  const got = fault(line);
  if (got === undefined) return;
  context.addIssue({ code: "custom", message: sshKeyAllowed, params: { rule, got } });
}

/** A rule of a string: an OpenSSH public key whose body is what its first word says. */
export const sshKey = [
  check,
  { when: ({ value }: { readonly value: unknown }) => typeof value === "string", rule },
] as const;

/** Type and key of a line that {@link sshKey} accepted, without its comment. */
export function withoutComment(line: string): string {
  return line.split(" ", 2).join(" ");
}
