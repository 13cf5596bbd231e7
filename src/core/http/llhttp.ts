/**
 * llhttp, the HTTP parser inside Node, as WebAssembly (the `undici` package carries it).
 *
 * - It is strict, and stays so: no lenient flag is ever set. What it refuses is refused.
 * - One instance for the thread, one parser structure for each request in progress. Parsers are reset before
 *   every message, so nothing of one request can reach the next.
 * - A parser stops at the end of the header section and at the end of the message: it never reads on into a
 *   pipelined request.
 * - A body with a Content-Length is not its business: its end is counted (`body.ts`). Chunked bodies are.
 */
import { ERROR, METHODS, TYPE } from 'undici/lib/llhttp/constants.js'
import llhttp from 'undici/lib/llhttp/llhttp-wasm.js'

interface Exports {
  readonly memory: WebAssembly.Memory
  _initialize(): void
  malloc(size: number): number
  llhttp_alloc(type: number): number
  llhttp_reset(parser: number): void
  llhttp_execute(parser: number, at: number, length: number): number
  llhttp_resume(parser: number): void
  llhttp_get_error_pos(parser: number): number
  llhttp_get_error_reason(parser: number): number
  llhttp_get_method(parser: number): number
  llhttp_get_http_major(parser: number): number
  llhttp_get_http_minor(parser: number): number
  llhttp_should_keep_alive(parser: number): number
}

/**
 * What a parser tells while it reads. Positions are offsets in the bytes given to `execute`. Who reads a body leaves
 * out what is about the header section: it would hear of trailers, which nobody here reads (RFC 9110, section 6.5.1).
 */
export interface Listener {
  onTarget?(from: number, to: number): void
  onFieldName?(from: number, to: number): void
  onFieldValue?(from: number, to: number): void
  /** @returns whether llhttp should read a body: only for a chunked one */
  onHeaders?(): boolean
  onBody?(from: number, to: number): void
  onEnd?(): void
}

/** How much is given to WebAssembly at a time: the size of the engines' receive buffers. */
const windowSize = 64 * 1024

let listener: Listener
let base = 0

const goOn = () => 0

const imports = {
  wasm_on_message_begin: goOn,
  wasm_on_url(_parser: number, at: number, length: number): number {
    listener.onTarget?.(at - base, at - base + length)
    return 0
  },
  /** Only answers have a status; the WebAssembly module wants the import all the same. */
  wasm_on_status: goOn,
  wasm_on_header_field(_parser: number, at: number, length: number): number {
    listener.onFieldName?.(at - base, at - base + length)
    return 0
  },
  wasm_on_header_value(_parser: number, at: number, length: number): number {
    listener.onFieldValue?.(at - base, at - base + length)
    return 0
  },
  wasm_on_headers_complete(): number {
    // 1 tells llhttp that no body follows for it to read, which makes it end the message at once.
    return listener.onHeaders?.() ? ERROR.PAUSED : 1
  },
  wasm_on_body(_parser: number, at: number, length: number): number {
    listener.onBody?.(at - base, at - base + length)
    return 0
  },
  wasm_on_message_complete(): number {
    listener.onEnd?.()
    return ERROR.PAUSED
  },
}

const wasm = new WebAssembly.Instance(new WebAssembly.Module(llhttp), { env: imports }).exports as unknown as Exports
wasm._initialize()
base = wasm.malloc(windowSize)

let view = Buffer.from(wasm.memory.buffer)

/** The memory, whose JavaScript view is lost whenever it grows. */
function memory(): Buffer {
  if (view.length !== wasm.memory.buffer.byteLength) view = Buffer.from(wasm.memory.buffer)
  return view
}

const methodNames: readonly string[] = Object.entries(METHODS).reduce<string[]>((names, [name, number]) => {
  names[number] = name
  return names
}, [])

/** How far `execute` came. */
export interface Progress {
  readonly consumed: number
  /** Why it stopped before the end of the bytes: at a boundary of the message, or at something malformed. */
  readonly stop: 'none' | 'boundary' | 'http2' | 'malformed'
  /** llhttp's own words for what is malformed. */
  readonly reason: string
}

const all: Omit<Progress, 'consumed'> = { stop: 'none', reason: '' }

/** One llhttp parser. */
export class Llhttp {
  readonly #parser = wasm.llhttp_alloc(TYPE.REQUEST)

  /** Forget everything: the next byte begins a message. */
  reset(): void {
    wasm.llhttp_reset(this.#parser)
  }

  /** Read on behind the header section. */
  resume(): void {
    wasm.llhttp_resume(this.#parser)
  }

  get method(): string {
    return methodNames[wasm.llhttp_get_method(this.#parser)] as string
  }

  get major(): number {
    return wasm.llhttp_get_http_major(this.#parser)
  }

  get minor(): number {
    return wasm.llhttp_get_http_minor(this.#parser)
  }

  /** What `Connection` and the version say, by RFC 9112, section 9.3. */
  get keepAlive(): boolean {
    return wasm.llhttp_should_keep_alive(this.#parser) !== 0
  }

  /** Parse `bytes`, telling `to` what is found, until they end or the parser stops. */
  execute(bytes: Uint8Array, to: Listener): Progress {
    const length = Math.min(bytes.length, windowSize)
    memory().set(length === bytes.length ? bytes : bytes.subarray(0, length), base)
    listener = to
    const error = wasm.llhttp_execute(this.#parser, base, length)
    if (error === ERROR.OK) return { consumed: length, ...all }
    return this.#stopped(error)
  }

  #stopped(error: number): Progress {
    const consumed = wasm.llhttp_get_error_pos(this.#parser) - base
    if (error === ERROR.PAUSED || error === ERROR.PAUSED_UPGRADE) return { consumed, stop: 'boundary', reason: '' }
    if (error === ERROR.PAUSED_H2_UPGRADE) return { consumed, stop: 'http2', reason: '' }
    return { consumed, stop: 'malformed', reason: this.#reason() }
  }

  #reason(): string {
    const at = wasm.llhttp_get_error_reason(this.#parser)
    const bytes = memory()
    return bytes.toString('latin1', at, bytes.indexOf(0, at)).toLowerCase()
  }
}

const idle: Llhttp[] = []

/** A parser to read one message with. */
export function takeParser(): Llhttp {
  return idle.pop() ?? new Llhttp()
}

/** Give it back: it must not be used after. */
export function giveParser(parser: Llhttp): void {
  parser.reset()
  idle.push(parser)
}
