/** The words behind `twinserve shell`. */
import { clientOptions } from '../client/options.ts'
import type { TrustWords } from '../client/trust.ts'
import { last, parserOf } from '../parser.ts'

/** For the help of `twinserve`. */
export const shellSummary = 'Work on two sides: the files of this machine, and those of a server'

export interface ShellRequest {
  readonly url: string | undefined
  readonly trust: TrustWords
  readonly user: string | undefined
  /** Commands to run in place of asking for them. */
  readonly commands: string | undefined
  readonly keepGoing: boolean
}

/**
 * @returns undefined when help was asked for, and has been shown
 * @throws UsageError when a word means nothing
 */
export async function parseShell(words: readonly string[]): Promise<ShellRequest | undefined> {
  let request: ShellRequest | undefined
  await parserOf({ name: 'twinserve shell', negation: true, hint: ' See twinserve shell --help.' }, (parser) =>
    parser
      .usage(`$0 [URL]\n\n${shellSummary}.`)
      .command(
        '$0 [url]',
        false,
        (command) =>
          command
            .positional('url', { type: 'string', describe: 'The server; TWINSERVE_URL, or http://127.0.0.1:8080/' })
            .options({
              user: {
                type: 'string',
                requiresArg: true,
                describe: 'Who logs in; TWINSERVE_USER. The password is that of TWINSERVE_PASSWORD, or asked for',
              },
              command: { alias: 'c', type: 'string', requiresArg: true, describe: 'Run these commands, and leave' },
              fingerprint: { type: 'string', ...clientOptions.fingerprint },
              cacert: { type: 'string', ...clientOptions.cacert },
              'keep-going': {
                type: 'boolean',
                describe: 'In a script or with --command, go on behind a command that failed',
              },
            })
            .example('$0', 'Talk to the server on this machine')
            .example("$0 -c 'crd photos; get *.jpg'", 'Run two commands')
            .example('$0 http://nas:8080/ < backup.txt', 'Run the commands in a file'),
        (values) => {
          const commands = values.command as string | readonly string[] | undefined
          request = {
            url: values.url as string | undefined,
            user: values.user as string | undefined,
            trust: {
              fingerprint: last(values.fingerprint) as string | undefined,
              cacert: last(values.cacert) as string | undefined,
            },
            commands: typeof commands === 'object' ? commands.join('\n') : commands,
            keepGoing: values['keep-going'] === true,
          }
        },
      )
      .epilog(
        'Type help in the shell for its commands. In a script its exit status is that of the first command that failed ' +
          '(docs/client.md).',
      )
      .strict()
      .version(false),
  ).parseAsync([...words])
  return request
}
