/** What talks to a server: sessions, and transfers beside them. See docs/client.md. */
export type {
  EntryObject,
  HelloResult,
  ListParams,
  ListResult,
  StatResult,
  TransferResult,
} from '../core/session/messages.ts'
export { type Client, connect, type MoveOptions } from './client.ts'
export { defaultUrl } from './endpoint.ts'
export { ClientError, type ClientErrorCode, type LocalCode, TreeError } from './errors.ts'
export { demandSafeName } from './names.ts'
export type * from './options.ts'
