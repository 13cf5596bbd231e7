/** `streamsearch` 1 has no types of its own. */
declare module 'streamsearch' {
  export default class StreamSearch {
    constructor(
      needle: Uint8Array,
      found: (match: boolean, data: Buffer | undefined, start: number, end: number, safe: boolean) => void,
    )
    push(chunk: Uint8Array, position: number): number
    destroy(): void
  }
}
