/**
 * Doing what the address-bar commands say (`commands.ts` has their grammar).
 *
 * They change things on `GET`, which HTTP calls safe: so they are done only for a request that a page elsewhere
 * cannot have sent, never for `HEAD`, and what they answer is not to be kept.
 */
import { Refusal } from '../errors.ts'
import { createDirectory } from '../operations/create.ts'
import { destinationFor, move } from '../operations/move.ts'
import { remove } from '../operations/remove.ts'
import { commandPage, uploadPage } from '../pages/forms.ts'
import type { SafePath } from '../paths.ts'
import type { Program } from '../program.ts'
import { page, type Result, tell } from './answers.ts'
import { type Change, type Command, parseCommand } from './commands.ts'
import { isUnproven } from './origin.ts'
import { listAt, read } from './reading.ts'
import { addressOf, type Request } from './request.ts'
import type { Response } from './response.ts'

/** Do a command that came by `GET` or `HEAD`. */
export function* type(request: Request, command: Command): Program<Response> {
  if (command.name === 'upload') {
    request.access.demandSomewhere('upload')
    return page(200, uploadPage({ overwrite: request.access.rightsAt([]).overwrite }))
  }
  request.path = pathOf(command)
  if (command.name === 'listdir') return yield* listAt(request, command.path)
  if (command.name === 'download') return yield* download(request, command.path)
  if (request.method !== 'GET') {
    throw new Refusal('method_not_allowed', 'A command that changes something takes GET', 'Allow: GET\r\n')
  }
  request.demandOwnOrigin()
  if (isUnproven(request.head)) return ask(request)
  return tell(request.form, yield* change(request, command))
}

/** What a command is about. */
function pathOf(command: Exclude<Command, { name: 'upload' }>): SafePath {
  return command.name === 'move' ? command.from : command.path
}

/** A page that sends the command on by `POST`. */
function ask(request: Request): Response {
  if (request.form !== 'html') throw new Refusal('unproven')
  const { path, query } = request.target
  return page(403, commandPage(query.size === 0 ? path : `${path}?${query}`))
}

/** Do a command that came by `POST`, from the page that asks. @returns undefined when the path is none that changes something */
export function* confirmed(request: Request): Program<Response | undefined> {
  const command = parseCommand(request.target.path)
  if (command === undefined || command.name === 'upload' || command.name === 'listdir' || command.name === 'download')
    return undefined
  request.path = pathOf(command)
  return tell(request.form, yield* change(request, command))
}

function* download(request: Request, path: SafePath): Program<Response> {
  if (path.isRoot || path.slash) throw new Refusal('is_directory', path.text)
  const response = yield* read(request, path, true)
  if (response.status !== 301) return response
  throw new Refusal('is_directory', path.text)
}

function* change(request: Request, command: Change): Program<Result> {
  if (command.name === 'move') return yield* rename(request, command.from, command.to)
  if (command.name === 'createdir') return yield* createdir(request, command.path)
  return yield* deletion(request, command.path, command.name === 'delete' ? 'file' : 'directory')
}

function seeIn(where: SafePath): Result['links'] {
  return [{ href: addressOf(where, true), text: `See ${where.text}` }]
}

function* createdir(request: Request, path: SafePath): Program<Result> {
  yield* createDirectory(request.site, request.access, path)
  return {
    status: 201,
    title: 'Created',
    message: `Created the directory ${path.text}.`,
    links: [{ href: addressOf(path, true), text: 'Open it' }, ...seeIn(path.parent)],
    details: { path: path.text },
  }
}

function* deletion(request: Request, path: SafePath, kind: 'file' | 'directory'): Program<Result> {
  yield* remove(request.site, request.access, {
    path,
    kind,
    recursive: kind === 'directory' && request.asks('recursive'),
  })
  return {
    status: 200,
    title: 'Deleted',
    message: `Deleted ${path.text}.`,
    links: seeIn(path.parent),
    details: { path: path.text },
  }
}

function* rename(request: Request, from: SafePath, wanted: SafePath): Program<Result> {
  const { access, site } = request
  const to = yield* destinationFor(site, access, from, wanted)
  yield* move(site, access, { from, to, replace: request.asks('overwrite') })
  return {
    status: 200,
    title: 'Moved',
    message: `Moved ${from.text} to ${to.text}.`,
    links: seeIn(to.parent),
    details: { from: from.text, to: to.text },
  }
}
