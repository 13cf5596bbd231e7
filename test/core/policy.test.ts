import t from 'tap'
import { pathFromText, rootPath } from '../../src/core/paths.ts'
import { Access, type Action, actions, allowedBy, Grant, wholeTree } from '../../src/core/policy.ts'
import { accessTo, everything, member, reading, rules } from '../fixtures/access.ts'

const at = (text: string) => (text === '/' ? rootPath : pathFromText(text))
const names = (text: string) => at(text).segments
const changes = actions.filter((action) => action !== 'read')

t.test('what the server allows bounds everybody', async (t) => {
  for (const action of actions) {
    t.doesNotThrow(() => everything.demand(action, at('/a')))
    if (action === 'read') t.doesNotThrow(() => reading.demand(action, at('/a')))
    else t.throws(() => reading.demand(action, at('/a')), { code: 'read_only', status: 403 })
  }
  const uploads = accessTo({ allow: ['upload'] })
  t.doesNotThrow(() => uploads.demand('read', at('/a')), 'reading is always allowed')
  t.doesNotThrow(() => uploads.demand('upload', at('/a')))
  t.throws(() => uploads.demand('delete', at('/a')), { code: 'forbidden', message: 'This server lets nobody delete.' })
  t.throws(() => uploads.demandSomewhere('move'), { code: 'forbidden' })
  t.strictSame([...allowedBy({ readOnly: true, allow: ['delete'] })], ['read'], 'read-only is read-only')
  t.strictSame(uploads.rightsAt([]), {
    ...Object.fromEntries(changes.map((action) => [action, false])),
    read: true,
    upload: true,
  })
})

t.test('nobody else makes a grant', async (t) => {
  const forged = () => Reflect.construct(Grant, [Symbol('forged'), everything, 'read', rootPath, false])
  t.throws(forged, TypeError)
})

t.test('the rights given nearest to a path count', async (t) => {
  const ann = member('/:ro', '/mine:rw', '/mine/kept:ro', '/mine/kept/open:rw', '/secret:none')
  const levels: readonly (readonly [path: string, read: boolean, change: boolean])[] = [
    ['/', true, false],
    ['/other/x', true, false],
    ['/mine', true, true],
    ['/mine/x/y', true, true],
    ['/mine/kept', true, false],
    ['/mine/kept/x', true, false],
    ['/mine/kept/open', true, true],
    ['/mine2', true, false],
    ['/secret', false, false],
    ['/secret/x', false, false],
  ]
  for (const [path, read, change] of levels) {
    t.equal(ann.may('read', names(path)), read, path)
    for (const action of changes) t.equal(ann.may(action, names(path)), change, `${action} ${path}`)
  }
  t.equal(ann.uniform, false)
  t.equal(everything.uniform, true)
})

t.test('a name in other cases has the lower of both rights', async (t) => {
  const ann = member('/:rw', '/secret:none', '/shown:ro')
  t.equal(ann.may('read', ['Secret']), false, 'it may be the same directory')
  t.equal(ann.may('upload', ['SHOWN', 'x']), false)
  t.equal(member('/pub:ro').may('read', ['PUB']), false, 'it may be another one')
  t.equal(ann.mayBelow('delete', []), false)
})

t.test('who has logged in may also do what everybody may', async (t) => {
  const options = { user: 'ann', own: rules('/mine:rw'), members: true }
  const ann = new Access(allowedBy({ readOnly: false }), rules('/pub:ro', '/mine:ro'), options)
  t.equal(ann.may('upload', ['mine', 'x']), true)
  t.equal(ann.may('read', ['pub']), true)
  t.equal(ann.may('upload', ['pub', 'x']), false)
  t.equal(ann.may('read', ['other']), false)
})

t.test('what is refused, and how', async (t) => {
  const ann = member('/pub:ro', '/mine:rw')
  t.throws(() => ann.demand('read', at('/none')), { code: 'not_found', status: 404, message: '/none does not exist.' })
  t.throws(() => ann.demand('upload', at('/pub/x')), { code: 'forbidden', message: 'You may not upload there.' })
  t.throws(() => ann.demand('upload', at('/none/x')), { code: 'forbidden' })
  const nobody = new Access(allowedBy({ readOnly: false }), rules('/pub:ro'), { members: true })
  for (const action of actions) t.throws(() => nobody.demand(action, at('/x')), { code: 'unauthorized', status: 401 })
  t.doesNotThrow(() => nobody.demand('read', at('/pub/x')))
  t.throws(() => nobody.demandSomewhere('upload'), { code: 'unauthorized' })
  t.doesNotThrow(() => ann.demandSomewhere('upload'))
  const alone = new Access(allowedBy({ readOnly: false }), rules('/pub:ro'))
  t.throws(() => alone.demand('read', at('/x')), { code: 'not_found' }, 'there is nobody to log in as')
})

t.test('rights that have changed', async (t) => {
  const ann = member('/:rw')
  ann.revoked = true
  t.throws(() => ann.demand('read', at('/x')), { code: 'unauthorized' })
  t.throws(() => ann.demandSomewhere('upload'), { code: 'unauthorized' })
})

t.test('a directory on the way to one that may be read', async (t) => {
  const ann = member('/a/b/c:ro', '/x:none')
  for (const path of ['/', '/a', '/a/b', '/a/b/c', '/a/b/c/d']) t.doesNotThrow(() => ann.demand('read', at(path)), path)
  for (const path of ['/b', '/a/x', '/a/b/x', '/x']) t.throws(() => ann.demand('read', at(path)), { code: 'not_found' })
  const top = ann.sightOf([])
  t.equal(top.shows('a', true), true)
  t.equal(top.shows('a', false), false, 'a file of that name is not on the way')
  t.equal(top.shows('x', true), false)
  const below = top.within('a').within('b')
  t.strictSame(
    [below.shows('c', true), below.shows('d', true), below.within('c').shows('f', false)],
    [true, false, true],
  )
  t.equal(everything.sightOf([]).within('a').shows('x', false), true)
})

t.test('a whole tree', async (t) => {
  const ann = member('/:rw', '/a/kept:ro', '/a/open:rw')
  const refused: readonly Action[] = ['delete', 'move', 'copy']
  for (const action of refused) {
    t.throws(() => ann.demandTree(action, at('/a')), { code: 'forbidden' })
    t.throws(() => ann.demandTree(action, rootPath), { code: 'forbidden' })
    t.throws(() => ann.demandTree(action, at('/a/kept')), { code: 'forbidden' })
    t.doesNotThrow(() => ann.demandTree(action, at('/a/open')))
  }
  const grant = ann.demandTree('delete', at('/b'))
  t.equal(grant.holdsAt(['b', 'c']), true)
  t.equal(grant.holdsAt(['a']), false, 'nor where links lead to it')
  t.equal(ann.demand('delete', at('/b')).holdsAt(['a']), true)
  t.equal(ann.demand('read', at('/b')).holdsAt(['a']), true)
})

t.test('rights to everything', async (t) => {
  t.equal(new Access(allowedBy({ readOnly: false }), wholeTree).may('delete', ['a']), true)
  t.equal(new Access(allowedBy({ readOnly: false }), []).may('read', []), false)
})
