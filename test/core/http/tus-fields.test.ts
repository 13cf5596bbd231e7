import { createHash } from 'node:crypto'
import t from 'tap'
import {
  reprDigests,
  uploadChecksums,
  uploadConcat,
  uploadIn,
  uploadLength,
  uploadOffset,
} from '../../../src/core/http/tus-fields.ts'
import { getWith } from '../../fixtures/request.ts'

const base64 = (algorithm: string) => createHash(algorithm).update('x').digest('base64')

t.test('lengths and offsets', async (t) => {
  for (const [text, value] of [
    ['0', 0],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ] as const) {
    t.equal(uploadLength(getWith({ 'Upload-Length': text })), value)
    t.equal(uploadOffset(getWith({ 'Upload-Offset': text })), value)
  }
  for (const text of ['', '-1', '+1', '1.5', '1e3', '0x1', '1, 1', 'x']) {
    t.throws(() => uploadLength(getWith({ 'Upload-Length': text })), { code: 'bad_parameter' }, text)
    t.throws(() => uploadOffset(getWith({ 'Upload-Offset': text })), { code: 'bad_parameter' }, text)
  }
  t.throws(() => uploadLength(getWith({ 'Upload-Length': '9007199254740992' })), { code: 'too_large' })
  t.throws(() => uploadLength(getWith({ 'Upload-Defer-Length': '1' })), { code: 'bad_parameter' })
  t.throws(() => uploadOffset(getWith({})), { code: 'bad_parameter' })
})

t.test('checksums', async (t) => {
  t.strictSame(uploadChecksums(getWith({})), [])
  for (const algorithm of ['sha1', 'sha256', 'sha512']) {
    const text = base64(algorithm)
    const [found] = uploadChecksums(getWith({ 'Upload-Checksum': `${algorithm} ${text}` }))
    t.equal(found?.algorithm, algorithm)
    t.ok(found?.hash.update('x').digest().equals(found.value))
  }
  for (const field of [
    '',
    'sha1',
    `sha1  ${base64('sha1')}`,
    `SHA1 ${base64('sha1')}`,
    `sha1 ${base64('sha256')}`,
    `md5 ${base64('md5')}`,
    'crc32 AAAAAA==',
    'unknown ',
    `sha1 ${base64('sha1')}, sha1 ${base64('sha1')}`,
  ]) {
    t.throws(() => uploadChecksums(getWith({ 'Upload-Checksum': field })), { code: 'bad_parameter' }, field)
  }
})

t.test('Content-Digest', async (t) => {
  const digests = `sha-512=:${base64('sha512')}:, sha-256=:${base64('sha256')}:, md5=:AA==:`
  const fields = { 'Content-Digest': digests, 'Upload-Checksum': `sha1 ${base64('sha1')}` }
  const found = uploadChecksums(getWith(fields))
  t.strictSame(
    found.map(({ algorithm }) => algorithm),
    ['sha1', 'Content-Digest, sha-256', 'Content-Digest, sha-512'],
  )
  for (const { hash, value } of found) t.ok(hash.update('x').digest().equals(value))
  t.throws(() => uploadChecksums(getWith({ 'Content-Digest': 'sha-256=AAAA' })), { code: 'bad_parameter' })
})

t.test('digests of the whole', async (t) => {
  t.strictSame(reprDigests(getWith({})), [])
  t.strictSame(reprDigests(getWith({ 'Repr-Digest': `sha-256=:${base64('sha256')}:, md5=:AA==:` })), [
    ['sha-256', base64('sha256')],
  ])
  t.throws(() => reprDigests(getWith({ 'Repr-Digest': 'sha-256=AAAA' })), { code: 'bad_parameter' })
})

t.test('addresses of uploads', async (t) => {
  for (const [path, id] of [
    ['/.twinserve/uploads/abc', 'abc'],
    ['/.twinserve/uploads', undefined],
    ['/.twinserve/uploads/', undefined],
    ['/.twinserve/uploads/a/b', undefined],
    ['/.twinserve/uploads/..', undefined],
    ['/.twinserve/uploads/%61', undefined],
    ['/.twinserve/uploadsabc', undefined],
    ['/other', undefined],
  ] as const) {
    t.equal(uploadIn(path), id, path)
  }
})

t.test('concatenation', async (t) => {
  const concat = (field: string) => uploadConcat(getWith({ 'Upload-Concat': field }), 'localhost:80')
  t.strictSame(uploadConcat(getWith({}), 'localhost'), { kind: 'single' })
  t.strictSame(concat('partial'), { kind: 'partial' })
  const a = '/.twinserve/uploads/a'
  for (const [field, ids] of [
    [`final;${a}`, ['a']],
    [`final; ${a}  /.twinserve/uploads/b`, ['a', 'b']],
    [`final;http://LOCALHOST:80${a} https://localhost:80/.twinserve/uploads/c`, ['a', 'c']],
  ] as const) {
    t.strictSame(concat(field), { kind: 'final', ids }, field)
  }
  for (const field of [
    '',
    'final',
    'final;',
    'final; ',
    'Partial',
    'final;a',
    `final;${a}?x`,
    `final;http://other${a}`,
    `final;${a},${a}`,
    'final;http://localhost:80',
    'final;/.twinserve/uploads/../x',
  ]) {
    t.throws(() => concat(field), { code: 'bad_parameter' }, field)
  }
})
