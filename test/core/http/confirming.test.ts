/** The pages that ask before something changes, by what has the name. */
import t from 'tap'
import { accountsFor, reading } from '../../fixtures/access.ts'
import { converse } from '../../fixtures/converse.ts'
import { link } from '../../fixtures/memory.ts'
import { textOf } from '../../fixtures/request.ts'

const tree = { file: 'x', full: { a: 'a' }, empty: {}, link: link('full') }

function ask(target: string, site: Parameters<typeof converse>[1] = {}) {
  const text = textOf(`GET ${target} HTTP/1.1`, { Accept: 'text/html' })
  const outcome = converse([Buffer.from(text, 'latin1')], { tree, ...site })
  t.match(outcome.memory.snapshot(), { file: 'x', full: { a: 'a' } })
  const answer = outcome.answers[0]
  if (answer === undefined) throw new Error('no answer')
  return answer
}

t.test('the form is sent to the thing itself, however it was named', async (t) => {
  const rows = [
    ['/file', '/file'],
    ['/full', '/full/'],
    ['/full/', '/full/'],
    ['/link', '/link'],
    ['/link/', '/link'],
    ['/full/a', '/full/a'],
  ] as const
  for (const [target, action] of rows) {
    for (const query of ['move', 'copy', 'delete']) {
      const answer = ask(`${target}?${query}`)
      t.equal(answer.status, 200)
      t.match(answer.body, `action="${action}"><input type=hidden name=action value=${query}>`)
    }
  }
})

t.test('only a directory with something in it needs the box', async (t) => {
  t.match(ask('/full/?delete').body, /This folder and all that is in it.*name=recursive/)
  t.match(ask('/empty/?delete').body, 'This empty folder')
  t.match(ask('/file?delete').body, 'This file')
  for (const name of ['/empty/', '/file', '/link']) t.notMatch(ask(`${name}?delete`).body, 'recursive')
})

t.test('not for what is not there, what may not be changed, and the root', async (t) => {
  t.equal(ask('/none?delete').status, 404)
  t.equal(ask('/none/none?move').status, 404)
  t.equal(ask('/file?delete', { site: { accounts: accountsFor(reading) } }).status, 403)
  t.match(ask('/?delete').body, '<table')
  t.equal(ask('/file?other').body, 'x')
})
