/**
 * Answers that say something, in the form that the client reads: a page, JSON, or a line of text.
 */
import type { Refusal } from '../errors.ts'
import type { MessageLink } from '../pages/message.ts'
import { errorPage, resultPage } from '../pages/message.ts'
import { pageSecurityPolicy } from '../pages/page.ts'
import type { Form } from './accept.ts'
import { type Response, textResponse } from './response.ts'

/** The fields of every page that the server makes: it may change at any time, and nothing foreign may act in it. */
export const pageFields =
  `Cache-Control: no-cache\r\nContent-Security-Policy: ${pageSecurityPolicy}\r\n` +
  'X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nVary: Accept\r\n'

/** The fields of answers that are not pages. */
export const plainFields = 'Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nVary: Accept\r\n'

const html = 'text/html; charset=utf-8'
const json = 'application/json; charset=utf-8'
const text = 'text/plain; charset=utf-8'

/** A page. @param headers further field lines */
export function page(status: number, markup: string, headers = ''): Response {
  return textResponse(status, html, markup, pageFields + headers)
}

/** The `Content-Type` and the fields of a listing in a form. */
export function listingFields(form: Form): string {
  if (form === 'json') return `Content-Type: ${json}\r\n${plainFields}`
  return `Content-Type: ${html}\r\n${pageFields}`
}

/** Text that a terminal may show: no control characters, and no marks that turn the writing around. */
export function printable(value: string): string {
  return value.replace(/[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** What a request has done. */
export interface Result {
  readonly status: number
  readonly title: string
  readonly message: string
  readonly links: readonly MessageLink[]
  /** What a program gets besides the message. */
  readonly details: Readonly<Record<string, unknown>>
  /** Further field lines, each ended by CRLF. */
  readonly headers?: string
}

/** Tell what was done. */
export function tell(form: Form, result: Result): Response {
  const headers = result.headers ?? ''
  if (form === 'html') return page(result.status, resultPage(result), headers)
  if (form === 'json') {
    const body = JSON.stringify({ ...result.details, message: result.message })
    return textResponse(result.status, json, `${body}\n`, plainFields + headers)
  }
  return textResponse(result.status, text, `${printable(result.message)}\n`, plainFields + headers)
}

/** Tell why a request was refused. @param back where a reader of the page may go */
export function refuse(form: Form, refusal: Refusal, back?: string): Response {
  const { code, status, message, headers } = refusal
  if (form === 'html') {
    return page(status, errorPage({ status, code, message, ...(back === undefined ? {} : { back }) }), headers)
  }
  if (form === 'json') {
    const body = JSON.stringify({ error: { code, status, message } })
    return textResponse(status, json, `${body}\n`, plainFields + headers)
  }
  return textResponse(status, text, `${code}: ${printable(message)}\n`, plainFields + headers)
}
