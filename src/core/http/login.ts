/**
 * Logging in and out, and what is told to one who has to.
 *
 * - A browser gets a form, and a cookie for it: `HttpOnly`, so that no script has it, and `SameSite=Strict`, so that no other
 *   site's page makes use of it. Everybody else is asked for `Basic` (RFC 7617).
 * - A browser that were asked for `Basic` would show a window of its own in place of the form, so it is told of another scheme,
 *   since a 401 must tell of one (RFC 9110, section 15.5.2).
 * - Nobody is asked for a password where others can listen.
 */
import { authenticate, isPrivate, logIn } from '../access/authenticate.ts'
import { findKey, needKey } from '../access/key.ts'
import { cookieName, tokenFor } from '../access/token.ts'
import { Refusal } from '../errors.ts'
import { loginPage } from '../pages/login.ts'
import { loginPath, logoutPath } from '../pages/page.ts'
import type { Program } from '../program.ts'
import type { Form } from './accept.ts'
import { page, refuse, tell } from './answers.ts'
import { parseCommand } from './commands.ts'
import { fieldsOf } from './fields.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'

const basic = 'WWW-Authenticate: Basic realm="twinserve", charset="UTF-8"\r\n'
const byForm = `WWW-Authenticate: Cookie realm="twinserve", form-action="${loginPath}"\r\n`

/** Find out who sent a request. @throws as `authenticate` */
export function* identify(request: Request): Program<void> {
  const { ends, head, site } = request
  request.access = yield* authenticate(head, ends, site)
}

/** The fields of an answer to somebody who has logged in: no cache keeps it but his own, which asks again before it shows it (RFC 9111, section 5.2.2). */
export function keptPrivate(headers: string): string {
  if (!/^cache-control:/im.test(headers)) return `${headers}Cache-Control: private, no-cache\r\n`
  return headers.replace('Cache-Control: no-cache\r\n', 'Cache-Control: private, no-cache\r\n')
}

/** The answer to one who has to log in. */
export function challenge(request: Request, form: Form, refusal: Refusal): Response {
  const { ends, head, site } = request
  if (!isPrivate(ends, site)) return refuse(form, new Refusal('insecure'))
  if (form === 'html') {
    const message = refusal.code === 'unauthorized' ? undefined : refusal.message
    return formPage(401, { to: request.reading ? addressIn(head.target) : '/', message }, byForm)
  }
  // A page's script: the window would be the browser's.
  const browser = head.field('sec-fetch-mode') !== undefined
  return refuse(form, refusal.withHeaders(browser ? byForm : basic))
}

function formPage(
  status: number,
  { to, name = '', message }: { to: string; name?: string; message?: string | undefined },
  headers = '',
): Response {
  return page(status, loginPage({ to, name, ...(message === undefined ? {} : { message }) }), headers)
}

/**
 * An address on this server to go to: never one that changes something, which would then be done as if its owner had asked for
 * it, whoever made the link to the form.
 */
function addressIn(given: string | null): string {
  if (given === null || !/^\/(?![/\\])[!-[\]-~]*$/.test(given)) return '/'
  const [path = ''] = given.split('?', 1)
  return path.startsWith('/.twinserve') || isCommand(path) ? '/' : given
}

function isCommand(path: string): boolean {
  try {
    return parseCommand(path) !== undefined
  } catch {
    return true
  }
}

/** `/.twinserve/login`. */
export function* login(request: Request): Program<Response> {
  const { site, target } = request
  if (!site.accounts.any) throw new Refusal('not_found', loginPath)
  if (request.reading) {
    if (!isPrivate(request.ends, site)) throw new Refusal('insecure')
    return formPage(200, { to: addressIn(target.query.get('to')) })
  }
  demandPost(request)
  const fields = yield* fieldsOf(request)
  const to = addressIn(fields.get('to'))
  const name = fields.get('user') ?? ''
  try {
    return loggedIn(request, to, yield* cookieFor(request, name, fields.get('password') ?? ''))
  } catch (error) {
    const again = error instanceof Refusal && ['bad_credentials', 'too_many_attempts'].includes(error.code)
    if (!again || request.form !== 'html') throw error
    const { headers, message, status } = error
    return formPage(status, { to, name, message }, headers + (status === 401 ? byForm : ''))
  }
}

function demandPost(request: Request): void {
  if (request.method !== 'POST')
    throw new Refusal('method_not_allowed', 'Logging in and out takes POST', 'Allow: POST\r\n')
  request.demandOwnOrigin()
  const type = request.head.field('content-type') ?? ''
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return
  throw new Refusal(
    'unsupported_media',
    `${type === '' ? 'there is none' : type}. Send application/x-www-form-urlencoded`,
  )
}

function* cookieFor({ ends, site }: Request, name: string, password: string): Program<string> {
  const account = yield* logIn(site, ends, name, password)
  const key = yield* needKey(site)
  const age = Math.floor(site.limits.cookieAge / 1000)
  const until = Math.floor(site.environment.date() / 1000) + age
  return cookieField(cookieName(key, ends.secure), tokenFor(account, key, until), age, ends.secure)
}

function cookieField(name: string, value: string, age: number, secure: boolean): string {
  return `Set-Cookie: ${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}\r\n`
}

function loggedIn(request: Request, to: string, cookie: string): Response {
  const headers = `Cache-Control: no-store\r\n${cookie}`
  if (request.form === 'html') return { status: 303, headers: `Location: ${to}\r\n${headers}`, parts: [] }
  return tell(request.form, { status: 200, title: '', message: 'Logged in.', links: [], details: {}, headers: cookie })
}

/** `/.twinserve/logout`: the browser forgets its cookie. */
export function* logout(request: Request): Program<Response> {
  const { ends, site } = request
  if (!site.accounts.any) throw new Refusal('not_found', logoutPath)
  demandPost(request)
  const key = yield* findKey(site)
  const cookie = key === undefined ? '' : cookieField(cookieName(key, ends.secure), '', 0, ends.secure)
  if (request.form === 'html') return { status: 303, headers: `Location: /\r\n${cookie}`, parts: [] }
  return tell(request.form, { status: 200, title: '', message: 'Logged out.', links: [], details: {}, headers: cookie })
}
