/** Who may do what: every way to read or change something, asked by those who may not, changes nothing; asked by one who may, it is done. */
import fs from 'node:fs'
import { basic, entriesFrom, hashOf } from '../../fixtures/accounts.ts'
import {
  type Engine,
  engines,
  forEachEngine,
  type Service,
  snapshot,
  startEngine,
  startOn,
  type Wishes,
} from '../../fixtures/engines.ts'
import { firstFrame, told } from '../../fixtures/frames.ts'
import { type Fields, RawClient } from '../../fixtures/raw-client.ts'
import { handshake, rpc } from '../../fixtures/session.ts'
import { temporary } from '../../fixtures/temporary.ts'
import { begin, furnish, type Outcome, type Way, ways } from '../../fixtures/ways-in.ts'

const auth = {
  entries: entriesFrom('ann:pw@/mine', 'bob:pw@/bob', 'carl:pw@/:ro', '@/pub'),
  fallbackKey: 'fallback',
}
const wishes: Wishes = { auth, limits: { logins: 1e6, loginsAtOnce: 1e6, loginsPerAddress: 1e6, loginsPerUser: 1e6 } }
const as = (name: string) => ({ Authorization: basic(name, 'pw') })

const both = (status: number, code: string) => () => ({ status, code })
const change = (way: Way, status: number, code: string) => (way.changes ? { status, code } : undefined)

interface Asker {
  readonly who: string
  readonly fields: Fields
  readonly readOnly?: boolean
  /** What becomes of it; undefined when it is not refused. */
  readonly expected: (way: Way) => Outcome | undefined
}

const askers: readonly Asker[] = [
  { who: 'nobody in particular', fields: {}, expected: both(401, 'unauthorized') },
  {
    who: 'somebody with a wrong password',
    fields: { Authorization: basic('ann', 'no') },
    expected: both(401, 'bad_credentials'),
  },
  {
    who: 'somebody with a cookie that is none',
    fields: { Cookie: 'twinserve-00000000=x' },
    expected: both(401, 'unauthorized'),
  },
  {
    who: 'another user',
    fields: as('bob'),
    expected: (way) => {
      const unseen = way.owned || !way.changes || asksFirst(way) || /^COPY|^session copy|action=copy/.test(way.name)
      return unseen ? { status: 404, code: 'not_found' } : { status: 403, code: 'forbidden' }
    },
  },
  { who: 'one who may only read', fields: as('carl'), expected: (way) => change(way, 403, 'forbidden') },
  {
    who: 'one who may, of a server that is read-only',
    readOnly: true,
    fields: as('ann'),
    expected: (way) => change(way, 403, 'read_only'),
  },
  {
    who: 'one who may, by a foreign name',
    fields: { ...as('ann'), Host: 'evil.example' },
    expected: both(421, 'wrong_host'),
  },
  ...foreign('one who may, on a page of another site', { 'Sec-Fetch-Site': 'cross-site' }),
  ...foreign('one who may, on a page of another site on this machine', {
    'Sec-Fetch-Site': 'same-site',
    Origin: 'http://localhost:1',
  }),
  ...foreign('one who may, on a page of another site in an old browser', { Origin: 'http://elsewhere.example' }),
]

/** By a password, and by the cookie of a browser. */
function foreign(who: string, fields: Record<string, string>): Asker[] {
  // Reading is left to the browser, which shows the answer to nobody; a session would tell it to the page.
  const expected = (way: Way) =>
    way.name.startsWith('session') || (way.changes && !asksFirst(way))
      ? { status: 403, code: 'cross_origin' }
      : undefined
  return [
    { who, fields: { ...as('ann'), ...fields }, expected },
    { who: `${who}, with a cookie`, fields: { ...fields, Cookie: '' }, expected },
  ]
}

/** Pages that ask, and what only tells, change nothing. */
function asksFirst({ name }: Way): boolean {
  return /^GET \S+\?(move|copy|delete) |^HEAD /.test(name)
}

