/** A real client of the tus protocol, tus-js-client, against both engines. */
import fs from 'node:fs'
import net from 'node:net'
import type { Test } from 'tap'
import { Upload, type UploadOptions } from 'tus-js-client'
import { forEachEngine, type Service, startEngine } from '../fixtures/engines.ts'
import { reset } from '../fixtures/reset.ts'

const small = Buffer.from('a small file')
const large = Buffer.from(Array.from({ length: 1_500_007 }, (_, i) => (i * 7) % 251))

/** Upload, and wait for the end. @throws what the client gives up with */
function upload(endpoint: string, bytes: Buffer, path: string, options: Partial<UploadOptions> = {}): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const made = new Upload(bytes, {
      endpoint,
      metadata: { path },
      retryDelays: null,
      onError: reject,
      onSuccess: () => resolve(made),
      ...options,
    })
    made.start()
  })
}

/** Something between the client and the server that cuts each connection once so much has been sent over it. */
async function cutting(
  t: Test,
  service: Service,
  after: number,
  times: number,
): Promise<{ port: number; cuts: number }> {
  const state = { port: 0, cuts: 0 }
  const proxy = net.createServer((client) => {
    const server = net.connect(service.server.address as net.TcpNetConnectOpts)
    let seen = 0
    client.on('data', (bytes: Buffer) => {
      seen += bytes.length
      server.write(bytes)
      if (seen < after || state.cuts === times) return
      state.cuts += 1
      reset(client)
      reset(server)
    })
    server.pipe(client)
    client.on('end', () => server.end())
    for (const socket of [client, server]) socket.on('error', () => {})
    client.on('close', () => server.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => proxy.close(resolve)))
  state.port = (proxy.address() as net.AddressInfo).port
  return state
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const { port } = service.server.address as { port: number }
  const endpoint = `http://127.0.0.1:${port}/.twinserve/uploads`
  const stored = (name: string) => fs.readFileSync(service.path(name))

  await t.test('a small file, and an empty one', async (t) => {
    await upload(endpoint, small, 'small')
    t.ok(stored('small').equals(small))
    await upload(endpoint, small, 'at-once', { uploadDataDuringCreation: true })
    t.ok(stored('at-once').equals(small))
    await upload(endpoint, Buffer.alloc(0), 'empty')
    t.equal(stored('empty').length, 0)
    await upload(endpoint, small, 'disguised', { overridePatchMethod: true })
    t.ok(stored('disguised').equals(small))
  })

  await t.test('in chunks', async (t) => {
    await upload(endpoint, large, 'chunks', { chunkSize: 200_000 })
    t.ok(stored('chunks').equals(large))
  })

  await t.test('in parallel', async (t) => {
    await upload(endpoint, large, 'parallel', { parallelUploads: 3 })
    t.ok(stored('parallel').equals(large))
    await upload(endpoint, Buffer.from('ab'), 'tiny', { parallelUploads: 3 })
    t.equal(stored('tiny').toString(), 'ab')
  })

  await t.test('over a connection that is cut again and again', async (t) => {
    const proxy = await cutting(t, service, 400_000, 3)
    const through = `http://127.0.0.1:${proxy.port}/.twinserve/uploads`
    await upload(through, large, 'cut', { retryDelays: Array.from({ length: 50 }, () => 10) })
    t.equal(proxy.cuts, 3)
    t.ok(stored('cut').equals(large))
    t.same(service.temporaries(), [])
  })

  await t.test('by another client, which knows the address', async (t) => {
    const proxy = await cutting(t, service, 700_000, 1)
    const through = `http://127.0.0.1:${proxy.port}/.twinserve/uploads`
    let url = ''
    const first = new Promise((_, reject) => {
      const made = new Upload(large, {
        endpoint: through,
        metadata: { path: 'again' },
        retryDelays: null,
        onUploadUrlAvailable: () => {
          url = made.url as string
        },
        onError: reject,
      })
      made.start()
    })
    await t.rejects(first)
    const uploadUrl = url.replace(`:${proxy.port}`, `:${port}`)
    await upload(endpoint, large, '', { uploadUrl, retryDelays: Array.from({ length: 50 }, () => 10) })
    t.ok(stored('again').equals(large))
  })

  await t.test('what is refused ends it', async (t) => {
    await t.rejects(upload(endpoint, small, 'small'), { message: /409/ })
    await t.rejects(upload(endpoint, small, '../out'), { message: /400/ })
    await upload(endpoint, large, 'small', { metadata: { path: 'small', overwrite: 'true' } })
    t.ok(stored('small').equals(large))
  })

  await t.test('ended by its client', async (t) => {
    const made = await upload(endpoint, small, 'ended')
    await made.abort(true)
    t.ok(stored('ended').equals(small))
    t.equal((await service.ask('HEAD', new URL(made.url as string).pathname, { 'Tus-Resumable': '1.0.0' })).status, 404)
  })
})
