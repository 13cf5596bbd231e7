/** A client of one server: commands of a session, and transfers beside it. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { rootPath, type SafePath } from '../core/paths.ts'
import type {
  EntryObject,
  HelloResult,
  ListParams,
  ListResult,
  StatResult,
  TransferResult,
} from '../core/session/messages.ts'
import { resolvePath } from '../core/session/resolve.ts'
import { Calls } from './calls.ts'
import type { Context } from './context.ts'
import { download } from './download.ts'
import { downloadTree } from './download-tree.ts'
import { endpointOf } from './endpoint.ts'
import { entriesOf } from './entries.ts'
import { demandGoing, ofRefusal } from './errors.ts'
import { Http } from './http.ts'
import type {
  CallOptions,
  ConnectOptions,
  DownloadOptions,
  DownloadResult,
  DownloadTarget,
  TreeOptions,
  TreeResult,
  UploadOptions,
  UploadResult,
  UploadSource,
} from './options.ts'
import { defaultRetry } from './retry.ts'
import { upload } from './upload.ts'
import { uploadTree } from './upload-tree.ts'

const defaultConnections = 8
const defaultTimeout = 60_000

/** Options of `move`, `copy` and `rename`. */
export interface MoveOptions extends CallOptions {
  /** Replace a file that has the new name. */
  readonly overwrite?: boolean
}

/**
 * A client of one server. Made by `connect`, ended by `close`.
 *
 * - Paths on the server are plain text, from the top (`/docs/a.txt`) or from the current directory (`a.txt`, `../b`).
 * - Calls may be made side by side; those of the session are done in order. Each fails with a `ClientError`.
 * - A connection that breaks is opened again when it is needed. What had been asked and changes nothing is asked
 *   again; a change that was sent fails with `connection_lost`, for it may have been done.
 */
export class Client {
  /** The server's address, with a slash at its end. */
  readonly url: URL
  readonly #context: Context
  readonly #calls: Calls
  #directory: SafePath = rootPath

