import { createHash } from 'node:crypto'
import t from 'tap'
import { assets, iconPath, stylePath } from '../../../src/core/pages/assets.ts'
import { uploadPage } from '../../../src/core/pages/forms.ts'
import { squares } from '../../../src/core/pages/icons.ts'
import { kinds } from '../../../src/core/pages/kinds.ts'
import { pageSecurityPolicy } from '../../../src/core/pages/page.ts'
import { colours } from '../../../src/core/pages/theme.ts'
import { contrast } from '../../fixtures/contrast.ts'

const text = (path: string) => new TextDecoder().decode(assets.get(path)?.body)

t.test('each asset is named by the hash of its content', async (t) => {
  t.equal(assets.size, 3)
  for (const [path, { body }] of assets) {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16)
    t.match(path, new RegExp(`^/\\.twinserve/assets/\\w+-${hash}\\.(?:css|svg)$`))
  }
  t.equal(assets.get(stylePath)?.type, 'text/css; charset=utf-8')
  t.equal(assets.get(iconPath)?.type, 'image/svg+xml')
})

t.test('pages and the style sheet refer to assets that exist', async (t) => {
  const referred = [
    ...uploadPage().matchAll(/"(\/\.twinserve\/[^"]+)"/g),
    ...text(stylePath).matchAll(/url\("([^"]+)"\)/g),
  ]
  t.same(new Set(referred.map((match) => match[1])), new Set(assets.keys()))
})

t.test('the policy allows what pages use, and nothing else', async (t) => {
  t.match(
    pageSecurityPolicy,
    /^default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  )
  t.notMatch(text(stylePath), /@import|https?:/)
})

t.test('every kind of row has its icon, and braces are closed', async (t) => {
  const css = text(stylePath)
  for (const kind of Object.values(kinds)) t.match(css, new RegExp(`\\n\\.${kind}\\{--i:\\d+;--tint:`))
  t.equal(css.split('{').length, css.split('}').length)
  t.notMatch(css, /--i:-1|undefined/)
  t.equal(new Set(squares).size, squares.length)
})

t.test('text and edges can be told from their grounds', async (t) => {
  const atLeast = (
    ratio: number,
    names: readonly (keyof typeof colours)[],
    grounds: readonly (keyof typeof colours)[],
  ) => {
    for (const theme of [0, 1] as const) {
      for (const name of names) {
        for (const ground of grounds) {
          const found = contrast(colours[name][theme], colours[ground][theme])
          t.ok(found >= ratio, `${name} on ${ground}, theme ${theme}: ${found.toFixed(2)}`)
        }
      }
    }
  }
  atLeast(4.5, ['text', 'muted', 'accent', 'danger'], ['ground', 'card', 'raised'])
  atLeast(4.5, ['text'], ['line'])
  atLeast(4.5, ['onAccent'], ['accent'])
  atLeast(4.5, ['onDanger'], ['danger'])
  atLeast(3, ['edge', 'good'], ['ground', 'card'])
  atLeast(3, ['folder', 'image', 'sound', 'film', 'pack', 'code'], ['card', 'raised'])
})