async function cookieOf(service: Service): Promise<string> {
  const fields = { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' }
  const answer = await service.ask('POST', '/.twinserve/login', fields, 'user=ann&password=pw')
  return answer.field('set-cookie')?.split(';')[0] as string
}

/** All there is, without what changes by looking: that of the uploads, too. */
function everything(root: string): Record<string, string> {
  return snapshot(root, (path) => !/^\.twinserve\/(memory|lock)$/.test(path))
}

async function servers(t: Parameters<typeof startEngine>[0], engine: Engine) {
  const service = await startEngine(t, engine, wishes)
  furnish(service.root)
  return { service, reader: await startOn(t, engine, service.root, { ...wishes, readOnly: true }) }
}

forEachEngine(async (t, engine) => {
  const { service, reader } = await servers(t, engine)
  const begun = await begin(service, as('ann'))
  const Cookie = await cookieOf(service)
  const before = everything(service.root)

  for (const { who, fields, readOnly, expected } of askers) {
    await t.test(`${who} is refused`, async (t) => {
      const all = fields.Cookie === '' ? { ...fields, Cookie } : fields
      let refused = 0
      for (const way of ways) {
        const wanted = expected(way)
        const outcome = await way.go(readOnly ? reader : service, all, begun)
        if (wanted === undefined) {
          t.ok(outcome.status < 400, `${way.name}: ${outcome.status}, which only reads`)
          continue
        }
        refused += 1
        t.equal(outcome.status, wanted.status, way.name)
        // HEAD has no body to tell it in, and a page is for people.
        if (!/^HEAD|^GET \S+ as a page/.test(way.name)) t.equal(outcome.code, wanted.code, way.name)
      }
      t.ok(refused > 10, 'and that often')
      t.same(everything(service.root), before, 'and nothing has changed')
    })
  }

  await t.test('one who may does it, with a password or a cookie', async (t) => {
    for (const fields of [as('ann'), { Cookie, 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost' }]) {
      for (const way of ways) {
        furnish(service.root)
        const tree = service.tree()
        const outcome = await way.go(service, fields, await begin(service, as('ann')))
        t.ok(outcome.status < 400, `${way.name}: ${outcome.status} ${outcome.code ?? ''}`)
        const only =
          !way.changes || asksFirst(way) || /^(POST \/.twinserve\/uploads $|DELETE \/.twinserve)/.test(way.name)
        if (only) t.same(service.tree(), tree, way.name)
        else t.strictNotSame(service.tree(), tree, way.name)
      }
    }
  })
})

forEachEngine(async (t, engine) => {
  const { service } = await servers(t, engine)

  await t.test('a password that was right need not be checked again', async (t) => {
    t.equal((await service.ask('GET', '/mine/file', as('ann'))).text, 'content')
    t.equal((await service.ask('GET', '/mine/file', as('ann'))).field('cache-control'), 'private, no-cache')
  })

  await t.test('a browser is shown the form, and comes to where it wanted to', async (t) => {
    const page = await service.ask('GET', '/mine/?sort=size', { Accept: 'text/html' })
    t.equal(page.status, 401)
    t.match(page.text, 'name=to value="/mine/?sort=size"')
    t.match(page.field('www-authenticate'), /^Cookie /)
    const fields = { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = 'user=ann&password=pw&to=%2Fmine%2F%3Fsort%3Dsize'
    const done = await service.ask('POST', '/.twinserve/login', fields, body)
    t.equal(done.status, 303)
    t.equal(done.field('location'), '/mine/?sort=size')
    const Cookie = done.field('set-cookie')?.split(';')[0] as string
    t.equal((await service.ask('GET', '/mine/?sort=size', { Cookie, Accept: 'text/html' })).status, 200)
  })

  await t.test(
    'a new password ends cookies and sessions, and until then the other engine takes them too',
    async (t) => {
      const file = `${await temporary(t)}/users`
      fs.writeFileSync(file, `ann:${hashOf('pw')}@/mine\n`)
      const changing: Wishes = { auth: { entries: [], fallbackKey: 'x', file }, limits: { usersFresh: 0 } }
      const one = await startOn(t, engine, service.root, changing)
      const other = await startOn(t, engines.find(({ name }) => name !== engine.name) as Engine, service.root, changing)
      const Cookie = await cookieOf(one)
      for (const each of [one, other]) t.equal((await each.ask('GET', '/mine/file', { Cookie })).status, 200)
      const raw = await RawClient.connect(one.server.address)
      await raw.send(handshake({ Cookie }))
      t.equal((await raw.answer()).status, 101)
      const list = async () => {
        await raw.send(rpc(1, 'list', { path: '/mine' }))
        const { result, error } = JSON.parse(told((await raw.next(firstFrame)) as never))
        return result === undefined ? error.data.code : 'listed'
      }
      t.equal(await list(), 'listed')
      fs.writeFileSync(file, `ann:${hashOf('another')}@/mine\n`)
      t.equal(await list(), 'unauthorized')
      raw.destroy()
      for (const each of [one, other]) t.equal((await each.ask('GET', '/mine/file', { Cookie })).status, 401)
    },
  )

  await t.test('guessing is slowed down', async (t) => {
    const strict = await startOn(t, engine, service.root, { auth })
    const statuses: number[] = []
    for (let i = 0; i < 12; i += 1)
      statuses.push((await strict.ask('GET', '/pub/a', { Authorization: basic('ann', `guess ${i}`) })).status)
    t.equal(statuses[0], 401)
    t.ok(statuses.includes(429), statuses.join(' '))
  })
})
