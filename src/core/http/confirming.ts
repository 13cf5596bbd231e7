/**
 * The pages behind `?move`, `?copy` and `?delete`. They change nothing; what they send is a `POST`.
 *
 * They are about a name, and so about a symbolic link itself, not about what it leads to.
 */
import { Refusal } from '../errors.ts'
import type { Place } from '../files/publish.ts'
import { inDirectory } from '../files/tree.ts'
import { walking } from '../files/walk.ts'
import { copyPage, deletePage, movePage } from '../pages/forms.ts'
import type { SafePath } from '../paths.ts'
import { call, type Program } from '../program.ts'
import { page } from './answers.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'

const actions = ['move', 'copy', 'delete'] as const

/** What the page that a request asks for is to ask, if it asks for one. The root stays where it is. */
export function actionToConfirm(request: Request, path: SafePath): (typeof actions)[number] | undefined {
  if (request.target.query.size === 0 || path.isRoot) return undefined
  return actions.find((action) => request.asks(action))
}

/** @throws Refusal not_found; and as `Access.demand` */
export function* confirm(request: Request, path: SafePath, action: (typeof actions)[number]): Program<Response> {
  const { access, site } = request
  return yield* walking(site, access.demand(action, path), function* (walk) {
    const place: Place = { directory: yield* walk.toParentOf(path), name: path.name }
    const seen = yield* call('lstat', place.directory, place.name)
    if (seen === undefined) throw new Refusal('not_found', path.text)
    const overwrite = access.may('overwrite', path.segments)
    const view = { segments: path.segments, directory: seen.kind === 'directory', overwrite }
    if (action === 'move') return page(200, movePage(view))
    if (action === 'copy') return page(200, copyPage(view))
    return page(200, deletePage({ ...view, empty: view.directory && (yield* isEmpty(place)) }))
  })
}

function* isEmpty(place: Place): Program<boolean> {
  return yield* inDirectory(place, function* (directory) {
    const stream = yield* call('opendir', directory)
    try {
      return (yield* call('readdir', stream)).length === 0
    } finally {
      yield* call('closedir', stream)
    }
  })
}
