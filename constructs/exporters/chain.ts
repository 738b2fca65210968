import { z } from "zod";
import { Endpoint } from "../core/endpoint";
import type { Target } from "../core/observation";
import { hostName, kebabName, port } from "../core/schema";
import type { Agreement } from "../core/source";

/** Fields that every scraped program of a chain has. */
export function chainProgram(defaults: { readonly host: string; readonly port: number }) {
  return {
    /** Label `chain`, e.g. `my-chain`. */
    chain: kebabName,
    /** As seen from the platform's containers. */
    host: hostName.default(defaults.host),
    port: port.default(defaults.port),
    /** An existing Docker network on which it is reached, e.g. the rollup's compose network. */
    network: z.string().min(1).optional(),
  };
}

/** Fields of a program of which a chain can have several. */
export const chainNode = {
  /** Tells the nodes of one chain apart, where it has several: unique among those of one type. */
  node: kebabName.optional(),
};

/** What names one node: the chain, and which of its nodes where the environment says so. */
export function nodeName({
  chain,
  node,
}: {
  readonly chain: string;
  readonly node?: string | undefined;
}): string {
  return node === undefined ? chain : `${chain}-${node}`;
}

/** `block_time` of a rollup's configuration, in seconds; op-deployer's default is 2. */
export const blockTime = z.int().min(1).max(300).default(2);

/** Label `service` of a program's lines, as the agent takes it from the container: by default its name in the rollup's compose file. */
export function logService(name: string) {
  return kebabName.default(name);
}

/** Props of {@link chainTarget}. */
export interface ChainProgram {
  readonly chain: string;
  readonly host: string;
  readonly port: number;
  readonly network?: string | undefined;
}

/** What two sources that know a chain's block time must agree on. */
export function blockTimeAgreement(chain: string, value: number): Agreement {
  return { what: `block time of ${chain}`, field: "rollup.blockTimeSeconds", value };
}

/** The scrape target of a program of a chain. */
export function chainTarget(props: ChainProgram, path = "/metrics"): Target {
  return {
    endpoint: new Endpoint({ protocol: "metrics", host: props.host, port: props.port, path }),
    labels: { chain: props.chain },
    ...(props.network === undefined ? {} : { network: props.network }),
  };
}
