import { z } from "zod";
import { hostName, matching, port } from "../constructs/core/schema";

const octet = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";

/** Loopback, private (RFC 1918) or carrier-grade NAT addresses: nothing that the internet reaches. */
const unroutable = new RegExp(
  `^((127|10)(\\.${octet}){3}|(192\\.168|172\\.(1[6-9]|2\\d|3[01])|100\\.(6[4-9]|[7-9]\\d|1[01]\\d|12[0-7]))(\\.${octet}){2})$`,
);

/** An address that ports may be published on. */
export const unroutableAddress = matching(unroutable, "a loopback or private IPv4 address");

const socket = matching(/^\/[\w./-]*[\w-]$/, "an absolute path").default("/var/run/docker.sock");

/** A Docker Engine: this machine's, or one reached over SSH through the tunnel. */
export const engineSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("local"),
    /** Its socket, where the agent's proxy finds it; another one where Docker runs without root. */
    socket,
  }),
  z.strictObject({
    type: z.literal("ssh"),
    user: matching(/^[a-z_][a-z0-9_-]{0,31}$/, "a user name").default("deploy"),
    /** The host's address in the tunnel. */
    address: hostName,
    port: port.default(22),
    /** Its socket on that host, where the agent's proxy finds it. */
    socket,
  }),
]);

/** What carries services; a budget is checked against it. */
export const machineSchema = z.strictObject({
  name: z.string().min(1),
  memoryMiB: z.int().min(512).max(1_048_576),
  swapMiB: z.int().min(0).max(65_536).default(0),
  diskGiB: z.number().min(1).max(16_384),
});
