/** The examples of docs/session.md: each is played, and must come out as it is written. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { errorCodes } from '../../../src/core/errors.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import { converse } from '../../fixtures/converse.ts'
import { text } from '../../fixtures/frames.ts'
import { handshake, saidIn } from '../../fixtures/session.ts'

const page = readFileSync(new URL('../../../docs/session.md', import.meta.url), 'utf8')

const conversations = [...page.matchAll(/^```session(.*)\n([\s\S]*?)^```$/gm)].map(([, details = '', body = '']) => {
  const files = details
    .replace(/^ files /, '')
    .split(' ')
    .filter((name) => name !== '')
  const lines = body.trimEnd().split('\n')
  const said = (mark: string) => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(2))
  return { files, sent: said('> '), answers: said('< '), lines }
})

t.test('conversations', async (t) => {
  t.ok(conversations.length >= 6, `${conversations.length} of them`)
  for (const { files, sent, answers, lines } of conversations) {
    t.equal(sent.length + answers.length, lines.length, 'every line is one or the other')
    const tree = Object.fromEntries(files.map((name) => [name, 'hello']))
    const outcome = converse([Buffer.from(handshake(), 'latin1'), ...sent.map((line) => text(line))], { tree })
    t.strictSame(saidIn(outcome), answers)
  }
})

t.test('the handshake', async (t) => {
  const [asked = '', answered = ''] = [...page.matchAll(/^```http\n([\s\S]*?)^```$/gm)].map(([, body = '']) => body)
  const { text: said } = converse([Buffer.from(asked.replaceAll('\n', '\r\n'), 'latin1')])
  for (const line of answered.trim().split('\n')) t.ok(said.includes(`${line}\r\n`), line)
})

t.test('bounds and codes', async (t) => {
  for (const [, name = '', value = ''] of page.matchAll(/^\| `(\w+)`: .*? \| ([\d,]+) \|/gm)) {
    t.equal(defaultLimits[name as keyof typeof defaultLimits], Number(value.replaceAll(',', '')), name)
  }
  const named = [...page.matchAll(/`([a-z]+_[a-z_]+)`/g)].map(([, code = '']) => code)
  t.ok(named.length > 8)
  for (const code of named) t.ok((errorCodes as readonly string[]).includes(code), code)
})
