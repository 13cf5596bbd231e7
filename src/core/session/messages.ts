/**
 * What the two ends of a session say to each other: JSON-RPC 2.0 (https://www.jsonrpc.org/specification), one message in
 * one WebSocket text message. The grammar, with examples, is in docs/session.md.
 *
 * Types and constants only: the client has them from here too.
 */
import type { ErrorCode } from '../errors.ts'
import type { Action } from '../policy.ts'

/** Where sessions are opened. */
export const sessionPath = '/.twinserve/session'

/** The sub-protocol that both ends must name (RFC 6455, section 1.9). */
export const subprotocol = 'twinserve.v1'

/** What a call is recognised by in its answer. A number is a safe integer, a string at most 128 UTF-16 units long. */
export type Id = string | number

export type NoParams = Readonly<Record<string, never>>

/** What is at a path, as a listing over HTTP has it too. */
export interface EntryObject {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  /** Bytes. A directory has none. */
  readonly size?: number
  /** The time of its last change, as `2026-11-21T03:27:21.074Z`. */
  readonly modified: string
  /** What a symbolic link leads to, if it stays inside. */
  readonly target?: 'file' | 'directory'
  /** `false` for what cannot be asked for: a link that leads out, a FIFO, a name that is not UTF-8. */
  readonly reachable?: false
}

/** The answer to `hello`. */
export interface HelloResult {
  readonly protocol: typeof subprotocol
  /** The current directory. */
  readonly path: string
  /** What this client may do in the current directory and below it. */
  readonly rights: Readonly<Record<Action, boolean>>
  /** The methods there are. */
  readonly methods: readonly Method[]
  /** Bounds that a client has to keep, see docs/session.md. Bytes, milliseconds and counts. */
  readonly limits: {
    readonly messageBytes: number
    readonly messageFragments: number
    /** Milliseconds. */
    readonly messageTime: number
    /** Frames of messages a second. */
    readonly frameRate: number
    /** Control frames a second. */
    readonly controlRate: number
    /** Milliseconds. */
    readonly pingInterval: number
    readonly pageEntries: number
  }
}

export interface PathResult {
  /** From the shared directory down, without a slash at its end: `/docs`, or `/` for the shared directory itself. */
  readonly path: string
}

export interface ListParams {
  /** The current directory unless it is given. */
  readonly path?: string
  /** Begin behind this name: the `next` of the page before. */
  readonly after?: string
  /** The most entries to answer with. There may be fewer, and more behind them. */
  readonly limit?: number
}

export interface ListResult extends PathResult {
  /** In the order of their names, compared by UTF-16 code units. */
  readonly entries: readonly EntryObject[]
  /** How many entries the directory has now. */
  readonly total: number
  /** Where the next page begins, if there is one. */
  readonly next?: string
}

export interface StatResult extends PathResult, EntryObject {
  /** Of a file: the entity tag that HTTP knows it by. */
  readonly etag?: string
}

export interface RemoveParams {
  readonly path: string
  /** Take a directory too, with everything in it. */
  readonly recursive?: boolean
}

export interface TransferParams {
  readonly from: string
  readonly to: string
  /** Replace a file that has the new name. */
  readonly overwrite?: boolean
}

export interface TransferResult {
  readonly from: string
  /** The new name, in full. */
  readonly to: string
  /** Whether something had the new name before. */
  readonly replaced: boolean
}

/** The methods: what they take, and what they answer with. */
export interface Methods {
  readonly hello: { readonly params: NoParams; readonly result: HelloResult }
  readonly pwd: { readonly params: NoParams; readonly result: PathResult }
  readonly cd: { readonly params: { readonly path: string }; readonly result: PathResult }
  readonly list: { readonly params: ListParams; readonly result: ListResult }
  readonly stat: { readonly params: { readonly path: string }; readonly result: StatResult }
  readonly mkdir: { readonly params: { readonly path: string }; readonly result: PathResult }
  readonly rmdir: { readonly params: { readonly path: string }; readonly result: PathResult }
  readonly remove: { readonly params: RemoveParams; readonly result: PathResult }
  /** To a new name, or into a directory that exists. */
  readonly move: { readonly params: TransferParams; readonly result: TransferResult }
  readonly copy: { readonly params: TransferParams; readonly result: TransferResult }
  /** To exactly this new name. */
  readonly rename: { readonly params: TransferParams; readonly result: TransferResult }
}

export type Method = keyof Methods
export type ParamsOf<M extends Method> = Methods[M]['params']
export type ResultOf<M extends Method> = Methods[M]['result']

/** A call, or without `id` a notification, which is not answered. */
export interface RequestMessage<M extends Method = Method> {
  readonly jsonrpc: '2.0'
  readonly id?: Id
  readonly method: M
  readonly params?: ParamsOf<M>
}

export interface SuccessMessage<M extends Method = Method> {
  readonly jsonrpc: '2.0'
  readonly id: Id
  readonly result: ResultOf<M>
}

export interface ErrorObject {
  readonly code: RpcCode
  /** A sentence for people, which may be reworded. */
  readonly message: string
  /** What programs tell refusals apart by: the same as over HTTP. */
  readonly data: { readonly code: ErrorCode; readonly status: number }
}

export interface ErrorMessage {
  readonly jsonrpc: '2.0'
  /** `null` when the message could not be understood so far. */
  readonly id: Id | null
  readonly error: ErrorObject
}

export type AnswerMessage<M extends Method = Method> = SuccessMessage<M> | ErrorMessage

/** JSON-RPC's own error codes, section 5.1, and the one for all that the server refuses to do. */
export const rpcCodes = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  refused: -32000,
} as const

export type RpcCode = (typeof rpcCodes)[keyof typeof rpcCodes]
