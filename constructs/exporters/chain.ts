import { z } from "zod";
import { Endpoint } from "../core/endpoint";
import type { Target } from "../core/observation";
import { hostName, kebabName, port } from "../core/schema";

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

/** The scrape target of a program of a chain. */
export function chainTarget(props: ChainProgram, path = "/metrics"): Target {
  return {
    endpoint: new Endpoint({ protocol: "metrics", host: props.host, port: props.port, path }),
    labels: { chain: props.chain },
    ...(props.network === undefined ? {} : { network: props.network }),
  };
}
