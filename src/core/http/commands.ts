/**
 * The commands of the address bar: what one types behind the server's name.
 *
 *     /createdir=NAME   /deletedir=NAME   /delete=PATH   /move=SOURCE=DESTINATION
 *     /listdir   /listdir/PATH   /upload   /download=PATH
 *
 * They are matched before decoding, so a name with `=` in it is written with `%3D`, and a file that has the
 * name of a command is reached by percent-encoding any letter of it.
 */
import { Refusal } from '../errors.ts'
import { pathFromTarget, rootPath, type SafePath } from '../paths.ts'

/** A command that changes something. */
export type Change =
  | { readonly name: 'createdir' | 'deletedir' | 'delete'; readonly path: SafePath }
  | { readonly name: 'move'; readonly from: SafePath; readonly to: SafePath }

export type Command =
  | Change
  | { readonly name: 'download'; readonly path: SafePath }
  | { readonly name: 'listdir'; readonly path: SafePath }
  | { readonly name: 'upload' }

/** What every command looks like: most requests are none, and one test tells. */
const any = /^\/(?:[a-z]+=|upload$|listdir(?:\/|$))/
const withPath = /^\/(createdir|deletedir|delete|download)=(.*)$/
const withTwo = /^\/move=(.*)$/
const listing = /^\/listdir(\/.*)?$/

function argument(command: string, raw: string): SafePath {
  if (raw === '' || raw.includes('=')) {
    throw new Refusal('bad_parameter', `write /${command}=NAME, with %3D for an equals sign in the name`)
  }
  return pathFromTarget(raw)
}

function moveOf(raw: string): Command {
  const [from, to, ...more] = raw.split('=')
  if (!from || !to || more.length > 0) {
    throw new Refusal('bad_parameter', 'write /move=SOURCE=DESTINATION, with %3D for an equals sign in a name')
  }
  return { name: 'move', from: pathFromTarget(from), to: pathFromTarget(to) }
}

/**
 * The command that a path is.
 *
 * @param raw the path of a request target, as it was sent
 * @returns undefined when it is an ordinary path
 * @throws Refusal bad_parameter when the command is there and its arguments are not; bad_target, bad_name, reserved for those
 */
export function parseCommand(raw: string): Command | undefined {
  if (!any.test(raw)) return undefined
  if (raw === '/upload') return { name: 'upload' }
  const one = withPath.exec(raw)
  if (one) {
    const name = one[1] as 'createdir' | 'deletedir' | 'delete' | 'download'
    return { name, path: argument(name, one[2] as string) }
  }
  const two = withTwo.exec(raw)
  if (two) return moveOf(two[1] as string)
  const list = listing.exec(raw)
  if (list) return { name: 'listdir', path: list[1] === undefined ? rootPath : pathFromTarget(list[1]) }
  return undefined
}
