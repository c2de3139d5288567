// llhttp compiled to WebAssembly, as undici ships it: the module's octets.

declare module "undici/lib/llhttp/llhttp-wasm.js" {
  const octets: Buffer<ArrayBuffer>;
  export default octets;
}

/** The part of the JavaScript API of WebAssembly that is used; the library of types lacks it here. */
declare namespace WebAssembly {
  // oxlint-disable-next-line typescript/no-extraneous-class
  class Module {
    constructor(octets: Uint8Array);
  }
  class Instance {
    readonly exports: Record<string, unknown>;
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
  }
}
