/** The judge of histories is itself judged, on histories written by hand: those that are right, and those that are not. */
import t from 'tap'
import { Contents } from '../fixtures/histories/contents.ts'
import { Judge } from '../fixtures/histories/judge.ts'
import { linearize } from '../fixtures/histories/linearize.ts'
import { stateOf } from '../fixtures/histories/model.ts'
import type { Answered, Done } from '../fixtures/histories/operations.ts'

const size = 10_240
/** There is a file `a` at first, and nothing else. */
const initial = stateOf([['a', { id: 'old a', key: 'v1', size, etag: '"1"' }]])

type Line = readonly [begin: number, end: number, asked: Partial<Done> & Pick<Done, 'kind'>, answer: Answered]

const sent = (key: string, name = 'a') => ({ files: [{ name, key, size }] })
const put = (key: string, more: Partial<Done> = {}) => ({ kind: 'put' as const, ...sent(key, more.name), ...more })
const over = (key: string) => put(key, { replace: true })
const matching = (key: string, match: string) => put(key, { match, replace: true })
const get = { kind: 'get' as const }
const saw = (key: string, etag: string): Answered => ({ status: 200, key, etag, size })
const told = (status: number, etag: string): Answered => ({ status, etag })
const status = (code: number): Answered => ({ status: code })
const remove = { kind: 'delete' as const }
const move = { kind: 'move' as const, to: 'b' }
const copy = { kind: 'copy' as const, to: 'b' }
const form = { kind: 'post' as const, files: [...sent('v2').files, ...sent('v3', 'b').files] }

function judge(lines: readonly Line[]): string | undefined {
  const history = lines.map(([begin, end, asked, answer], client) => ({
    name: 'a',
    client,
    begin,
    end,
    answer,
    ...asked,
  }))
  return new Judge().judge(history, initial)?.reason
}

const right: Readonly<Record<string, readonly Line[]>> = {
  'nothing at all': [],
  'one after another': [
    [0, 1, get, saw('v1', '"1"')],
    [2, 3, over('v2'), told(204, '"2"')],
    [4, 5, get, saw('v2', '"2"')],
    [6, 7, remove, status(204)],
    [8, 9, get, status(404)],
    [10, 11, put('v3'), told(201, '"3"')],
  ],
  'a reader sees the old version or the new one of a store under way': [
    [0, 9, over('v2'), told(204, '"2"')],
    [1, 2, get, saw('v1', '"1"')],
    [3, 4, get, saw('v2', '"2"')],
  ],
  'of two with one condition, one wins': [
    [0, 9, matching('v2', '"1"'), status(412)],
    [1, 8, matching('v3', '"1"'), told(204, '"3"')],
  ],
  'of two that create, one wins': [
    [0, 1, remove, status(204)],
    [2, 9, put('v2', { absent: true }), status(412)],
    [3, 8, put('v3', { absent: true }), told(201, '"3"')],
  ],
  'both names are there while a file is moved to a free one': [
    [0, 9, move, status(201)],
    [1, 2, { ...get, name: 'b' }, saw('v1', '"1"')],
    [3, 4, get, saw('v1', '"1"')],
    [5, 6, get, status(404)],
  ],
  'a copy is of the time when it was taken': [
    [0, 9, copy, status(201)],
    [1, 2, over('v2'), told(204, '"2"')],
    [3, 4, { ...get, name: 'b' }, status(404)],
    [10, 11, { ...get, name: 'b' }, saw('v1', '"9"')],
    [12, 13, { kind: 'head', name: 'b' }, { status: 200, etag: '"9"', size }],
  ],
  'a form stores its files one after another': [
    [0, 9, { ...form, replace: true }, { status: 201, stored: ['a', 'b'] }],
    [1, 2, get, saw('v2', '"2"')],
    [3, 4, { ...get, name: 'b' }, status(404)],
  ],
  'a form that is refused in part': [
    [0, 9, form, { status: 409, stored: ['b'] }],
    [10, 11, { ...get, name: 'b' }, saw('v3', '"3"')],
  ],
  'conditions that hold, and that do not': [
    [0, 1, put('v2', { since: 'past', replace: true }), status(412)],
    [2, 3, put('v3', { since: 'future', replace: true }), told(204, '"3"')],
    [4, 5, { ...get, fresh: '"3"' }, told(304, '"3"')],
    [6, 7, { ...remove, match: '"1"' }, status(412)],
    [8, 9, { ...move, match: '"3"' }, status(201)],
    [10, 11, { ...copy, name: 'b', to: 'a', match: '"1"' }, status(412)],
    [12, 13, { ...copy, name: 'a' }, status(404)],
  ],
}

