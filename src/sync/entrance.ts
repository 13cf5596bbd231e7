/**
 * Where connections come in, as the main thread sees it: the listening socket itself; or where TLS is spoken, a terminating
 * thread that listens on it, and a pipe by which it hands them over.
 */
import fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import { limitsOf } from '../core/limits.ts'
import { notice } from '../core/log.ts'
import type { Credentials, ServeOptions } from '../core/options.ts'
import { type Child, Supervised } from '../core/supervised.ts'
import { close, duplicate } from '../posix/listening.ts'
import { SHUT_RDWR } from '../posix/platform.ts'
import { environment } from './environment.ts'
import { discard } from './handover.ts'
import { doNotBlock, pipe, shutdown } from './sockets.ts'
import type { TerminatorData, TerminatorOrder } from './terminator.ts'

export interface Entrance {
  /** What the serving threads watch. */
  readonly fd: number
  /** Whether connections are handed over there, rather than accepted. */
  readonly secure: boolean
  /** There is somebody to serve those who come. @throws what keeps them from coming in */
  start(): Promise<void>
  renew(credentials: Credentials): void
  /** Take no more connections. Resolves when the serving threads have got the last of them. */
  refuse(): Promise<void>
  /** Cut those that are there. */
  cut(): void
  /** Nobody serves any more: let go of everything. */
  close(): Promise<void>
}

/** @param lasting whether whoever handed the listener over goes on with it: clients then wait in its backlog */
export function entranceOf(listener: number, lasting: boolean, options: ServeOptions): Entrance {
  if (options.tls === undefined) return direct(listener, lasting)
  return new Terminating(listener, lasting, options, options.tls)
}

function direct(listener: number, lasting: boolean): Entrance {
  return {
    fd: listener,
    secure: false,
    async start() {},
    renew() {},
    async refuse() {
      // On Linux this refuses connections from now on; elsewhere they wait for nothing until the threads have ended.
      if (!lasting) shutdown(listener, SHUT_RDWR)
    },
    cut() {},
    async close() {
      close(listener)
    },
  }
}

/** One terminating thread. */
class Terminator implements Child {
  readonly ready: Promise<void>
  readonly ended: Promise<string | undefined>
  /** Resolves when it hands nobody over any more. */
  readonly refused: Promise<void>
  private readonly thread: Worker

  constructor(data: TerminatorData) {
    const entry = new URL(`./terminator${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
    const thread = new Worker(entry, { workerData: data, trackUnmanagedFds: false })
    this.thread = thread
    this.ready = new Promise((resolve, reject) => {
      thread.once('message', () => resolve())
      thread.once('error', reject)
      thread.once('exit', () => reject(new Error('The terminating thread ended before it listened.')))
    })
    this.refused = new Promise((resolve) => {
      thread.on('message', (told) => told === 'refused' && resolve())
      thread.once('exit', () => resolve())
    })
    this.ended = new Promise((resolve) => {
      let failure: string | undefined
      thread.once('error', (error: Error) => {
        failure = error.message
      })
      thread.once('exit', () => resolve(failure))
    })
  }

  tell(order: TerminatorOrder): void {
    this.thread.postMessage(order)
  }

  stop(): void {
    this.tell({ what: 'refuse' })
  }

  end(): void {
    this.tell({ what: 'cut' })
  }
}

class Terminating implements Entrance {
  readonly fd: number
  readonly secure = true
  private readonly writing: number
  private readonly listener: number
  private readonly lasting: boolean
  private readonly threads: Supervised<Terminator>
  private credentials: Credentials

  constructor(listener: number, lasting: boolean, options: ServeOptions, credentials: Credentials) {
    this.listener = listener
    this.lasting = lasting
    this.credentials = credentials
    const [fd, writing] = pipe()
    doNotBlock(fd)
    doNotBlock(writing)
    this.fd = fd
    this.writing = writing
    const limits = limitsOf(options.limits)
    this.threads = new Supervised({
      kind: 'terminating thread',
      // It closes its own descriptor, and another may come after it.
      launch: () =>
        new Terminator({ pipe: writing, limits, listener: duplicate(listener), credentials: this.credentials }),
      now: environment.now,
      later: (delay, action) => {
        const timer = setTimeout(action, delay)
        return () => clearTimeout(timer)
      },
      tell: (sentence) => fs.write(options.logFile, `${notice(sentence)}\n`, () => {}),
    })
  }

  start(): Promise<void> {
    return this.threads.start()
  }

  renew(credentials: Credentials): void {
    this.credentials = credentials
    this.threads.child?.tell({ what: 'renew', credentials })
  }

  async refuse(): Promise<void> {
    this.threads.stop()
    await this.threads.child?.refused
    if (!this.lasting) shutdown(this.listener, SHUT_RDWR)
  }

  cut(): void {
    this.threads.child?.end()
  }

  async close(): Promise<void> {
    discard(this.fd)
    this.threads.stop()
    this.threads.child?.tell({ what: 'end' })
    await this.threads.closed
    for (const fd of [this.listener, this.fd, this.writing]) close(fd)
  }
}
