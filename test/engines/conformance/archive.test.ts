/** A directory as a zip, unpacked by a library that did not make it here, and its bytes checked by its own directory. */
import fs from 'node:fs'
import { crc32 } from 'node:zlib'
import { unzipSync } from 'fflate'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const { root } = service
  const files: Record<string, string> = {
    'one.txt': 'one',
    'folder/two.bin': '\0\x01'.repeat(400_000),
    'folder/deep/er/three': 'three',
    'folder/ünï €.txt': 'unicode',
    'folder/empty file': '',
  }
  fs.mkdirSync(`${root}/folder/deep/er`, { recursive: true })
  fs.mkdirSync(`${root}/folder/empty`)
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(`${root}/${name}`, content)
  fs.symlinkSync('/etc/passwd', `${root}/folder/out`)
  fs.symlinkSync('two.bin', `${root}/folder/in`)
  fs.utimesSync(`${root}/one.txt`, 0, 0)
  const text = (zip: Record<string, Uint8Array>) =>
    Object.fromEntries(Object.entries(zip).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]))

  await t.test('a folder', async (t) => {
    const answer = await service.ask('GET', '/folder/?zip')
    t.equal(answer.status, 200)
    t.equal(answer.field('content-type'), 'application/zip')
    t.equal(answer.field('content-disposition'), 'attachment; filename=folder.zip')
    t.same(text(unzipSync(answer.body)), {
      'deep/': '',
      'deep/er/': '',
      'deep/er/three': 'three',
      'empty file': '',
      'empty/': '',
      'two.bin': files['folder/two.bin'],
      'ünï €.txt': 'unicode',
    })
    t.same(
      checksums(answer.body),
      Object.fromEntries(Object.entries(unzipSync(answer.body)).map(([name, bytes]) => [name, crc32(bytes)])),
    )
  })

  await t.test('the shared directory, without what belongs to the server', async (t) => {
    await service.ask('PUT', '/stored', {}, 'x')
    const names = Object.keys(unzipSync((await service.ask('GET', '/?zip')).body)).map((name) =>
      name.replace(/\/$/, ''),
    )
    t.ok(fs.existsSync(`${root}/.twinserve`))
    const there = Object.entries(service.tree()).filter(([, what]) => !what.startsWith('link'))
    const expected = there.map(([name]) => Buffer.from(name, 'latin1').toString())
    t.same(names.sort(), expected.sort())
  })

  await t.test('?zip of a file is the file', async (t) => {
    t.equal((await service.ask('GET', '/one.txt?zip')).text, 'one')
    t.equal((await service.ask('GET', '/folder?zip')).field('location'), '/folder/?zip=')
  })
})

/** What the archive's central directory says of each entry (APPNOTE.TXT, section 4.3.12): it must be the content's own. */
function checksums(zip: Buffer): Record<string, number> {
  const found: Record<string, number> = {}
  let at = zip.readUInt32LE(zip.length - 22 + 16)
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const length = zip.readUInt16LE(at + 28)
    found[zip.toString('utf8', at + 46, at + 46 + length)] = zip.readUInt32LE(at + 16)
    at += 46 + length + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return found
}
