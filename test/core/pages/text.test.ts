import fc from 'fast-check'
import t from 'tap'
import { encodeSegment, hrefOf, pathOf } from '../../../src/core/pages/address.ts'
import { escapeHtml, escapeValue, nameHtml, wellFormed } from '../../../src/core/pages/escape.ts'
import { formatBytes, formatCount, formatSize, timeHtml } from '../../../src/core/pages/format.ts'
import { kindOfName, kinds } from '../../../src/core/pages/kinds.ts'

/** What a browser makes of the references that pages use. */
function decoded(html: string): string {
  const known: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return html.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => known[name] as string)
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      "'",
      '\n',
      '\u001b',
      '\u202e',
      '\u2066',
      '\ud800',
      '\udc00',
      'a',
      '=',
      '%',
      '.',
    ),
  }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
)

t.test('no text can disturb the page it is shown on', async () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const html = escapeHtml(text)
      return (
        !/[<>"']/.test(html.replace(/&(?:amp|lt|gt|quot|#39);/g, '')) &&
        !html.replace(/&(?:amp|lt|gt|quot|#39);/g, '').includes('&') &&
        !/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(html) &&
        wellFormed(html) === html
      )
    }),
  )
})

t.test('what disturbs is made visible, all else stays as it is', async (t) => {
  t.equal(escapeHtml('report 2026 (final), v1.2.txt'), 'report 2026 (final), v1.2.txt')
  t.equal(escapeHtml('<b class="x">&amp;\'</b>'), '&lt;b class=&quot;x&quot;&gt;&amp;amp;&#39;&lt;/b&gt;')
  t.equal(escapeHtml('a\nb\u001b[31m\u0000\u007f'), 'a␊b␛[31m␀␡')
  t.equal(escapeHtml('\u0085\u2028\u202etxt.exe\u2069\u200f\u061c'), '\ufffd\ufffd\ufffdtxt.exe\ufffd\ufffd\ufffd')
  t.equal(escapeHtml('\ud83d\ude00 \ud83d x \ude00'), '\ud83d\ude00 \ufffd x \ufffd')
  t.equal(escapeHtml('تقرير ಕನ್ನಡ 日本 é'), 'تقرير ಕನ್ನಡ 日本 é')
  t.equal(nameHtml('a<b'), '<bdi>a&lt;b</bdi>')
})

t.test('a form value comes back as it was', async (t) => {
  fc.assert(fc.property(anyText, (text) => decoded(escapeValue(text)) === text))
  t.notMatch(escapeValue('"><script>'), /[<>"]/)
})

t.test('an address decodes to the names it was made of', async () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom('upload', 'listdir', 'a=b', '%2F', '..a', 'é'),
  )
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.boolean(), (names, directory) => {
      const href = hrefOf(names, directory)
      const parts = href.split('/').slice(1, directory ? -1 : undefined)
      return (
        parts.length === names.length &&
        parts.every((part, i) => decodeURIComponent(part) === names[i]) &&
        /^[\w.~!*()%/-]+$/.test(href) &&
        !/^\/(?:upload|listdir)(?:\/|$)/.test(href)
      )
    }),
  )
})

t.test('addresses keep clear of the address-bar commands', async (t) => {
  t.equal(hrefOf(['upload'], false), '/%75pload')
  t.equal(hrefOf(['listdir', 'upload'], true), '/%6Cistdir/upload/')
  t.equal(hrefOf(['delete=x'], false), '/delete%3Dx')
  t.equal(hrefOf(['constructor'], false), '/constructor')
})

t.test('addresses of the root, of directories and of hostile names', async (t) => {
  t.equal(hrefOf([], true), '/')
  t.equal(hrefOf([], false), '/')
  t.equal(hrefOf(['a b', 'ü?#"\''], false), '/a%20b/%C3%BC%3F%23%22%27')
  t.equal(hrefOf(['\ud800'], false), '/%EF%BF%BD', 'a lone surrogate does not throw')
  t.equal(encodeSegment('a&b'), 'a%26b')
  t.equal(pathOf(['a b', 'c']), '/a b/c')
  t.equal(pathOf([]), '/')
})

t.test('sizes have one decimal and the unit they are rounded to', async (t) => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 * 1024 - 1, '1.0 MiB'],
    [5 * 1024 ** 3, '5.0 GiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
    [2 ** 80, '1048576.0 EiB'],
  ]
  for (const [bytes, text] of cases) t.equal(formatSize(bytes), text)
  t.equal(formatBytes(1), '1 byte')
  t.equal(formatBytes(1234567), '1,234,567 bytes')
  t.equal(formatCount(999), '999')
  t.equal(formatCount(1000), '1,000')
})

t.test('times are UTC, in a time element', async (t) => {
  t.equal(timeHtml(1795228861_999_999_999n), '<time datetime=2026-11-21T02:41:01Z>2026-11-21 02:41</time>')
  t.equal(timeHtml(-1_000_000_000n), '<time datetime=1969-12-31T23:59:59Z>1969-12-31 23:59</time>')
  t.equal(timeHtml(10n ** 30n), '')
  t.equal(timeHtml(-(10n ** 30n)), '')
})

t.test('the kind of a file is that of its last extension', async (t) => {
  t.equal(kindOfName('a.JPG'), kinds.image)
  t.equal(kindOfName('a.mp3'), kinds.audio)
  t.equal(kindOfName('a.mkv'), kinds.video)
  t.equal(kindOfName('a.tar.gz'), kinds.archive)
  t.equal(kindOfName('a.md'), kinds.text)
  t.equal(kindOfName('a.ts'), kinds.code)
  t.equal(kindOfName('a.unheard-of'), kinds.file)
  t.equal(kindOfName('.zip'), kinds.file, 'a hidden name is no extension')
  t.equal(kindOfName('LICENSE'), kinds.file)
})
