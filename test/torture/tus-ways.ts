/**
 * Uploads that can be resumed (tus 1.0.0), stopped at any moment: what has been acknowledged of one counts, and it can be gone
 * on with, whoever was killed.
 */
import type { Answer } from '../fixtures/raw-client.ts'
import { metadata, tus } from '../fixtures/tus.ts'
import { type Ask, ask, type Fields, fresh, type Layout, old, type Way } from './way.ts'

const uploads = '/.twinserve/uploads'
const half = 300_001
const media: Fields = { ...tus, 'Content-Type': 'application/offset+octet-stream' }
const length: Fields = { 'Upload-Length': `${fresh.length}` }
const target = (path: string): Fields => ({ 'Upload-Metadata': metadata({ path, overwrite: 'true' }) })

const patch = (upload: string, from: number, to = fresh.length): Uint8Array =>
  ask('PATCH', upload, { ...media, 'Upload-Offset': `${from}` }, fresh.slice(from, to))
const begin = (path: string, bytes = half): Uint8Array =>
  ask('POST', uploads, { ...media, ...length, ...target(path) }, fresh.slice(0, bytes))

const offsetOf = (answer: Answer | undefined): number => Number(answer?.field('upload-offset') ?? 0)

/** Go on with an upload wherever it stands, and begin anew where it is gone. @param least bytes that have been acknowledged */
async function resume(request: Ask, upload: string, path: string, least: number): Promise<string[]> {
  const head = await request(ask('HEAD', upload, tus))
  if (head?.status === 404 || head?.status === 410) {
    const whole = await request(begin(path, fresh.length))
    const lost = least > 0 && least < fresh.length ? [`an upload with ${least} bytes acknowledged is gone`] : []
    return whole?.status === 201 ? lost : [...lost, `begun anew: ${whole?.status} ${whole?.text}`]
  }
  if (head?.status !== 200) return [`where it stands: ${head?.status}`]
  const offset = offsetOf(head)
  const lost = offset < least ? [`${least} bytes were acknowledged, and ${offset} are left`] : []
  if (offset === fresh.length) return lost
  const rest = await request(patch(upload, offset))
  return rest?.status === 204 ? lost : [...lost, `the rest: ${rest?.status} ${rest?.text}`]
}

/** @param had bytes that were acknowledged before the request */
function resuming(path: string, had: number): Way['again'] {
  return (request, upload, answer) => {
    const told = answer !== undefined && answer.status < 300
    const at = (upload === '' ? answer?.field('location') : upload) ?? `${uploads}/none`
    // The file has its name, and the upload is done with.
    if (answer?.text.startsWith('unconfirmed: ') === true) return resume(request, at, path, 0)
    return resume(request, at, path, told ? Math.max(had, offsetOf(answer)) : had)
  }
}

const made: Layout = { new: fresh }

export const tusWays: readonly Way[] = [
  {
    name: 'tus create',
    states: [{}],
    settled: made,
    untouched: true,
    request: () => ask('POST', uploads, { ...tus, ...length, ...target('new') }),
    again: resuming('new', 0),
  },
  {
    name: 'tus begin',
    states: [{}],
    settled: made,
    request: () => begin('new'),
    again: resuming('new', 0),
  },
  {
    name: 'tus whole',
    states: [{ name: old }, { name: fresh }],
    request: () => begin('name', fresh.length),
    again: resuming('name', 0),
  },
  {
    name: 'tus middle',
    states: [{}],
    settled: made,
    begin: begin('new', 10_000),
    request: (upload) => patch(upload, 10_000, half),
    again: resuming('new', 10_000),
  },
  {
    name: 'tus rest',
    states: [{ name: old }, { name: fresh }],
    begin: begin('name'),
    request: (upload) => patch(upload, half),
    again: resuming('name', half),
  },
  {
    name: 'tus end',
    mayLeave: true,
    mayHide: true,
    states: [{}],
    settled: made,
    begin: begin('new'),
    request: (upload) => ask('DELETE', upload, tus),
    again: resuming('new', 0),
  },
]
