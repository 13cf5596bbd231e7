/** The command that shares a directory: settings in, a running server out. */
import { access, constants, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { makeDirectories } from '../client/directories.ts'
import { urlOf } from '../core/address.ts'
import type { ListenAddress, RunningServer, Serve, ServeOptions } from '../core/options.ts'
import { handedOver, inheritedSocket } from './activation.ts'
import { listenAddress } from './bind.ts'
import type { Request } from './command-line.ts'
import { changedLimits } from './limit-options.ts'
import { directoryProblem, listenProblem } from './messages.ts'
import { refuseListeners, refuseStrangers, rightsOf } from './rights.ts'
import type { Settings } from './settings.ts'
import { fromEnvironment, fromFile } from './sources.ts'
import { type Certificates, certificatesOf, type Secured } from './tls/secured.ts'
import { traceFile } from './trace-file.ts'
import { UsageError } from './usage-error.ts'
import { hasOpenPlaces, hasUsers, usersOf } from './users.ts'

export type Mode = NonNullable<Settings['mode']>

/** A server that runs, and what it was started with. */
export interface Started {
  readonly mode: Mode
  readonly options: ServeOptions
  readonly server: RunningServer
  /** Where TLS is spoken: the certificate, and where to look for another. */
  readonly secured?: Secured | undefined
  readonly certificates?: Certificates | undefined
}

/** @throws UsageError with the sentence to show */
export async function start(request: Request & { command: 'serve' }, environment: NodeJS.ProcessEnv): Promise<Started> {
  const settings = await combine(request, environment)
  const { mode = 'async' } = settings
  if (mode === 'sync' && process.platform === 'win32') {
    throw new UsageError('The sync engine needs POSIX sockets, which Windows does not have. Use --mode async.')
  }
  refuseOtherLoops(mode, settings)
  const plain = await serveOptions(settings, request.fallback, handedOver(environment))
  const certificates = certificatesOf(settings, plain.listen, environment)
  const secured = await certificates?.()
  const unwatched = secured === undefined ? plain : securedBy(secured, plain)
  const serve = await engine(mode)
  // After everything else that may be refused: it makes a file.
  const options =
    settings.trace === undefined ? unwatched : { ...unwatched, traceFile: traceFile(settings.trace, plain.root) }
  try {
    return { mode, options, server: await serve(options), secured, certificates }
  } catch (error) {
    throw ('fd' in options.listen ? undefined : listenProblem(error, options.listen)) ?? error
  }
}

/** With the certificate, and with its names: they are the server's own. */
function securedBy({ credentials, names }: Secured, options: ServeOptions): ServeOptions {
  return { ...options, tls: credentials, hostNames: [...new Set([...options.hostNames, ...names])] }
}

/** The command line goes before the environment, and that before the file. */
async function combine(request: Request & { command: 'serve' }, environment: NodeJS.ProcessEnv): Promise<Settings> {
  const fromVariables = fromEnvironment(environment)
  const config = request.config ?? fromVariables.config
  const inFile = config === undefined ? {} : await fromFile(config)
  return { ...inFile, ...fromVariables.settings, ...request.settings }
}

/** Each engine has one way to use several processors. */
function refuseOtherLoops(mode: Mode, { threads, workers }: Settings): void {
  if (mode === 'async' && threads !== undefined) {
    throw new UsageError(
      '--threads is for the blocking engine. Use --workers for several event loops, or --mode sync with --threads.',
    )
  }
  if (mode === 'sync' && workers !== undefined) {
    throw new UsageError(
      '--workers is for the event loop. Use --threads with --mode sync, or --mode async with --workers.',
    )
  }
  if ((workers ?? 1) > 1 && process.platform === 'win32') {
    throw new UsageError(
      'Several workers need a socket that processes share, which Windows does not have. Leave out --workers.',
    )
  }
}

/** Where to listen, and what makes it so. @param fd a socket that was handed over */
async function listenAt(
  settings: Settings,
  fd: number | undefined,
): Promise<{ readonly listen: ServeOptions['listen']; readonly address: ListenAddress; readonly source: string }> {
  if (fd !== undefined) {
    const listen = await inheritedSocket(fd, settings)
    const { address } = listen
    return { listen, address, source: `the socket at ${urlOf(address)} that was handed over` }
  }
  const { bind = '127.0.0.1', port = 8080 } = settings
  const address = await listenAddress(bind, port)
  return { listen: address, address, source: `--bind ${bind}` }
}

async function serveOptions(
  settings: Settings,
  fallback: string | undefined,
  fd: number | undefined,
): Promise<ServeOptions> {
  const rights = rightsOf(settings)
  const auth = await usersOf(settings)
  const { listen, address, source } = await listenAt(settings, fd)
  const asked = settings['allow-anonymous-writes'] ?? false
  if (!asked && !rights.readOnly) refuseStrangers(address, source, await hasOpenPlaces(auth))
  const clear = settings.tls === 'off' || (settings.tls === undefined && settings['tls-cert'] === undefined)
  if (clear && hasUsers(auth) && !auth?.insecure) refuseListeners(address, source)
  return {
    root: await sharedDirectory(settings.directory, fallback),
    listen,
    ...(settings.threads === undefined ? {} : { threads: settings.threads }),
    ...(settings.workers === undefined ? {} : { workers: settings.workers }),
    ...rights,
    ...(auth === undefined ? {} : { auth }),
    fsync: settings.fsync ?? true,
    cacheBytes: settings.cache ?? 64 * 1024 ** 2,
    ...(settings['max-upload-size'] === undefined ? {} : { maxUploadSize: settings['max-upload-size'] }),
    ...(settings.quota === undefined ? {} : { quota: settings.quota }),
    ...(settings.index === undefined ? {} : { index: settings.index }),
    hostNames: ownNames(settings['host-name'] ?? []),
    serverTiming: settings['server-timing'] ?? true,
    logFormat: settings['log-format'] ?? 'common',
    metrics: settings.metrics ?? false,
    logFile: 2,
    limits: changedLimits(settings),
  }
}

/** @param fallback what to share when nobody says what, made on first use (`npm start`) */
async function sharedDirectory(asked: string | undefined, fallback: string | undefined): Promise<string> {
  if (asked === undefined && fallback !== undefined) await makeDirectories(fallback)
  const directory = asked ?? fallback ?? '.'
  try {
    if (!(await stat(directory)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' })
    await access(directory, constants.R_OK | constants.X_OK)
  } catch (error) {
    throw directoryProblem(error, directory)
  }
  return directory
}

/** The names by which this machine is known, besides those asked for. */
function ownNames(asked: readonly string[]): readonly string[] {
  const own = hostname().toLowerCase()
  return [...new Set([own, `${own}.local`, ...asked])]
}

/** Only the engine that is asked for is loaded: the blocking one brings native code. */
async function engine(mode: Mode): Promise<Serve> {
  const { serve } = mode === 'sync' ? await import('../sync/serve.ts') : await import('../async/serve.ts')
  return serve
}
