/**
 * Every way in which a request changes what is stored: what is there before, what is asked, and what may be found there
 * when it was stopped at any moment.
 */
import { tusWays } from './tus-ways.ts'
import {
  ask,
  type Fields,
  fresh,
  kept,
  type Layout,
  old,
  overwrite,
  repeating,
  same,
  second,
  twice,
  type Way,
} from './way.ts'

function form(...files: readonly (readonly [name: string, content: string])[]): string {
  const parts = files.map(
    ([name, text]) => `--xyz\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n${text}\r\n`,
  )
  return `${parts.join('')}--xyz--\r\n`
}

const dated: Fields = { 'X-OC-Mtime': '1000000000' }
const multipart: Fields = { 'Content-Type': 'multipart/form-data; boundary=xyz' }
const tree: Layout = { tree: undefined, 'tree/a': fresh, 'tree/deep': undefined, 'tree/deep/b': second }
const moved: Layout = { new: undefined, 'new/a': fresh, 'new/deep': undefined, 'new/deep/b': second }

const bare: readonly Way[] = [
  {
    name: 'put new',
    states: [{}, { new: fresh }],
    ...twice([201, 204], 'PUT', '/new', dated, fresh),
    untouched: true,
  },
  {
    name: 'put small',
    states: [{}, { new: 'small' }],
    ...twice([201, 204], 'PUT', '/new', {}, 'small'),
    untouched: true,
  },
  {
    name: 'put over',
    states: [{ name: old }, { name: fresh }],
    ...same(ask('PUT', '/name', overwrite, fresh), [204]),
  },
  {
    name: 'form new',
    states: [{}, { a: fresh }, { a: fresh, b: second }],
    request: () => ask('POST', '/', multipart, form(['a', fresh], ['b', second])),
    again: repeating(ask('POST', '/?overwrite', multipart, form(['a', fresh], ['b', second])), [201]),
    besides: [{ b: second }],
  },
  {
    name: 'form over',
    states: [
      { a: old, b: old },
      { a: fresh, b: old },
      { a: fresh, b: second },
    ],
    ...same(ask('POST', '/?overwrite', multipart, form(['a', fresh], ['b', second])), [201]),
    besides: [{ a: old, b: second }],
  },
  {
    name: 'copy new',
    states: [{ name: fresh }, { name: fresh, new: fresh }],
    ...twice([201, 204], 'COPY', '/name', { Destination: '/new' }),
  },
  {
    name: 'copy over',
    states: [
      { name: fresh, other: old },
      { name: fresh, other: fresh },
    ],
    ...same(ask('COPY', '/name', { Destination: '/other', ...overwrite }), [204]),
  },
  {
    name: 'copy tree',
    states: [tree, { ...tree, ...moved }],
    ...same(ask('COPY', '/tree', { Destination: '/new' }), [201, 409]),
  },
  {
    name: 'move new',
    // Between link(2) and unlink(2) one file has both names.
    states: [{ name: fresh }, { name: fresh, 'kept-directory/new': fresh }, { 'kept-directory/new': fresh }],
    ...twice([201, 204, 404], 'MOVE', '/name', { Destination: '/kept-directory/new' }),
  },
  {
    name: 'move over',
    states: [{ name: fresh, 'kept-directory/other': old }, { 'kept-directory/other': fresh }],
    ...same(ask('MOVE', '/name', { Destination: '/kept-directory/other', ...overwrite }), [204, 404]),
  },
  {
    name: 'move tree',
    states: [tree, moved],
    ...same(ask('MOVE', '/tree', { Destination: '/new' }), [201, 404]),
  },
  { name: 'mkcol', states: [{}, { new: undefined }], ...same(ask('MKCOL', '/new'), [201, 409]) },
  { name: 'delete', states: [{ name: old }, {}], ...same(ask('DELETE', '/name'), [204, 404]) },
  { name: 'delete tree', mayLeave: true, states: [tree, {}], ...same(ask('DELETE', '/tree?recursive'), [204, 404]) },
]

export const ways: readonly Way[] = [...bare, ...tusWays].map((way) => ({
  ...way,
  states: way.states.map((state) => ({ ...kept, ...state })),
  besides: (way.besides ?? []).map((state) => ({ ...kept, ...state })),
  settled: { ...kept, ...(way.settled ?? way.states.at(-1)) },
}))
