/** `twinserve passwd`: who may log in, in a file. */
import { BadEntry, checkUser, type Entry, parseRules } from '../../core/access/entries.ts'
import { type Rule, wholeTree } from '../../core/policy.ts'
import { parserOf } from '../parser.ts'
import { UsageError } from '../usage-error.ts'
import { hashOf } from '../users.ts'
import { type Asking, askPassword } from './ask.ts'
import { entriesOf, replaceText, textOf, withUser } from './file.ts'
import { passwdSummary } from './summary.ts'

interface PasswdRequest {
  readonly file: string
  readonly user: string
  /** Undefined when they stay as they are. */
  readonly rules: readonly Rule[] | undefined
  readonly remove: boolean
}

/** @returns undefined when help was asked for, and has been shown @throws UsageError */
async function parse(words: readonly string[]): Promise<PasswdRequest | undefined> {
  let request: PasswdRequest | undefined
  await parserOf({ name: 'twinserve passwd', negation: false, hint: ' See twinserve passwd --help.' }, (parser) =>
    parser
      .usage(`$0 FILE NAME [PATH[:ro|rw|none]…]\n\n${passwdSummary}.`)
      .command(
        '$0 [file] [name] [paths..]',
        false,
        (command) =>
          command
            .positional('file', { type: 'string', describe: 'The file; it is made if need be' })
            .positional('name', { type: 'string', describe: 'Who is to log in' })
            .positional('paths', { type: 'string', array: true, describe: 'What he may do; everything unless given' })
            .options({ delete: { type: 'boolean', describe: 'Take the user out of the file' } })
            .example('$0 users ann', 'Ask for the password, and let ann do everything')
            .example('$0 users bob /photos:ro /bob', 'bob may read /photos, and do everything in /bob')
            .example('$0 users ann < password.txt', 'Take the password from a file')
            .example('$0 users bob --delete', 'Let bob log in no more'),
        (values) => {
          const { file, name, paths } = values as { file?: string; name?: string; paths?: readonly string[] }
          if (file === undefined || name === undefined)
            throw new UsageError(
              `A ${file === undefined ? 'file' : 'name'} is missing. Write twinserve passwd FILE NAME.`,
            )
          request = requestOf(file, name.normalize('NFC'), paths ?? [], values.delete === true)
        },
      )
      .epilog('A server that runs with the file knows of it within a second.')
      .strict()
      .version(false),
  ).parseAsync([...words])
  return request
}

function requestOf(file: string, user: string, paths: readonly string[], remove: boolean): PasswdRequest {
  if (remove && paths.length > 0) throw new UsageError('Who is deleted needs no paths.')
  try {
    checkUser(user)
    return { file, user, remove, rules: paths.length === 0 ? undefined : parseRules(paths.join(','), 'rw') }
  } catch (error) {
    if (error instanceof BadEntry) throw new UsageError(`The user cannot be written down: ${error.message}.`)
    throw error
  }
}

/** @param words behind `twinserve passwd` @returns what to tell, or undefined when help was shown @throws UsageError */
export async function passwd(words: readonly string[], asking: Asking): Promise<string | undefined> {
  const request = await parse(words)
  if (request === undefined) return undefined
  try {
    return await change(request, asking)
  } catch (error) {
    if (error instanceof BadEntry)
      throw new UsageError(`The file of users ${request.file} cannot be understood: ${error.message}.`)
    const { code } = error as NodeJS.ErrnoException
    if (code !== undefined) throw new UsageError(`The file of users ${request.file} cannot be changed (${code}).`)
    throw error
  }
}

async function change(request: PasswdRequest, asking: Asking): Promise<string> {
  const { file, user, remove } = request
  // What is wrong with the file is told before anybody types a password.
  const before = entriesOf(await textOf(file), user)
  if (remove && before.length === 0) throw new UsageError(`There is no user ${user} in ${file}.`)
  const secret = remove ? '' : await hashOf(await newPassword(user, asking))
  const rules = request.rules ?? (before.length === 0 ? wholeTree : before.flatMap((entry) => entry.rules))
  const entries: Entry[] = remove ? [] : [{ user, secret, rules }]
  // It is read again: somebody may have changed it meanwhile.
  await replaceText(file, withUser(await textOf(file), user, entries))
  if (remove) return `${user} can log in no more.`
  return before.length === 0 ? `${user} can log in.` : `${user} has a new password.`
}

async function newPassword(user: string, asking: Asking): Promise<string> {
  const password = await askPassword(`Password for ${user}: `, asking)
  if (password === undefined) throw new UsageError('There was no password. Nothing was changed.')
  if (asking.input.isTTY !== true) return password
  if ((await askPassword('The same again: ', asking)) === password) return password
  throw new UsageError('The two are not the same. Nothing was changed.')
}