const wrong: Readonly<Record<string, readonly Line[]>> = {
  'a version that was replaced before': [
    [0, 1, over('v2'), told(204, '"2"')],
    [2, 3, get, saw('v1', '"1"')],
  ],
  'the new version, and then the old one again': [
    [0, 9, over('v2'), told(204, '"2"')],
    [1, 2, get, saw('v2', '"2"')],
    [3, 4, get, saw('v1', '"1"')],
  ],
  'a version that is stored only later': [
    [0, 1, get, saw('v2', '"2"')],
    [2, 3, over('v2'), told(204, '"2"')],
  ],
  'a file that is gone while it is replaced': [
    [0, 9, over('v2'), told(204, '"2"')],
    [1, 2, get, status(404)],
  ],
  'two winners with one condition': [
    [0, 9, matching('v2', '"1"'), told(204, '"2"')],
    [1, 8, matching('v3', '"1"'), told(204, '"3"')],
  ],
  'two that create': [
    [0, 1, remove, status(204)],
    [2, 9, put('v2', { absent: true }), told(201, '"2"')],
    [3, 8, put('v3', { absent: true }), told(201, '"3"')],
  ],
  'no winner where there must be one': [
    [0, 9, matching('v2', '"1"'), status(412)],
    [1, 8, matching('v3', '"1"'), status(412)],
  ],
  'a store that overwrites and was not told to': [[0, 1, put('v2'), told(201, '"2"')]],
  'a store that is lost while its name is moved away': [
    [0, 9, over('v2'), told(204, '"2"')],
    [1, 8, move, status(201)],
    [10, 11, get, status(404)],
    [12, 13, { ...get, name: 'b' }, saw('v1', '"1"')],
  ],
  'a name that is missing while a file is moved': [
    [0, 9, move, status(201)],
    [1, 2, get, status(404)],
    [3, 4, { ...get, name: 'b' }, status(404)],
  ],
  'a store between the two halves of a move': [
    [0, 9, move, status(201)],
    [1, 2, { ...get, name: 'b' }, saw('v1', '"1"')],
    [3, 4, over('v2'), told(204, '"2"')],
    [5, 6, get, status(404)],
  ],
  'a move that overwrites and was not told to': [
    [0, 1, put('v2', { name: 'b' }), told(201, '"2"')],
    [2, 3, { ...move, match: '"1"' }, status(204)],
  ],
  'a copy of what came after it': [
    [0, 1, copy, status(201)],
    [2, 3, over('v2'), told(204, '"2"')],
    [4, 5, { ...get, name: 'b' }, saw('v2', '"9"')],
  ],
  'a copy that is not what its condition says': [
    [0, 1, over('v2'), told(204, '"2"')],
    [2, 3, { ...copy, match: '"1"' }, status(201)],
  ],
  'both of two copies to a free name are the first': [
    [0, 9, { ...copy, replace: true }, status(201)],
    [1, 8, { ...copy, replace: true }, status(201)],
  ],
  'a form whose files come in another order': [
    [0, 9, { ...form, replace: true }, { status: 201, stored: ['a', 'b'] }],
    [1, 2, { ...get, name: 'b' }, saw('v3', '"3"')],
    [3, 4, get, saw('v1', '"1"')],
  ],
  'a form that tells nothing of what it has stored': [
    [0, 1, form, { status: 409, stored: [] }],
    [2, 3, { ...get, name: 'b' }, saw('v3', '"3"')],
  ],
  'an entity tag of two contents': [
    [0, 1, over('v2'), told(204, '"2"')],
    [2, 3, { kind: 'post', ...sent('v3'), replace: true }, { status: 201, stored: ['a'] }],
    [4, 5, get, saw('v3', '"2"')],
  ],
  'an entity tag of two versions': [
    [0, 1, over('v2'), told(204, '"2"')],
    [2, 3, over('v3'), told(204, '"2"')],
  ],
  'a copy with the tag of what it is a copy of': [
    [0, 1, copy, status(201)],
    [2, 3, { ...get, name: 'b' }, saw('v1', '"1"')],
  ],
  'a store that tells no entity tag': [[0, 1, over('v2'), status(204)]],
  'an answer that there is not': [[0, 1, get, status(500)]],
  'unchanged, though it was replaced': [
    [0, 1, over('v2'), told(204, '"2"')],
    [2, 3, { ...get, fresh: '"1"' }, told(304, '"1"')],
  ],
}

