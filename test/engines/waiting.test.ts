/**
 * How the engines wait, which is the only thing that they differ in: while one client's request is half sent, the
 * blocking engine serves nobody, and the other everybody.
 *
 * Told by the order of what happens, not by the clock.
 */
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { type Engine, engines, forEachEngine, startEngine } from '../fixtures/engines.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { startChild } from '../fixtures/serving-process.ts'
import { rpc } from '../fixtures/session.ts'
import { SessionClient } from '../fixtures/session-client.ts'
import { temporary } from '../fixtures/temporary.ts'

/** Half a request, or a whole one that is answered slowly: what a client may keep a server waiting with. */
interface Hold {
  readonly name: string
  readonly bytes: Buffer
  /** What the server says when its patience is over. */
  readonly status: number
}

const holds: readonly Hold[] = [
  { name: 'half a header section', bytes: Buffer.from('GET /a HTTP/1.1\r\nHost: local'), status: 408 },
  { name: 'half a body', bytes: message('PUT', '/half', { 'Content-Length': '10' }, 'half'), status: 408 },
  {
    name: 'half a chunk',
    bytes: message('PUT', '/half', { 'Transfer-Encoding': 'chunked' }, '9\r\nhalf'),
    status: 408,
  },
]

/** What happens, in its order. @param patience of the server, in milliseconds */
async function order(t: Test, engine: Engine, hold: Hold, patience: number): Promise<string[]> {
  const service = await startEngine(t, engine, { limits: { headerTime: patience, bodyStall: patience } })
  fs.writeFileSync(service.path('a'), 'content')
  // What an engine starts only with its first request is not to be waited for here.
  t.equal((await service.ask('GET', '/a')).status, 200)
  const events: string[] = []
  const [slow, quick] = [await service.connect(), await service.connect()]
  // A server that has taken the first bytes of the body says so: only then is it known to be waiting.
  const begun = hold.bytes.includes('PUT')
    ? hold.bytes.toString('latin1').replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n')
    : undefined
  if (begun === undefined) await slow.send(hold.bytes)
  else {
    const end = begun.indexOf('\r\n\r\n') + 4
    await slow.send(begun.slice(0, end))
    t.equal((await slow.answer()).status, 100)
    await slow.send(begun.slice(end))
  }
  const late = slow.answer().then((answer) => events.push(`slow ${answer.status}`))
  await quick.send(message('GET', '/a'))
  const soon = quick.answer().then((answer) => events.push(`quick ${answer.status}`))
  await Promise.all([late, soon])
  t.equal(await slow.ended, 'end', 'the slow client is sent away')
  t.notOk(fs.existsSync(service.path('half')))
  t.same(service.temporaries(), [])
  for (const client of [slow, quick]) client.destroy()
  return events
}

for (const engine of engines) {
  const blocking = engine.name === 'sync'
  void test(`${engine.name}: ${blocking ? 'everybody waits for a slow client' : 'nobody waits for a slow client'}`, async (t) => {
    // Long enough for a busy machine, where it is not to run out before the other answer.
    const patience = blocking ? 300 : 4000
    const ends = await Promise.all(holds.map((hold) => order(t, engine, hold, patience)))
    for (const [at, { name, status }] of holds.entries()) {
      const events = [`slow ${status}`, 'quick 200']
      t.same(ends[at], blocking ? events : events.reverse(), name)
    }
  })
}

