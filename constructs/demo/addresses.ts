import { Endpoint } from "../core/endpoint";

/** Ids of the demonstration's services, and so their names on its network. */
export const demoServices = {
  l1: "l1-geth",
  l2: "l2-geth",
  batcher: "l2-batcher",
  rollup: "demo-chain",
} as const;

/** Where the services of the platform reach the demonstration's. */
export const demoEndpoints = {
  l1: new Endpoint({ protocol: "json-rpc", host: demoServices.l1, port: 8545 }),
  l2: new Endpoint({ protocol: "json-rpc", host: demoServices.l2, port: 8545 }),
  rollup: new Endpoint({ protocol: "json-rpc", host: demoServices.rollup, port: 9545 }),
} as const;

/** Chain id of both chains: geth's developer mode has no other. */
export const demoChainId = 1337;

/** ETH that the batcher's wallet is given once. */
export const demoFundsEth = 5;

/** Name of the demonstration's runtime, for which containers, volumes and the network are named. */
export function demoEnvironmentName(environment: string): string {
  return `${environment}-demo`;
}

/** Name of the demonstration's Docker network. */
export function demoNetwork(environment: {
  readonly name: string;
  readonly prefix?: string | undefined;
}): string {
  return `${environment.prefix ?? "l2o"}-${demoEnvironmentName(environment.name)}-network`;
}
