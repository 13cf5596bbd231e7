/**
 * The pages that only tell something: a refusal, or what a command has done.
 *
 * - A refusal says what happened, then what to do; the code is there for whoever reports it, but small.
 */
import { escapeHtml } from './escape.ts'
import { pageFoot, pageHead } from './page.ts'

/** A link of a message. `href` is an address, from `hrefOf` for instance. */
export interface MessageLink {
  readonly href: string
  readonly text: string
}

export interface ErrorView {
  readonly status: number
  /** The stable code of the refusal. */
  readonly code: string
  readonly message: string
  /** Where the reader came from, or the nearest directory that exists. */
  readonly back?: string
}

export interface ResultView {
  readonly status: number
  readonly title: string
  readonly message: string
  readonly links: readonly MessageLink[]
}

/** What a reader calls it, and can do about it, by status. */
const advices: Readonly<Record<number, readonly [title: string, advice: string]>> = {
  401: ['Please sign in', 'Load the page again and give your name and password.'],
  403: ['Not allowed', 'If you need this, ask whoever runs the server.'],
  404: [
    'Not found',
    'It may have been moved, renamed or deleted. Check the address, or look for it from the top folder.',
  ],
  405: ['That does not work here', 'Go back and choose another action.'],
  408: ['Too slow', 'Check the connection and try again.'],
  409: ['Not done', 'Nothing was changed. Go back and choose differently.'],
  412: ['Not done', 'Somebody may have changed it meanwhile. Load it again and look.'],
  413: ['Too large', 'Send less at a time, or ask whoever runs the server for a higher limit.'],
  414: ['Address too long', 'Use a shorter name, or fewer folders inside one another.'],
  421: ['Unknown host', 'Open the server by the address that it printed when it started.'],
  503: ['Busy', 'Wait a moment and load the page again.'],
  507: ['No room left', 'Delete what is not needed any more, then try again.'],
}

const otherAdvice = {
  client: ['That did not work', 'Check the address or the form, and try again.'],
  server: ['Something went wrong', 'If it stays like this, tell whoever runs the server.'],
} as const

/** The page of a refusal. */
export function errorPage({ status, code, message, back }: ErrorView): string {
  const [title, advice] = advices[status] ?? (status < 500 ? otherAdvice.client : otherAdvice.server)
  const links: MessageLink[] = []
  if (back !== undefined) links.push({ href: back, text: 'Go back' })
  if (back !== '/') links.push({ href: '/', text: 'Go to the top folder' })
  return (
    `${pageHead(title, [])}<div class=card><h1>${title}</h1>\n<p>${escapeHtml(message)}</p>\n<p>${advice}</p>\n` +
    `${linksHtml(links)}<p class=hint>${status} <code>${escapeHtml(code)}</code></p></div>\n${pageFoot()}`
  )
}

/** The page of a command's result. */
export function resultPage({ status, title, message, links }: ResultView): string {
  const tone = status < 400 ? 'card done' : 'card'
  return (
    `${pageHead(title, [])}<div class="${tone}"><h1>${escapeHtml(title)}</h1>\n<p role=status>${escapeHtml(message)}</p>\n` +
    `${linksHtml(links)}</div>\n${pageFoot()}`
  )
}

/** The first link is what most readers want next. */
function linksHtml(links: readonly MessageLink[]): string {
  let items = ''
  for (const { href, text } of links) {
    items += `<a class="tool${items === '' ? ' primary' : ''}" href="${escapeHtml(href)}">${escapeHtml(text)}</a>`
  }
  return items === '' ? '' : `<p class=buttons>${items}</p>\n`
}
