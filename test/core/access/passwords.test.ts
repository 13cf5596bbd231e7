import t from 'tap'
import {
  bytesOf,
  defaultCost,
  formatHash,
  memoryOf,
  type PasswordHash,
  parseHash,
  scryptOptions,
  verify,
} from '../../../src/core/access/passwords.ts'
import { hashOf } from '../../fixtures/accounts.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'

const check = (password: string, text: string) =>
  run(verify(password, parseHash(text) as PasswordHash), new MemoryFiles())

t.test('a password and its hash', async (t) => {
  const text = hashOf('pass word')
  t.match(text, /^\$scrypt\$ln=1,r=1,p=1\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]{43}$/)
  t.equal(check('pass word', text), true)
  t.equal(check('pass  word', text), false)
  t.equal(check('', text), false)
  t.equal(formatHash(parseHash(text) as PasswordHash), text)
  t.not(hashOf('pass word', 'another salt....'), text)
  t.equal(check('u\u0308', hashOf('ü')), true, 'however it was typed')
  t.strictSame(bytesOf('ü'), Buffer.from([0xc3, 0xbc]))
})

t.test('the example of RFC 7914, section 12', async (t) => {
  const expected =
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
    'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887'
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const text = `$scrypt$ln=14,r=8,p=1$${base64(Buffer.from('SodiumChloride'))}$${base64(Buffer.from(expected, 'hex'))}`
  t.equal(check('pleaseletmein', text), true)
})

t.test('what is no hash', async (t) => {
  const good = hashOf('x')
  const bad = [
    'x',
    good.replace('scrypt', 'argon2id'),
    good.replace('ln=1', 'ln=0'),
    good.replace('r=1', 'r=0'),
    good.replace('p=1', 'p=0'),
    good.replace('ln=1', 'ln=22'),
    good.replace('r=1', 'r=999').replace('ln=1', 'ln=15'),
    good.slice(0, -30),
    `${good}=`,
    `${good} `,
  ]
  for (const text of bad) t.equal(parseHash(text), undefined, text)
})

t.test('what it costs', async (t) => {
  t.equal(memoryOf(defaultCost), 32 * 1024 * 1024 + 1024)
  t.match(scryptOptions(defaultCost), { N: 32768, r: 8, p: 1 })
  t.ok(scryptOptions(defaultCost).maxmem > memoryOf(defaultCost))
})
