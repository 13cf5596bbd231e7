/** Listings, page by page. */
import type { EntryObject } from '../core/session/messages.ts'
import { badAnswer } from './answers.ts'
import type { Context } from './context.ts'

/**
 * Everything in a directory. A server that goes round in circles is found out: names only go up.
 *
 * @throws ClientError not_found, not_directory, bad_answer, …
 */
export async function* entriesOf(
  { call }: Pick<Context, 'call'>,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<EntryObject, void> {
  let after: string | undefined
  do {
    const page = await call('list', after === undefined ? { path } : { path, after }, signal)
    let last = after
    for (const { name } of page.entries) {
      if (last !== undefined && name < last) throw badAnswer(`the list of ${path} is not in order`)
      last = name
    }
    if (page.next !== undefined && page.next !== last) throw badAnswer(`the list of ${path} has no end`)
    yield* page.entries
    after = page.next
  } while (after !== undefined)
}
