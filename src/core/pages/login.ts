/**
 * The form to log in with. It works without script; what it sends is a `POST`.
 */
import { escapeHtml, escapeValue } from './escape.ts'
import { loginPath, pageFoot, pageHead } from './page.ts'

export interface LoginView {
  /** The address to go to afterwards. */
  readonly to: string
  /** The name that was given before. */
  readonly name?: string
  /** Why that was not enough. */
  readonly message?: string
}

export function loginPage({ to, name = '', message }: LoginView): string {
  const failed = message === undefined ? '' : `<p class="notice failed" role=alert>${escapeHtml(message)}</p>\n`
  const filled = name === ''
  return (
    `${pageHead('Log in', [])}<h1>Log in</h1>\n${failed}<form class=card method=post action="${loginPath}">` +
    `<input type=hidden name=to value="${escapeValue(to)}">` +
    '<label for=user>Name</label>' +
    `<input id=user name=user required autocomplete=username autocapitalize=off spellcheck=false${filled ? ' autofocus' : ''} value="${escapeValue(name)}">` +
    '<label for=password>Password</label>' +
    `<input id=password name=password type=password required autocomplete=current-password${filled ? '' : ' autofocus'}>` +
    `<p class=buttons><button class=primary>Log in</button></p></form>\n${pageFoot()}`
  )
}
