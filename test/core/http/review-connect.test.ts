/** CONNECT asks for a tunnel: what comes behind it is not taken for a request. */
import t from 'tap'
import { converse } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

t.test('behind a CONNECT that is refused nothing is answered', async (t) => {
  const next = textOf('GET /a HTTP/1.1', {})
  for (const fields of [{}, { 'Transfer-Encoding': 'chunked' }]) {
    const input = Buffer.from(textOf('CONNECT localhost:80 HTTP/1.1', fields) + next)
    const { answers } = converse([input], { tree: { a: 'hello' }, methods: ['CONNECT', 'GET'] })
    t.equal(answers.length, 1)
    t.match(answers[0], { status: 400 })
  }
})
