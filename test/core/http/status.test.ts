/** What the server tells of itself: its health, and its metrics. */
import t from 'tap'
import { Recorder } from '../../../src/core/metrics/recorder.ts'
import { Access, allowedBy } from '../../../src/core/policy.ts'
import { accountsFor, rules } from '../../fixtures/access.ts'
import { converse } from '../../fixtures/converse.ts'
import { readExposition, sample } from '../../fixtures/exposition.ts'
import { textOf } from '../../fixtures/request.ts'
import { rpc } from '../../fixtures/session.ts'
import { stage } from '../../fixtures/session-stage.ts'

const bytes = (...lines: readonly string[]) => lines.map((line) => Buffer.from(line, 'latin1'))
const health = '/.twinserve/health'
const metrics = '/.twinserve/metrics'

t.test('health', async (t) => {
  const { answers } = converse(
    bytes(
      textOf(`GET ${health} HTTP/1.1`),
      textOf(`GET ${health} HTTP/1.1`, { Accept: 'application/json' }),
      textOf(`HEAD ${health} HTTP/1.1`),
      textOf(`POST ${health} HTTP/1.1`),
    ),
    { methods: ['GET', 'GET', 'HEAD', 'POST'] },
  )
  t.match(answers[0], { status: 200, body: 'ok\n' })
  t.equal(answers[0]?.fields.get('cache-control'), 'no-store')
  t.match(answers[1], { status: 200, body: '{"status":"ok"}\n' })
  t.match(answers[2], { status: 200, body: '' })
  t.match(answers[3], { status: 405 })
  t.equal(answers[3]?.fields.get('allow'), 'GET, HEAD')
})

t.test('a server that is stopping is not healthy', async (t) => {
  const ask = converse(bytes(textOf(`GET ${health} HTTP/1.1`)), { site: { draining: true } })
  t.match(ask.answers[0], { status: 503, body: 'stopping\n' })
})

t.test('no metrics where they were not asked for', async (t) => {
  t.equal(converse(bytes(textOf(`GET ${metrics} HTTP/1.1`))).answers[0]?.status, 404)
})

t.test('metrics count what was before them', async (t) => {
  const recorder = new Recorder()
  const upload = '/.twinserve/uploads'
  const { answers } = converse(
    bytes(
      textOf('GET /a HTTP/1.1'),
      textOf('GET /none HTTP/1.1'),
      textOf(`POST ${upload} HTTP/1.1`, {
        'Tus-Resumable': '1.0.0',
        'Upload-Length': '10',
        'Upload-Metadata': `path ${Buffer.from('/n').toString('base64')}`,
      }),
      textOf(`GET ${metrics} HTTP/1.1`),
      textOf(`DELETE ${metrics} HTTP/1.1`),
    ),
    { tree: { a: 'aaa' }, site: { metrics: recorder } },
  )
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 404, 201, 200, 405],
  )
  t.equal(answers[3]?.fields.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const told = readExposition(answers[3]?.body ?? '')
  t.equal(sample(told, 'twinserve_requests_total', 'method="GET",status="2xx"'), 1)
  t.equal(sample(told, 'twinserve_requests_total', 'method="GET",status="4xx"'), 1)
  t.equal(sample(told, 'twinserve_requests_in_flight'), 1)
  t.equal(sample(told, 'twinserve_uploads'), 1)
  t.ok((sample(told, 'twinserve_sent_bytes_total') ?? 0) > 3)
  t.ok((sample(told, 'twinserve_received_bytes_total') ?? 0) > 30)
})

t.test('metrics are for those who may read all that is shared, and health for everybody', async (t) => {
  const everybody = new Access(allowedBy({ readOnly: false }), rules('/pub:ro'), { members: true })
  const site = { metrics: new Recorder(), accounts: accountsFor(everybody) }
  const { answers } = converse(bytes(textOf(`GET ${metrics} HTTP/1.1`), textOf(`GET ${health} HTTP/1.1`)), {
    site,
    ends: { remote: '127.0.0.1', secure: false },
  })
  t.strictSame(
    answers.map(({ status }) => status),
    [401, 200],
  )
})

t.test('before the first upload there are none', async (t) => {
  const { answers } = converse(bytes(textOf(`GET ${metrics} HTTP/1.1`)), { site: { metrics: new Recorder() } })
  t.equal(sample(readExposition(answers[0]?.body ?? ''), 'twinserve_uploads'), 0)
})

t.test('an upload directory that cannot be read is told', async (t) => {
  const { answers } = converse(bytes(textOf(`GET ${metrics} HTTP/1.1`)), {
    site: { metrics: new Recorder() },
    prepare: ({ memory }) => void memory.failOn('openDirectory', 1, 'EMFILE'),
  })
  t.equal(answers[0]?.status, 503)
})

t.test('calls in a session count by themselves', async (t) => {
  const recorder = new Recorder()
  const made = stage([rpc(1, 'pwd'), rpc(2, 'cd', { path: 'none' })], { site: { metrics: recorder } })
  made.turn()
  made.turn()
  const told = exposed(recorder)
  t.equal(sample(told, 'twinserve_requests_total', 'method="session",status="2xx"'), 1)
  t.equal(sample(told, 'twinserve_requests_total', 'method="session",status="4xx"'), 1)
  t.equal(sample(told, 'twinserve_requests_in_flight'), 1, 'the one that asks')
})

/** By a request of its own. */
function exposed(recorder: Recorder): ReturnType<typeof readExposition> {
  const { answers } = converse(bytes(textOf(`GET ${metrics} HTTP/1.1`)), { site: { metrics: recorder } })
  return readExposition(answers[0]?.body ?? '')
}
