/** The commands of the shell: all that its ancestors knew, and what people expect besides. */
import { changeCommands } from './commands-change.ts'
import { lookCommands } from './commands-look.ts'
import { transferCommands } from './commands-transfer.ts'
import { type Command, type Context, findCommand, usage } from './table.ts'

const ownCommands: readonly Command[] = [
  {
    names: ['!'],
    parameters: [{ name: 'COMMAND', kind: 'line', optional: true }],
    summary: 'Run a command of this machine, or its shell',
    details: 'All that stands behind the ! is for that shell, which runs in the current directory of this side.',
    run: ({ environment, runProgram }, { words }) => {
      const line = words.map(({ text }) => text)
      return runProgram(environment.SHELL || '/bin/sh', line.length === 0 ? [] : ['-c', line.join(' ')])
    },
  },
  {
    names: ['help', '?'],
    parameters: [{ name: 'COMMAND', kind: 'command', optional: true }],
    summary: 'Show all commands, or tell about one',
    details: 'Commands may be typed in upper or lower case.',
    run: (context, { words }) => help(context, words[0]?.text),
  },
  {
    names: ['history'],
    parameters: [],
    summary: 'Show the lines typed so far',
    details: 'They are kept for the next time. A line that begins with a blank is not.',
    run: ({ history, print }) => {
      for (const [index, line] of history.entries()) print(`${String(index + 1).padStart(5)}  ${line}`)
    },
  },
  {
    names: ['quit', 'exit', 'bye'],
    parameters: [],
    summary: 'Leave the shell',
    details: 'Ctrl-D does the same.',
    run: ({ leave }) => leave(),
  },
]

export const commands: readonly Command[] = [...lookCommands, ...changeCommands, ...transferCommands, ...ownCommands]

function help({ print }: Context, name: string | undefined): void {
  if (name === undefined) {
    const rows = commands.map((command) => [command.names.join(', '), command.summary] as const)
    const width = Math.max(...rows.map(([names]) => names.length))
    for (const [names, summary] of rows) print(`  ${names.padEnd(width)}  ${summary}`)
    print('')
    print('help COMMAND tells more. Words are quoted as in a POSIX shell; several commands are separated by ;')
    return
  }
  const command = findCommand(commands, name)
  print(usage(command))
  print('')
  print(`${command.summary}.`)
  print(command.details)
  for (const [letter, meaning] of Object.entries(command.switches ?? {})) print(`  -${letter}  ${meaning}`)
  if (command.names.length > 1) print(`Also: ${command.names.slice(1).join(', ')}`)
}
