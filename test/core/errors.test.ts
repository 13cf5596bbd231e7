import { test } from 'tap'
import { errnoOf, errorCodes, Refusal, refusalOf } from '../../src/core/errors.ts'
import { reasonPhrases } from '../../src/core/http/response.ts'
import { CallFailure } from '../fixtures/script.ts'

test('every refusal has a status with a reason phrase, and a whole sentence', async (t) => {
  for (const code of errorCodes) {
    const refusal = new Refusal(code, 'DETAIL', 'X: y\r\n')
    t.equal(refusal.code, code)
    t.equal(refusal.name, 'Refusal')
    t.equal(refusal.headers, 'X: y\r\n')
    t.type(reasonPhrases[refusal.status], 'string', `${code} ${refusal.status}`)
    t.match(refusal.message, /^\S.*[.]$/, code)
    t.notMatch(refusal.message, /\{\}/, code)
  }
  t.equal(new Refusal('not_found').headers, '')
})

test('a detail is put in as it is', async (t) => {
  // String.replace would read $& and $' in a text as what was matched, and what follows it.
  for (const detail of ['/a', '$&', "$'", '{}', '']) {
    t.equal(new Refusal('not_found', detail).message, `${detail} does not exist.`)
  }
})

test('a note is a sentence more, and nothing else changes', async (t) => {
  const noted = new Refusal('exists', '/a', 'X: y\r\n').withNote('Stored all the same: /b.')
  t.match(noted, { code: 'exists', status: 409, headers: 'X: y\r\n' })
  t.equal(
    noted.message,
    '/a exists already. Choose another name, or ask for it to be replaced. Stored all the same: /b.',
  )
})

test('the errno of a failed call, and of nothing else', async (t) => {
  const numbered = Object.assign(new Error('x'), { code: 7 })
  t.equal(errnoOf(new CallFailure('ENOENT')), 'ENOENT')
  for (const other of [
    new Refusal('exists'),
    new Error('x'),
    numbered,
    { code: 'ENOENT' },
    'ENOENT',
    null,
    undefined,
  ]) {
    t.equal(errnoOf(other), undefined)
  }
})

/** What a failed call means to the client: status, code, and what the sentence names. */
const meanings: readonly (readonly [errno: string, code: string, status: number, about: string])[] = [
  ['ENOENT', 'not_found', 404, '/a'],
  ['ENOTDIR', 'not_found', 404, '/a'],
  ['EEXIST', 'exists', 409, '/a'],
  ['ENOTEMPTY', 'not_empty', 409, '/a'],
  ['EISDIR', 'is_directory', 409, '/a'],
  ['ELOOP', 'link_refused', 403, '/a'],
  ['EINVAL', 'bad_name', 400, 'not valid here'],
  ['ENAMETOOLONG', 'bad_name', 400, 'too long'],
  ['EILSEQ', 'bad_name', 400, 'characters'],
  ['EACCES', 'not_allowed', 403, 'permission denied (/a)'],
  ['EPERM', 'not_allowed', 403, 'not permitted (/a)'],
  ['EROFS', 'not_allowed', 403, 'mounted read-only (/a)'],
  ['EBUSY', 'not_allowed', 403, 'in use (/a)'],
  ['EXDEV', 'not_allowed', 403, 'another file system (/a)'],
  ['ENOSPC', 'storage_full', 507, '/a'],
  ['EDQUOT', 'storage_full', 507, '/a'],
  ['EFBIG', 'too_large', 413, '/a'],
  ['EMFILE', 'overloaded', 503, 'no room'],
  ['ENFILE', 'overloaded', 503, 'no room'],
  ['ENOMEM', 'overloaded', 503, 'no room'],
  ['EIO', 'failed', 500, 'EIO'],
]

test('what a failed call means', async (t) => {
  for (const [errno, code, status, about] of meanings) {
    const refusal = refusalOf(new CallFailure(errno), '/a')
    t.match(refusal, { code, status }, errno)
    t.ok(refusal.message.includes(about), `${errno}: ${refusal.message}`)
    t.notMatch(refusal.message, /scripted/, 'the words of the system are not shown')
  }
})

test('a failed call of no request names nothing', async (t) => {
  const { message } = refusalOf(new CallFailure('EACCES'), '')
  t.equal(message, 'The file system does not allow it: permission denied.')
})

test('a refusal stays as it is; anything else is a mistake of the program', async (t) => {
  const refusal = new Refusal('exists', '/b')
  t.equal(refusalOf(refusal, '/a'), refusal)
  t.match(refusalOf(new TypeError('secret'), '/a'), { code: 'internal', status: 500 })
  t.notMatch(refusalOf(new TypeError('secret'), '/a').message, /secret/)
  t.match(refusalOf('text', '/a'), { code: 'internal' })
})