  constructor(options: ConnectOptions) {
    const endpoint = endpointOf(options.url, options)
    const { timeout = defaultTimeout, connections = defaultConnections } = options
    const attempts = { ...defaultRetry, ...options.retry, onRetry: options.onRetry }
    const calls = new Calls(endpoint, timeout, attempts, options.onReopen)
    this.url = endpoint.url
    this.#calls = calls
    this.#context = {
      http: new Http(endpoint, connections, timeout),
      attempts,
      stateDirectory: options.stateDirectory === false ? undefined : (options.stateDirectory ?? defaultState()),
      resolve: (path) => this.#resolve(path),
      call: (method, params, signal) => calls.call(method, params, signal),
    }
  }

  /** Open the session now, so that a server that is not there is an error now. `connect` does it. */
  async open({ signal }: CallOptions = {}): Promise<void> {
    await this.#calls.open(signal)
  }

  /** End the session and all connections. Transfers in progress fail. */
  async close(): Promise<void> {
    this.#context.http.close()
    await this.#calls.close()
  }

  /** The current directory on the server, as it is known without asking: `/`, or `/docs`. */
  get directory(): string {
    return this.#directory.text
  }

  /** The same path from the top: `/docs/a.txt`. @throws ClientError bad_name, reserved */
  resolve(path: string): string {
    return this.#resolve(path).text
  }

  /** What the server is, and what it allows. */
  async hello({ signal }: CallOptions = {}): Promise<HelloResult> {
    return await this.#context.call('hello', {}, signal)
  }

  /** The current directory. */
  async pwd({ signal }: CallOptions = {}): Promise<string> {
    demandGoing(signal)
    return this.directory
  }

  /** Change the current directory, which must exist. @returns it, in full */
  async cd(path: string, { signal }: CallOptions = {}): Promise<string> {
    const wanted = this.#resolve(path)
    await this.#context.call('cd', { path: textOf(wanted) }, signal)
    this.#directory = wanted
    return wanted.text
  }

  /**
   * One page of what is in a directory, in the order of the names. `next`, if there is one, is the `after` of the next.
   * Names are as the server tells them: make them `printable` before a terminal has them.
   */
  async list(path = '.', { signal, ...page }: CallOptions & Omit<ListParams, 'path'> = {}): Promise<ListResult> {
    return await this.#context.call('list', { ...page, path: this.#text(path) }, signal)
  }

  /** Everything in a directory, page by page. */
  async *entries(path = '.', { signal }: CallOptions = {}): AsyncGenerator<EntryObject, void> {
    yield* entriesOf(this.#context, this.#text(path), signal)
  }

  /** What is at a path: of a symbolic link, what the link itself is. */
  async stat(path: string, { signal }: CallOptions = {}): Promise<StatResult> {
    return await this.#context.call('stat', { path: this.#text(path) }, signal)
  }

  /** Make a directory in one that exists. @returns its path, in full */
  async mkdir(path: string, { signal }: CallOptions = {}): Promise<string> {
    return (await this.#context.call('mkdir', { path: this.#text(path) }, signal)).path
  }

  /** Remove an empty directory. @returns its path, in full */
  async rmdir(path: string, { signal }: CallOptions = {}): Promise<string> {
    return (await this.#context.call('rmdir', { path: this.#text(path) }, signal)).path
  }

  /** Remove a file, or with `recursive` also a directory and all that is in it. @returns its path, in full */
  async remove(
    path: string,
    { signal, recursive = false }: CallOptions & { recursive?: boolean } = {},
  ): Promise<string> {
    return (await this.#context.call('remove', { path: this.#text(path), recursive }, signal)).path
  }

  /** Move to a new name, or into a directory that exists. */
  async move(from: string, to: string, { signal, overwrite = false }: MoveOptions = {}): Promise<TransferResult> {
    return await this.#context.call('move', { from: this.#text(from), to: this.#text(to), overwrite }, signal)
  }

  /** Copy to a new name, or into a directory that exists. */
  async copy(from: string, to: string, { signal, overwrite = false }: MoveOptions = {}): Promise<TransferResult> {
    return await this.#context.call('copy', { from: this.#text(from), to: this.#text(to), overwrite }, signal)
  }

  /** Move to exactly this new name. */
  async rename(from: string, to: string, { signal, overwrite = false }: MoveOptions = {}): Promise<TransferResult> {
    return await this.#context.call('rename', { from: this.#text(from), to: this.#text(to), overwrite }, signal)
  }

  /**
   * Store a file on the server.
   *
   * A name that exists is not replaced unless `overwrite` or `ifMatch` says so. When the connection breaks, the rest is
   * sent over a new one; when this process ends, a later call with the same file and name goes on where it ended.
   *
   * @param source the path of a local file, bytes, or a stream of bytes (which is sent once and cannot be resumed)
   * @param to its path on the server; with a slash at its end, the directory to put the local file in
   * @throws ClientError exists, changed, connection_lost, storage_full, …
   */
  async upload(source: UploadSource, to: string, options: UploadOptions = {}): Promise<UploadResult> {
    return await upload(this.#context, source, to, options)
  }

  /**
   * Fetch a file from the server.
   *
   * It is made beside the target under another name (`NAME.part`), and gets its own when it is complete, verified and on
   * disk. When this process ends before that, a later call goes on where it ended, unless the file has changed.
   *
   * @param to the path of a local file; of a directory, if it is one or ends with a slash; or a stream, which is not ended
   * @throws ClientError exists, not_found, is_directory, bad_answer, changed, connection_lost, unverified, …
   */
  async download(from: string, to: DownloadTarget, options: DownloadOptions = {}): Promise<DownloadResult> {
    return await download(this.#context, from, to, options)
  }

  /**
   * Store a directory and all that is in it. Directories that exist are filled; a file that exists with the same size
   * and time is taken for done, so that the call can be repeated after a failure. Symbolic links are left out.
   *
   * @param from the path of a local directory
   * @param to what is to be its path on the server: the directory that should hold it must exist
   * @throws TreeError when some files could not be stored, after all others were
   */
  async uploadTree(from: string, to: string, options: TreeOptions = {}): Promise<TreeResult> {
    return await uploadTree(this.#context, from, to, options)
  }

  /**
   * Fetch a directory and all that is in it: the reverse of `uploadTree`, with the same rules. Names that would lead out
   * of the local directory are refused.
   *
   * @param to what is to be its local path
   * @throws TreeError when some files could not be fetched, after all others were
   */
  async downloadTree(from: string, to: string, options: TreeOptions = {}): Promise<TreeResult> {
    return await downloadTree(this.#context, from, to, options)
  }

  #text(path: string): string {
    return textOf(this.#resolve(path))
  }

  #resolve(path: string): SafePath {
    try {
      return resolvePath(this.#directory, path)
    } catch (error) {
      throw ofRefusal(error)
    }
  }
}

/** A path as the session has it: a slash at its end still says that it is a directory. */
const textOf = (path: SafePath): string => (path.slash && !path.isRoot ? `${path.text}/` : path.text)

function defaultState(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'twinserve')
}

/**
 * Connect to a server.
 *
 * @example
 * const client = await connect({ url: 'http://127.0.0.1:8080/' })
 * try {
 *   await client.upload('report.pdf', '/docs/report.pdf')
 *   for await (const { name, size } of client.entries('/docs')) console.log(name, size)
 * } finally {
 *   await client.close()
 * }
 * @throws ClientError unreachable, untrusted, cancelled, wrong_host, …
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const client = new Client(options)
  if (options.session === false) return client
  try {
    await client.open(options.signal === undefined ? {} : { signal: options.signal })
  } catch (error) {
    await client.close()
    throw error
  }
  return client
}
