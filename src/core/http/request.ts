/**
 * A request on its way to being answered, and what all handlers need of it.
 */
import { hrefOf } from '../pages/address.ts'
import { rootPath, type SafePath } from '../paths.ts'
import type { Access } from '../policy.ts'
import type { Site } from '../site.ts'
import { type Form, formOf } from './accept.ts'
import type { RequestBody } from './body.ts'
import type { Ends } from './connection.ts'
import type { RequestHead } from './head.ts'
import { authorityOf, checkOrigin } from './origin.ts'
import type { Target } from './target.ts'

export class Request {
  readonly head: RequestHead
  readonly target: Target
  readonly body: RequestBody
  readonly site: Site
  readonly ends: Ends
  /** What whoever sent it may do: what everybody may, until it is known who that is. */
  access: Access
  /** What the request is about, once that is known: for the sentences of refusals. */
  path = rootPath
  /** Field lines that every answer to it carries, refusals too, each ended by CRLF. */
  fields = ''

  constructor(head: RequestHead, target: Target, body: RequestBody, site: Site, ends: Ends) {
    this.head = head
    this.target = target
    this.body = body
    this.site = site
    this.ends = ends
    this.access = site.accounts.everybody
  }

  get method(): string {
    return this.head.method
  }

  /** Whether the client only reads: `HEAD` is answered as `GET` is, without the content. */
  get reading(): boolean {
    return this.method === 'GET' || this.method === 'HEAD'
  }

  /** The form that the client wants answers in. */
  get form(): Form {
    return formOf(this.head, this.target)
  }

  /** Host and port as the client named them. */
  get authority(): string {
    return authorityOf(this.head, this.target)
  }

  /** Whether the query has this key, with any value or none. */
  asks(key: string): boolean {
    return this.target.query.has(key)
  }

  /** To be called before anything is changed. @throws Refusal cross_origin */
  demandOwnOrigin(): void {
    checkOrigin(this.head, this.authority, this.ends.secure)
  }
}

/** The address of a path. */
export function addressOf(path: SafePath, directory = path.slash): string {
  return hrefOf(path.segments, directory)
}
