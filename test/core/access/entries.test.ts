import t from 'tap'
import { BadEntry, formatEntry, parseEntry, parseFile } from '../../../src/core/access/entries.ts'

const hash = '$scrypt$ln=4,r=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA'

/** What was written, as one reads it back. */
const readings: readonly (readonly [
  text: string,
  user: string | undefined,
  secret: string | undefined,
  rules: string,
])[] = [
  ['ann:pw', 'ann', 'pw', '/:rw'],
  ['ann:pw@/', 'ann', 'pw', '/:rw'],
  ['ann:pw@/:ro', 'ann', 'pw', '/:ro'],
  ['ann:pw@/pub/', 'ann', 'pw', '/pub:rw'],
  ['ann:pw@/pub:ro,/mine,/mine/x:none', 'ann', 'pw', '/pub:ro,/mine:rw,/mine/x:none'],
  ['ann:p:w', 'ann', 'p:w', '/:rw'],
  ['ann:p@w', 'ann', 'p@w', '/:rw'],
  ['ann:p@/w@/:ro', 'ann', 'p@/w', '/:ro'],
  ['ann:p@/w', 'ann', 'p', '/w:rw'],
  ['ann:pw@/a:b:ro', 'ann', 'pw', '/a:b:ro'],
  ['ann:pw@/a:ro:rw', 'ann', 'pw', '/a:ro:rw'],
  ['ann:pw@/a,b:ro', 'ann', 'pw', '/a,b:ro'],
  ['ann@example.org:pw', 'ann@example.org', 'pw', '/:rw'],
  ['u\u0308:pw', 'ü', 'pw', '/:rw'],
  [`ann:${hash}@/a`, 'ann', hash, '/a:rw'],
  ['@/', undefined, undefined, '/:ro'],
  ['@/pub,/drop:rw', undefined, undefined, '/pub:ro,/drop:rw'],
]
t.test('who may do what, as one writes it', async (t) => {
  for (const [text, user, secret, rules] of readings) {
    const entry = parseEntry(text)
    t.strictSame([entry.user, entry.secret], [user, secret], text)
    t.equal(entry.rules.map(({ names, level }) => `/${names.join('/')}:${level}`).join(','), rules, text)
    t.strictSame(parseEntry(formatEntry(entry)), entry, 'written again')
  }
  t.equal(formatEntry(parseEntry('ann:pw@/:rw')), 'ann:pw')
})

t.test('what cannot be understood', async (t) => {
  const mistakes: readonly (readonly [text: string, reason: RegExp])[] = [
    ['ann', /write NAME:PASSWORD/],
    ['', /write NAME:PASSWORD/],
    [':pw', /a name has/],
    ['a b:pw', /a name has/],
    ['a"b:pw', /a name has/],
    ['.a:pw', /a name has/],
    [`${'a'.repeat(65)}:pw`, /a name has/],
    ['ann:', /the password of ann is empty/],
    ['ann:@/', /the password of ann is empty/],
    ['ann:$scrypt$x', /the hash of ann cannot be read/],
    ['@pub', /"pub" is no path/],
    ['@', /"" is no path/],
    ['@/a,/a:ro', /\/a is there twice/],
    ['@/a/../b', /the path \/a\/\.\.\/b cannot be used: The name cannot be used: it has a part that is only dots\./],
    ['@/.twinserve', /belongs to the server/],
  ]
  for (const [text, reason] of mistakes) t.throws(() => parseEntry(text), { name: 'BadEntry', message: reason }, text)
})

t.test('a file of users', async (t) => {
  const entries = parseFile(`# made by hand\n\nann:${hash}\r\n@/pub\n`)
  t.strictSame(
    entries.map(({ user }) => user),
    ['ann', undefined],
  )
  t.throws(() => parseFile(`@/pub\nann:password\n`), {
    message: 'line 2: a file has hashes, not passwords. Make it with twinserve passwd',
  })
  t.throws(
    () => parseFile('\nx\n'),
    new BadEntry('line 2: write NAME:PASSWORD, NAME:PASSWORD@/PATH:ro, or @/PATH for everybody'),
  )
})
