/** Font files and the rasteriser: the bundle holds them. */
declare module "*.woff2" {
  const bytes: Uint8Array;
  export default bytes;
}
declare module "*.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
