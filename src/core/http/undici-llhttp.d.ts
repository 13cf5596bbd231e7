/**
 * The parts of `undici` 7 that carry llhttp, and the parts of WebAssembly that running it takes.
 * Neither has types among those of Node 20 that fit here.
 */
declare module 'undici/lib/llhttp/llhttp-wasm.js' {
  const bytes: Uint8Array
  export default bytes
}

declare module 'undici/lib/llhttp/constants.js' {
  export const ERROR: Readonly<Record<'OK' | 'PAUSED' | 'PAUSED_UPGRADE' | 'PAUSED_H2_UPGRADE', number>>
  export const TYPE: Readonly<Record<'REQUEST', number>>
  export const METHODS: Readonly<Record<string, number>>
}

declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer
  }
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    readonly exports: unknown
    constructor(module: Module, imports: object)
  }
}
