/**
 * A server of `node:net` that accepts nobody while the process has no descriptor left: who comes waits in the backlog.
 *
 * libuv accepts by itself, and tells nobody when it cannot (accept(2): EMFILE, ENFILE). It gives up a descriptor that it keeps for this, accepts
 * and closes all who wait, and takes the descriptor back. If another thread opens a file in between, it has none to give up the next time: then
 * nobody is accepted or closed, and every turn of the event loop begins at once, because somebody waits. That is a spin, which no callback tells of.
 * So it must not come to where libuv cannot accept.
 *
 * - Whether a descriptor is left is looked at after each connection, whenever a file could not be opened, and every second, since
 *   other parts of the process, and whoever sets its limits, ask nobody.
 * - Node has no other way to stop accepting than to close the listener. The socket is kept open meanwhile by a descriptor of ours,
 *   and is listened on again from there, so that nobody is refused.
 */
import fs from 'node:fs'
import type { Server } from 'node:net'
import { backlog, close, duplicate } from './listening.ts'

/** Milliseconds of a pause, after which it is looked again. The other engine's are as long. */
const pauseTime = 100
const lookTime = 1000

/** Whether the process has one, and the system room for it (open(2): EMFILE, ENFILE). */
function isRoom(): boolean {
  try {
    fs.closeSync(fs.openSync('/', 'r'))
    return true
  } catch {
    return false
  }
}

export class Acceptor {
  private readonly server: Server
  private readonly fd: number
  private readonly watch: NodeJS.Timeout
  private pause: NodeJS.Timeout | undefined

  /**
   * Begins to listen.
   *
   * @param server has nobody else who makes it listen, or close
   * @param fd of a listening socket, which is closed here in the end
   * @throws EMFILE
   */
  constructor(server: Server, fd: number) {
    this.server = server
    this.fd = fd
    this.listen(duplicate(fd))
    server.on('connection', this.glance)
    this.watch = setInterval(this.look, lookTime).unref()
  }

  /** See whether a descriptor is left. */
  readonly look = (): void => {
    if (this.pause === undefined && !isRoom()) this.stop()
  }

  /** Accept nobody any more. @param closed is told when the last of those who were accepted has gone */
  close(closed: () => void = () => {}): void {
    clearInterval(this.watch)
    clearTimeout(this.pause)
    this.server.off('connection', this.glance)
    // An error would say that it is not listening, in a pause.
    this.server.close(() => closed())
    close(this.fd)
  }

  /** As `look`, at a third of its cost, for it comes with every connection: of the process's descriptors only. */
  private readonly glance = (): void => {
    if (this.pause !== undefined) return
    const fd = this.another()
    if (fd === undefined) this.stop()
    else close(fd)
  }

  private stop(): void {
    this.server.close()
    this.wait()
  }

  private listen(fd: number): void {
    this.server.listen({ fd, backlog })
  }

  private wait(): void {
    this.pause = setTimeout(() => this.resume(), pauseTime)
  }

  private resume(): void {
    // One to listen by, and one for whoever comes.
    const fd = this.another()
    if (fd === undefined || !isRoom()) {
      if (fd !== undefined) close(fd)
      this.wait()
      return
    }
    this.pause = undefined
    this.listen(fd)
  }

  private another(): number | undefined {
    try {
      return duplicate(this.fd)
    } catch {
      return undefined
    }
  }
}
