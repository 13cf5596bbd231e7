/** Directories that are made with those above them. */
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { makeDirectories } from '../../src/client/directories.ts'

t.test('all that are missing, with their mode', async (t) => {
  const at = path.join(t.testdir({}), 'a/b/c')
  t.equal(await makeDirectories(at, 0o700), true)
  t.equal(fs.statSync(path.dirname(at)).mode & 0o777, 0o700)
  t.equal(await makeDirectories(at), false, 'it is there')
})

t.test('several at a time, of which one has made it', async (t) => {
  const at = path.join(t.testdir({}), 'a/b/c')
  const made = await Promise.all(Array.from({ length: 8 }, () => makeDirectories(at)))
  t.equal(made.filter(Boolean).length, 1)
})

t.test('what is in the way is named', async (t) => {
  const at = t.testdir({ file: '' })
  await t.rejects(makeDirectories(path.join(at, 'file')), { code: 'EEXIST' })
  await t.rejects(makeDirectories(path.join(at, 'file/below')), { code: 'ENOTDIR' })
})

t.test('a directory that takes no other, and says that there is none', async (t) => {
  if (!fs.existsSync('/proc/self')) return
  await t.rejects(makeDirectories('/proc/twinserve/below'), { code: 'ENOENT' })
})
