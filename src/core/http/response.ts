/**
 * What a request is answered with, before any of it is sent.
 */
import type { FileDescriptor } from '../calls.ts'
import type { Program } from '../program.ts'
import type { Connection, Protocol } from './connection.ts'
import type { Output } from './output.ts'
import type { Representation } from './representation.ts'

/** A run of bytes of an open file. */
export interface FilePart {
  readonly file: FileDescriptor
  readonly offset: number
  readonly length: number
}

/** A run of bytes of an answer: in memory, or in a file. */
export type Part = Uint8Array | FilePart

export interface Response {
  readonly status: number
  /** Field lines of its own, each ended by CRLF: not those that frame the message. */
  readonly headers: string
  /** The content, whose length is known from its parts. */
  readonly parts?: readonly Part[] | undefined
  /** What the content is, or is ranges of, where it has a digest of its own (RFC 9530). */
  readonly of?: Representation | undefined
  /** The content, where it is made as it is sent and its length is not known before. */
  readonly stream?: ((out: Output) => Program<void>) | undefined
  /** What the connection speaks behind this answer (101). */
  readonly upgrade?: ((connection: Connection) => Protocol) | undefined
  /** Gives back what the answer holds, such as open files. Runs in every case, once the answer has ended. */
  readonly release?: (() => Program<void>) | undefined
}

export function isFilePart(part: Part): part is FilePart {
  return 'file' in part
}

/** How long an answer's parts are together. */
export function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}

/** Reason phrases of RFC 9110, section 15; 423 is RFC 4918's, 460 that of tus. A client may ignore them; a person reading a trace does not. */
export const reasonPhrases: Readonly<Record<number, string>> = {
  101: 'Switching Protocols',
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  303: 'See Other',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  423: 'Locked',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  460: 'Checksum Mismatch',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage',
}

/** A short answer in memory. @param headers field lines besides `Content-Type` */
export function textResponse(status: number, type: string, text: string, headers = ''): Response {
  return { status, headers: `Content-Type: ${type}\r\n${headers}`, parts: [Buffer.from(text)] }
}

/** Send the client elsewhere. @param href a path, already percent-encoded */
export function redirect(status: 301 | 303, href: string): Response {
  return { status, headers: `Location: ${href}\r\n`, parts: [] }
}