for (const engine of engines) {
  const blocking = engine.name === 'sync'
  void test(`${engine.name}: half a message in a session ${blocking ? 'holds everybody' : 'holds nobody else'}, and an idle session nobody`, async (t) => {
    const service = await startEngine(t, engine, { limits: { messageTime: blocking ? 300 : 4000 } })
    fs.writeFileSync(service.path('a'), 'content')
    const [idle, slow] = [
      await SessionClient.open(service.server.address),
      await SessionClient.open(service.server.address),
    ]
    t.equal((await service.ask('GET', '/a')).status, 200, 'both are idle')
    const quick = await service.connect()
    const events: string[] = []
    await slow.send(rpc(1, 'pwd').subarray(0, 10))
    const late = slow.said().then((said) => events.push(`slow ${said?.slice(0, 10)}`))
    await quick.send(message('GET', '/a'))
    const soon = quick.answer().then((answer) => events.push(`quick ${answer.status}`))
    await Promise.all([late, soon])
    t.same(events, blocking ? ['slow close 1008', 'quick 200'] : ['quick 200', 'slow close 1008'])
    t.match(await idle.call('pwd'), { path: '/' })
    for (const client of [idle, slow, quick]) client.destroy()
  })
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  fs.writeFileSync(service.path('a'), 'content')

  await t.test('connections that say nothing keep nobody waiting', async (t) => {
    const silent = await Promise.all(Array.from({ length: 50 }, () => service.connect()))
    const kept = await service.connect()
    await kept.send(message('GET', '/a'))
    t.equal((await kept.answer()).status, 200)
    t.equal((await service.ask('GET', '/a')).text, 'content')
    await kept.send(message('GET', '/a'))
    t.equal((await kept.answer()).status, 200)
    for (const client of [...silent, kept]) client.destroy()
  })

  await t.test('a client that pipelines does not keep the others from their turn', async (t) => {
    const greedy = await service.connect()
    const other = await service.connect()
    const many = 400
    await greedy.send(Buffer.concat(Array.from({ length: many }, () => message('GET', '/a'))))
    await other.send(message('GET', '/a'))
    let answered = 0
    let before = -1
    const turn = other.answer().then(() => {
      before = answered
    })
    while (answered < many) {
      await greedy.answer()
      answered += 1
    }
    await turn
    t.ok(before >= 0 && before < many, `it came behind ${before} of ${many}`)
    for (const client of [greedy, other]) client.destroy()
  })
})

forEachEngine(async (t, engine) => {
  // So long that a busy machine lets us see the file open.
  const service = await startEngine(t, engine, { limits: { sendStall: 2000 } })
  fs.writeFileSync(service.path('a'), 'content')
  const large = service.path('large')
  fs.writeFileSync(large, '')
  fs.truncateSync(large, 200 * 1024 * 1024)

  await t.test('a reader that stops is cut off, and the file is closed', async (t) => {
    const client = await service.connect()
    client.pause()
    await client.send(message('GET', '/large'))
    while (!openFiles().includes(large)) await turn()
    // Served before or after the reader is given up, according to the engine: in any case served.
    t.equal((await service.ask('GET', '/a')).text, 'content')
    while (openFiles().includes(large)) await turn()
    client.resume()
    await t.rejects(client.answer(), /ended within/, 'not whole, and not taken for whole')
    client.destroy()
  })
})

/** The files that this process has open. The asynchronous engine runs in it, and the other on one of its threads. */
function openFiles(): string[] {
  const found: string[] = []
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      found.push(fs.readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      // The one that listed them.
    }
  }
  return found
}

