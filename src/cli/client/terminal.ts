/** What a command says: results to standard output, everything else to standard error. */
import type { Writable } from 'node:stream'
import { ClientError, TreeError } from '../../client/index.ts'
import { printable } from '../printable.ts'
import { ProgressDisplay, type Screen } from '../progress.ts'
import { sentenceOf } from './exits.ts'
import type { Asked } from './options.ts'

export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Writable
  readonly stderr: Writable & Screen
}

export class Terminal {
  readonly streams: Streams
  readonly #asked: Asked
  readonly #progress: ProgressDisplay

  constructor(streams: Streams, asked: Asked) {
    this.streams = streams
    this.#asked = asked
    this.#progress = new ProgressDisplay(streams.stderr)
  }

  /** What is to be told of progress, if anything. */
  get progress(): ProgressDisplay | undefined {
    return this.#asked.quiet ? undefined : this.#progress
  }

  /** What was asked for. Names are made safe to be shown. */
  line(text: string): void {
    this.#progress.clear()
    this.streams.stdout.write(`${printable(text)}\n`)
  }

  /** The same for programs. */
  json(value: unknown): void {
    this.#progress.clear()
    this.streams.stdout.write(`${safeJson(value)}\n`)
  }

  /** What was done: said in a sentence or in JSON, unless it is to be quiet. */
  done(sentence: string, value: unknown): void {
    if (this.#asked.json) this.json(value)
    else if (!this.#asked.quiet) this.line(sentence)
  }

  /** What should be known, and is no failure. */
  note(sentence: string): void {
    this.#progress.clear()
    if (!this.#asked.quiet) this.streams.stderr.write(`twinserve: ${printable(sentence)}\n`)
  }

  /** A failure: of a tree, each of its own. @throws what is none of the client's */
  failure(error: unknown): void {
    this.#progress.clear()
    if (error instanceof TreeError) for (const each of error.failures) this.failure(each)
    if (!(error instanceof ClientError)) throw error
    const { code, status } = error
    const message = sentenceOf(error, this.#asked.command)
    const line = this.#asked.json ? safeJson({ error: { code, status, message } }) : `twinserve: ${printable(message)}`
    this.streams.stderr.write(`${line}\n`)
  }
}

/** JSON, with what could disturb a terminal written as escapes. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
