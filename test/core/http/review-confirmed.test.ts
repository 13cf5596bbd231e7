/** Commands of which a browser does not tell who sent them: asked for, and done when they come by POST. */
import t from 'tap'
import { converse, type Outcome } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const tree = { a: 'old', docs: { b: 'bb' } }
const browser = { 'User-Agent': 'Mozilla/5.0', Accept: 'text/html' }

function play(line: string, fields: Record<string, string>): Outcome {
  const method = line.slice(0, line.indexOf(' '))
  return converse([Buffer.from(textOf(`${line} HTTP/1.1`, fields))], { tree, methods: [method] })
}

t.test('a browser that says nothing of the sender is asked', async (t) => {
  for (const target of ['/delete=a', '/move=a=docs?overwrite=', '/createdir=%22%3Cb%3E']) {
    const { answers, memory } = play(`GET ${target}`, browser)
    t.match(answers[0], { status: 403, body: `<form class=card method=post action="${target}">` }, target)
    t.match(memory.snapshot(), tree, 'nothing is done')
  }
  t.match(play('GET /createdir=%22%3Cb%3E', browser).answers[0], { body: '<code>/createdir=&quot;&lt;b&gt;</code>' })
  t.match(play('GET /delete=a?%FF', browser).answers[0], { status: 403 }, 'what is no UTF-8')
})

t.test('what loads no pages is refused', async (t) => {
  const { answers, memory } = play('GET /delete=a', { 'User-Agent': 'Mozilla/5.0', Accept: 'image/*' })
  t.match(answers[0], { status: 403, body: /^unproven: / })
  t.match(memory.snapshot(), tree)
})

t.test('whoever tells, and whoever is no browser, is obeyed', async (t) => {
  for (const fields of [{ ...browser, 'Sec-Fetch-Site': 'none' }, { 'User-Agent': 'curl/8' }, {}] as const) {
    const { answers, memory } = play('GET /delete=a', fields)
    t.match(answers[0], { status: 200 })
    t.match(memory.snapshot(), { a: undefined })
  }
})

t.test('the page sends it by POST', async (t) => {
  const own = { ...browser, Host: 'localhost', Origin: 'http://localhost', 'Content-Length': '0' }
  const done = play('POST /move=a=docs', own)
  t.match(done.answers[0], { status: 200, body: 'Moved /a to /docs/a.' })
  t.match(done.memory.snapshot(), { a: undefined, docs: { a: 'old' } })
  t.match(play('POST /delete=a', own).answers[0], { status: 200 })
  const foreign = play('POST /delete=a', { ...own, Origin: 'http://evil.example' })
  t.match(foreign.answers[0], { status: 403 })
  t.match(foreign.memory.snapshot(), tree)
})

t.test('commands that change nothing are no commands by POST', async (t) => {
  for (const path of ['/listdir', '/download=a', '/a'])
    t.match(play(`POST ${path}`, {}).answers[0], { status: 415 }, path)
})
