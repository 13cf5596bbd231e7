/**
 * Being started by systemd: the listening socket that it hands over (sd_listen_fds(3)), and telling it how far the
 * server is (sd_notify(3)).
 */
import type { InheritedSocket } from '../core/options.ts'
import { printable } from './printable.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usage-error.ts'

/** The first descriptor that is handed over (`SD_LISTEN_FDS_START`). */
const firstFd = 3
const variables = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'] as const

/**
 * The descriptor that was handed over, if one was. Its variables are taken out of the environment: they were for this
 * process, and not for those that it starts.
 *
 * @param pid of this process: what was meant for another is none of ours
 * @throws UsageError when there are several
 */
export function handedOver(environment: NodeJS.ProcessEnv, pid = process.pid): number | undefined {
  const { LISTEN_PID, LISTEN_FDS = '' } = environment
  for (const name of variables) delete environment[name]
  if (LISTEN_PID !== String(pid)) return undefined
  const count = /^\d{1,9}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : Number.NaN
  if (count === 0) return undefined
  if (count === 1) return firstFd
  throw new UsageError(
    `twinserve listens on one socket, and LISTEN_FDS says ${JSON.stringify(LISTEN_FDS)}. ` +
      'Leave one ListenStream= in the socket unit, and use a unit of its own for each further one.',
  )
}

/** The socket behind a descriptor. @throws UsageError when it is none to listen on, or when settings say to listen elsewhere */
export async function inheritedSocket(fd: number, { bind, port }: Settings): Promise<InheritedSocket> {
  if (bind !== undefined || port !== undefined) {
    throw new UsageError(
      `The socket to listen on was handed over (LISTEN_FDS), so --${bind === undefined ? 'port' : 'bind'} cannot choose another. Leave it out.`,
    )
  }
  try {
    return (await import('../posix/listening.ts')).inherit(fd)
  } catch (error) {
    throw new UsageError(
      `Descriptor ${fd}, which was handed over (LISTEN_FDS), is not a listening stream socket (${codeOf(error)}). ` +
        'Use ListenStream= in the socket unit, with Accept=no.',
    )
  }
}

/** What a server tells systemd, where systemd asks for it (`Type=notify`). */
export type State = 'READY=1' | 'STOPPING=1'

/** @returns tells the state that it is given, if anybody wants to know. The variable is taken out of the environment. */
export function notifier(environment: NodeJS.ProcessEnv): (state: State) => Promise<void> {
  const { NOTIFY_SOCKET: socket } = environment
  delete environment.NOTIFY_SOCKET
  if (socket === undefined || socket === '') return async () => {}
  return async (state) => {
    try {
      ;(await import('../posix/notify.ts')).notify(socket, state)
    } catch (error) {
      // The server can do without; whoever waits for it is to know why it waits.
      console.error(`twinserve: ${printable(socket)} (NOTIFY_SOCKET) could not be told ${state}: ${codeOf(error)}.`)
    }
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)