const strace = (() => {
  try {
    // Tracing a process of one's own may be forbidden (ptrace(2)): then there is no use for it here.
    execFileSync('strace', ['-qq', '-e', 'trace=none', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** A request, and a download that is larger than any socket buffer. @returns when both have been answered */
async function exercise(t: Test, where: { host: string; port: number }, size: number): Promise<void> {
  const client = await RawClient.connect(where)
  await client.send(message('GET', '/a'))
  t.equal((await client.answer()).text, 'content')
  await client.send(message('GET', '/large'))
  t.equal((await client.answer()).body.length, size)
  client.destroy()
}

const size = 20 * 1024 * 1024

async function folder(t: Test): Promise<string> {
  const root = path.join(await temporary(t), 'share')
  fs.mkdirSync(root)
  fs.writeFileSync(path.join(root, 'a'), 'content')
  fs.writeFileSync(path.join(root, 'large'), Buffer.alloc(size, 'x'))
  return root
}

/** The numbers of system calls (syscalls(2)), by architecture: which of them a thread is in, proc(5) tells by number. */
const numbers: Readonly<Record<string, { wait: readonly number[]; sendfile: readonly number[] }>> = {
  x64: { wait: [232, 281], sendfile: [40] },
  arm64: { wait: [22], sendfile: [71] },
}

/** The threads of a process that are in one of these calls now, with the first argument: the epoll set that one waits on. */
function threadsIn(pid: number, calls: readonly number[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
    try {
      const [call, first] = fs.readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'latin1').split(' ')
      if (calls.includes(Number(call))) found.set(thread, first as string)
    } catch {
      // The thread has ended since.
    }
  }
  return found
}

/**
 * Whether a thread sleeps. proc(5) tells the call that it is in, and its arguments: the fourth of epoll_wait(2) is how long it
 * waits. One that is in none (-1) has only been pushed aside.
 */
function isAsleep(pid: number, thread: string, wait: readonly number[]): boolean {
  try {
    const [call, , , , time = '0'] = fs.readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'latin1').split(' ')
    return Number(call) >= 0 && !(wait.includes(Number(call)) && BigInt.asIntN(32, BigInt(time)) === 0n)
  } catch {
    return true
  }
}

const calls = process.platform === 'linux' ? numbers[process.arch] : undefined

if (calls !== undefined) {
  void test('the blocking engine waits and sends on one thread (proc)', async (t) => {
    const child = await startChild(t, 'sync', await folder(t))
    const client = await RawClient.connect(child.address)
    /** The thread that is blocked while a file is sent, which nobody reads. */
    const sending = async () => {
      client.pause()
      await client.send(message('GET', '/large'))
      for (;;) {
        await turn()
        const found = [...threadsIn(child.pid, calls.sendfile).keys()]
        if (found.length > 0) return found
      }
    }
    const received = async () => {
      client.resume()
      t.equal((await client.answer()).body.length, size)
    }
    const [thread = '', ...others] = await sending()
    t.same(others, [])
    t.not(thread, `${child.pid}`, 'which is not the main thread')
    await received()
    let set: string | undefined
    while (set === undefined) {
      await turn()
      set = threadsIn(child.pid, calls.wait).get(thread)
    }
    const waiting = () => [...threadsIn(child.pid, calls.wait)].filter(([, on]) => on === set).map(([name]) => name)
    t.same(waiting(), [thread], 'the same one waits for whatever comes first, and no other')
    t.same(await sending(), [thread])
    t.same(waiting(), [], 'and none waits for others while a file is sent')
    await received()
    client.destroy()
  })

  void test('threads of the blocking engine that have taken a connection sleep when it has nothing to ask (proc)', async (t) => {
    const child = await startChild(t, 'sync', await folder(t), undefined, { threads: 2 })
    const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.connect(child.address)))
    for (const client of clients) {
      await client.send(message('GET', '/a'))
      t.equal((await client.answer()).status, 200)
    }
    for (const thread of fs.readdirSync(`/proc/${child.pid}/task`)) {
      while (!isAsleep(child.pid, thread, calls.wait)) await turn()
    }
    for (const client of clients) client.destroy()
  })
}

if (process.platform === 'linux' && strace) {
  void test('the blocking engine makes every call of a request on one thread (strace)', async (t) => {
    const child = await startChild(t, 'sync', await folder(t))
    // Attached once it serves: what it did to start is not what this is about.
    const tracer = spawn(
      'strace',
      [
        '-f',
        '-qq',
        '-e',
        'trace=epoll_wait,epoll_pwait,accept,accept4,read,pread64,write,sendfile,sendfile64,openat',
        '-e',
        'signal=none',
        '-p',
        `${child.pid}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    t.teardown(() => tracer.kill())
    const lines: string[] = []
    const reader = createInterface(tracer.stderr)
    const gone = new Promise((resolve) => reader.on('close', resolve))
    const attached = new Promise<void>((resolve) => {
      reader.on('line', (line) => {
        lines.push(line)
        resolve()
      })
    })
    // Until the first line comes nothing is known to be traced: asked again, the server shows itself.
    let traced = false
    void attached.then(() => {
      traced = true
    })
    while (!traced) await exercise(t, child.address, size)
    lines.length = 0
    await exercise(t, child.address, size)
    await child.stop()
    await gone
    const threads = new Map<string, Set<string>>()
    for (const line of lines) {
      const [, thread, call] = /^\[pid\s+(\d+)\] (?:<\.\.\. )?(\w+)/.exec(line) ?? []
      if (thread === undefined || call === undefined) continue
      const about = /HTTP\/1\.1|sendfile|accept|epoll/.test(line)
      if (about) threads.set(call, (threads.get(call) ?? new Set()).add(thread))
    }
    const serving = new Set([...(threads.get('sendfile') ?? [])])
    t.equal(serving.size, 1, 'one thread sends files')
    for (const call of ['accept4', 'read', 'write']) {
      const others = [...(threads.get(call) ?? [])].filter((thread) => !serving.has(thread))
      t.ok(threads.has(call), `${call} was seen`)
      t.same(others, [], `${call}: on the same thread`)
    }
    // Node's own threads wait in this way too, each for itself.
    const waiting = new Set([...(threads.get('epoll_wait') ?? []), ...(threads.get('epoll_pwait') ?? [])])
    t.ok(waiting.has([...serving][0] as string), 'and that thread waits for whatever comes first')
    t.not([...serving][0], `${child.pid}`, 'which is not the main thread')
  })
}
