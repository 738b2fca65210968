export * from "./addresses";
export * from "./batcher";
export * from "./dev-chain";
export * from "./rollup-stand-in";
export * from "./secrets";
