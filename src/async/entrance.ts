/**
 * Where connections come in.
 *
 * - With native code the socket is made, or was handed over, as a descriptor, and nobody is accepted while no other descriptor is
 *   left (`posix/acceptor.ts`).
 * - Without it `node:net` makes the socket, and what happens then is libuv's to say. So it is in a worker of `node:cluster`, where
 *   the socket is another process's.
 */
import cluster from 'node:cluster'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import type { InheritedSocket, ListenAddress } from '../core/options.ts'
import { systemError } from './sockets.ts'

/** Connections that the kernel keeps until they are accepted. */
const backlog = 1024

/** What a Unix socket's path may take at most (unix(7)): libuv would cut a longer one short, and listen at another path. */
const mostPathBytes = process.platform === 'linux' ? 107 : 103

/** Bytes that the kernel takes for a connection beyond what it can send: a reader that goes on has them until more is there. */
const mostUnsent = 128 * 1024

export interface Entrance {
  /** Where the server really listens. */
  readonly address: ListenAddress
  /** Something could not be opened: see whether anybody may come in. */
  look(): void
  /** Nobody comes in any more. @param closed is told when the last of those who did has gone */
  close(closed: () => void): void
}

/** Remove a Unix socket that no one listens on any more: whoever left it behind has gone (unix(7)). */
async function removeStale(path: string): Promise<void> {
  const found = await fs.promises.lstat(path).catch(() => undefined)
  if (!found?.isSocket()) return
  const refused = await new Promise<boolean>((resolve) => {
    const probe = net.connect({ path })
    probe.on('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
  if (refused) await fs.promises.unlink(path)
}

async function plain(server: net.Server, where: ListenAddress | InheritedSocket): Promise<Entrance> {
  const close = (closed: () => void) => void server.close(closed)
  const look = () => {}
  if ('path' in where && process.platform !== 'win32') {
    if (Buffer.byteLength(where.path) > mostPathBytes) throw systemError('bind', 'ENAMETOOLONG')
    await removeStale(where.path)
  }
  server.listen({ ...('fd' in where ? { fd: where.fd } : where), backlog })
  await once(server, 'listening')
  if ('fd' in where) return { address: where.address, look, close }
  const bound = server.address()
  const address = bound === null || typeof bound === 'string' ? where : { host: bound.address, port: bound.port }
  return { address, look, close }
}

/** @returns undefined where there is no native code, or no use for it */
async function native() {
  if (process.platform === 'win32' || cluster.isWorker) return undefined
  try {
    const [listener, acceptor, unsent] = await Promise.all([
      import('../posix/listening.ts'),
      import('../posix/acceptor.ts'),
      import('../posix/unsent.ts'),
    ])
    return { ...listener, ...acceptor, ...unsent }
  } catch {
    // There is no koffi for this processor.
    return undefined
  }
}

/** @throws EADDRINUSE, EACCES, EADDRNOTAVAIL */
export async function entranceOf(server: net.Server, where: ListenAddress | InheritedSocket): Promise<Entrance> {
  const posix = await native()
  if (posix === undefined) return await plain(server, where)
  const { fd, address, forget } = await posix.listenerFor(where)
  try {
    posix.boundUnsent(fd, mostUnsent)
  } catch {
    // A Unix socket, whose send buffer does not grow.
  }
  try {
    const acceptor = new posix.Acceptor(server, fd)
    await once(server, 'listening')
    const look = () => acceptor.look()
    const close = (closed: () => void) => {
      forget()
      acceptor.close(closed)
    }
    return { address, look, close }
  } catch (error) {
    forget()
    posix.close(fd)
    throw error
  }
}
