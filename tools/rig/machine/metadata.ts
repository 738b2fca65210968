import { randomBytes } from "node:crypto";
import * as http from "node:http";
import * as path from "node:path";
import { addresses, type Internet } from "./network";

const root = "/latest/";
const longestTokenSeconds = 21_600;

/** What the metadata service tells of the instance. */
export interface InstanceFacts {
  readonly instanceId: string;
  readonly region: string;
  /** Name of the instance's role. */
  readonly role: string;
  /** @default 1 */
  readonly hopLimit?: number;
}

/** A request to the metadata service. */
export interface MetadataRequest {
  readonly method: string;
  readonly path: string;
  /** Whether it carried a token that this service gave out and that is still valid. */
  readonly authorized: boolean;
}

/** The second version of the instance metadata service at 169.254.169.254: without a token there is no answer. */
export interface MetadataService {
  /** Every request so far, oldest first. */
  readonly requests: readonly MetadataRequest[];
  /** The credentials that it gives out; they open nothing. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** From now on the facts are another instance's, and no token holds. */
  become(facts: InstanceFacts): void;
  close(): void;
}

const credentials = { accessKeyId: "ASIATESTTESTTESTTEST", secretAccessKey: "not-a-real-secret" };

function documents({ instanceId, region, role }: InstanceFacts): ReadonlyMap<string, () => string> {
  const roles = "meta-data/iam/security-credentials/";
  const json = (value: unknown) => JSON.stringify(value, undefined, 2);
  return new Map([
    ["meta-data/", () => "iam/\ninstance-id\nlocal-ipv4\nplacement/\npublic-ipv4\n"],
    ["meta-data/instance-id", () => instanceId],
    ["meta-data/local-ipv4", () => addresses.machine],
    ["meta-data/public-ipv4", () => addresses.machine],
    ["meta-data/placement/region", () => region],
    ["meta-data/placement/availability-zone", () => `${region}a`],
    [roles, () => role],
    [
      `${roles}${role}`,
      () =>
        json({
          Code: "Success",
          Type: "AWS-HMAC",
          LastUpdated: new Date().toISOString(),
          AccessKeyId: credentials.accessKeyId,
          SecretAccessKey: credentials.secretAccessKey,
          Token: "not-a-real-session",
          Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
        }),
    ],
    [
      "dynamic/instance-identity/document",
      () =>
        json({
          accountId: "123456789012",
          availabilityZone: `${region}a`,
          instanceId,
          privateIp: addresses.machine,
          region,
        }),
    ],
  ]);
}

/** Starts the metadata service of the machine in an {@link Internet}; it ends with that. */
export async function startMetadataService(
  internet: Internet,
  facts: InstanceFacts,
): Promise<MetadataService> {
  const requests: MetadataRequest[] = [];
  const tokens = new Map<string, number>();
  let known = documents(facts);

  const server = http.createServer((request, response) => {
    const method = request.method ?? "";
    const wanted = request.url ?? "";
    const answer = (status: number, body: string) => {
      response.writeHead(status, { "Content-Type": "text/plain" }).end(body);
    };
    const token = request.headers["x-aws-ec2-metadata-token"];
    const authorized = typeof token === "string" && (tokens.get(token) ?? 0) > Date.now();
    requests.push({ method, path: wanted, authorized });

    if (method === "PUT" && wanted === `${root}api/token`) {
      const seconds = Number(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]);
      // A forwarded request is refused, as by AWS: a careless proxy must not open the service.
      if (request.headers["x-forwarded-for"] !== undefined) {
        answer(403, "");
      } else if (!(seconds >= 1 && seconds <= longestTokenSeconds)) {
        answer(400, "");
      } else {
        const made = randomBytes(24).toString("base64");
        tokens.set(made, Date.now() + seconds * 1000);
        response.setHeader("X-aws-ec2-metadata-token-ttl-seconds", String(seconds));
        answer(200, made);
      }
      return;
    }
    if (!authorized) {
      answer(401, "");
      return;
    }
    const body = wanted.startsWith(root) ? known.get(wanted.slice(root.length)) : undefined;
    if (body === undefined) answer(404, "");
    else answer(200, body());
  });

  const socketPath = path.join(internet.sockets, "metadata.sock");
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  server.unref();
  await internet.limitMetadataHops(facts.hopLimit ?? 1);
  await internet.relay(addresses.metadata, 80, socketPath);
  return {
    requests,
    credentials,
    become: (next) => {
      known = documents(next);
      tokens.clear();
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
