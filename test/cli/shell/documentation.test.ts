/** What docs/shell.md says, replayed. */
import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { commands } from '../../../src/cli/shell/commands.ts'
import { fromHome, promptText } from '../../../src/cli/shell/prompt.ts'
import { usage } from '../../../src/cli/shell/table.ts'
import { forEachEngine } from '../../fixtures/engines.ts'
import { readable, startShellOn } from '../../fixtures/shell.ts'

const page = readFileSync(new URL('../../../docs/shell.md', import.meta.url), 'utf8')
const [, transcript = ''] = /```shell\n(.*?)```/s.exec(page) ?? []

test('the page has every command, as help shows it', async (t) => {
  const rows = [...page.matchAll(/^\| `([^`]+)` \|(.*?)\|/gm)]
  const [told, known] = [
    rows.map(([, shown = '', also = '']) =>
      [shown, ...also.matchAll(/`([^`]+)`/g)].map((name) => (typeof name === 'string' ? name : name[1])),
    ),
    commands.map((command) => [usage(command), ...command.names.slice(1)]),
  ]
  t.strictSame(told, known)
})

forEachEngine(async (t, engine) => {
  const local = { 'notes.txt': 'notes', 'photos/lake.jpg': 'a lake.', 'photos/old bridge.jpg': 'a bridge.' }
  const shell = await startShellOn(t, engine, { local, remote: { 'plan.txt': 'the big plan' } }, { interactive: true })
  const isPrompt = /^local (\S+), remote (\S+)> (.*)$/
  const blocks = transcript.split(/^(?=local )/m)
  t.ok(blocks.length > 10)
  for (const block of blocks) {
    const [first = '', ...printed] = block.split('\n')
    const [, , , typed = ''] = isPrompt.exec(first) ?? []
    const where = promptText(fromHome(shell.local.directory, shell.here), shell.remote.directory)
    t.equal(`${where}${typed}`, first, 'the prompt')
    t.equal(await shell.type(typed), readable(printed.join('\n'), '/home/me'), typed)
  }
  t.ok(shell.runner.leaving)
})