t.test('histories that are right', async (t) => {
  for (const [what, lines] of Object.entries(right)) t.equal(judge(lines), undefined, what)
})

t.test('histories that are wrong', async (t) => {
  for (const [what, lines] of Object.entries(wrong)) t.type(judge(lines), 'string', what)
})

t.test('a wrong history is told without what has nothing to do with it', async (t) => {
  const lines: Line[] = [
    [0, 1, get, saw('v1', '"1"')],
    [2, 3, { kind: 'head', name: 'b' }, status(404)],
    [4, 5, over('v2'), told(204, '"2"')],
    [6, 7, put('v3'), status(409)],
    [8, 9, get, saw('v1', '"1"')],
  ]
  const history = lines.map(([begin, end, asked, answer], client) => ({
    name: 'a',
    client,
    begin,
    end,
    answer,
    ...asked,
  }))
  const found = new Judge().judge(history, initial)
  t.strictSame(
    found?.history.map(({ begin }) => begin),
    [4, 8],
  )
  t.match(found?.reason, /no order explains it.*"2".*where none of these can follow:\n.*GET a/s)
})

t.test('the search, on a register', async (t) => {
  const write = (value: number) => [(_: number) => [value]]
  const read = (value: number) => [(state: number) => (state === value ? [state] : [])]
  const space = { keyOf: String, hopeless: () => false }
  const at = (begin: number, end: number, steps: ((state: number) => number[])[]) => ({ begin, end, steps })
  t.match(linearize([at(0, 3, write(1)), at(1, 2, read(1)), at(4, 5, read(1))], 0, space), { holds: true, state: 1 })
  t.match(linearize([at(0, 1, write(1)), at(2, 3, read(0))], 0, space), { holds: false, order: [0], stuck: [1] })
  const increments = Array.from({ length: 5 }, () => at(0, 1, [(state) => [state + 1], (state) => [state * 2]]))
  t.match(linearize([...increments, at(2, 3, read(-1))], 0, space), { holds: false }, 'it ends, though nothing fits')
})

t.test('contents say what they are', async (t) => {
  const contents = new Contents()
  for (const size of [0, 1, 12, 13, 999, 1000, 1016, 70_000]) {
    const { key, bytes } = contents.make(size)
    t.equal(bytes.length, size)
    t.strictSame(contents.recognise(bytes), { key })
  }
  const [one, two] = [contents.make(70_000), contents.make(70_000)]
  t.not(one.key, two.key)
  const torn: Readonly<Record<string, Buffer>> = {
    'the end of another': Buffer.concat([one.bytes.subarray(0, 65_536), two.bytes.subarray(65_536)]),
    'the last label of another': Buffer.concat([one.bytes.subarray(0, -13), two.bytes.subarray(-13)]),
    'too short': one.bytes.subarray(0, -1),
    'too long': Buffer.concat([one.bytes, one.bytes.subarray(0, 13)]),
    'a piece twice': Buffer.concat([one.bytes.subarray(0, 4096), one.bytes.subarray(0, 65_904)]),
    nothing: Buffer.alloc(70_000),
    'what nobody sent': Buffer.from('zz'),
  }
  for (const [what, bytes] of Object.entries(torn)) t.hasProp(contents.recognise(bytes), 'torn', what)
  t.match(contents.recognise(torn['the end of another'] as Buffer), {
    torn: new RegExp(`from 0 ${one.key}, from 655\\d\\d ${two.key}`),
  })
})
