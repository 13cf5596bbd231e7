import t from 'tap'
import { refusalOf } from '../../../src/core/errors.ts'
import { Walk, walking } from '../../../src/core/files/walk.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { call, type Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { everything, toRead } from '../../fixtures/access.ts'
import { device, directory, fifo, file, link, MemoryFiles, socket } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

function files(): MemoryFiles {
  const memory = new MemoryFiles().outside({ secret: 'not yours', other: { file: 'not yours' } })
  return memory.tree({
    '.twinserve': { temporary: { part: 'of an upload' } },
    'a.txt': 'at the top',
    docs: {
      'b.txt': 'in docs',
      deep: {
        'c.txt': 'deep down',
        up: link('../..'),
        top: link('../../a.txt'),
        here: link('.'),
        slash: link('../deep/'),
      },
      closed: directory({ x: 'x' }, { mode: 0 }),
      private: file('x', { mode: 0 }),
    },
    todeep: link('docs/deep'),
    chain: link('todeep'),
    tofile: link('docs//./b.txt'),
    parent: link('docs/deep/..'),
    out: link('..'),
    outfile: link('../secret'),
    outdir: link('docs/../../other'),
    absolute: link('/etc/passwd'),
    absolutedir: link('/'),
    dangling: link('nothing'),
    loop: link('loop'),
    ping: link('pong'),
    pong: link('ping'),
    server: link('.twinserve'),
    serverpart: link('.TWINserve/temporary/part'),
    fifo: fifo(),
    socket: socket(),
    device: device(),
    tofifo: link('fifo'),
  })
}

/** The content of the file that a path leads to, or the names in the directory. @param room bytes to load a file into */
function* told(site: Site, text: string, room?: number): Program<string> {
  return yield* walking(site, toRead(text), function* (walk) {
    const path = text === '/' ? rootPath : pathFromText(text)
    const found = yield* room === undefined ? walk.find(path) : walk.find(path, Buffer.alloc(room))
    if (found.kind === 'loaded') return Buffer.from(found.content).toString('latin1')
    if (found.kind === 'directory') return `${found.directory === site.root ? 'the root' : 'a directory'}`
    const into = Buffer.alloc(100)
    const count = yield* call('read', found.fd, into, 0)
    yield* call('close', found.fd)
    return into.toString('latin1', 0, count)
  })
}

function attempt(text: string, memory = files(), room?: number): string {
  try {
    return run(told(siteOn(memory), text, room), memory)
  } catch (error) {
    return refusalOf(error, text).code
  }
}

t.test('where a path leads', async (t) => {
  const cases: readonly (readonly [path: string, expected: string])[] = [
    ['/', 'the root'],
    ['/a.txt', 'at the top'],
    ['/docs', 'a directory'],
    ['/docs/', 'a directory'],
    ['/docs/b.txt', 'in docs'],
    ['/docs/deep/c.txt', 'deep down'],
    ['/nothing', 'not_found'],
    ['/nothing/', 'not_found'],
    ['/nothing/x', 'not_found'],
    ['/a.txt/', 'not_found'],
    ['/a.txt/x', 'not_found'],
    // Links that stay inside.
    ['/tofile', 'in docs'],
    ['/todeep', 'a directory'],
    ['/todeep/', 'a directory'],
    ['/todeep/c.txt', 'deep down'],
    ['/chain/c.txt', 'deep down'],
    ['/docs/deep/top', 'at the top'],
    ['/docs/deep/up', 'the root'],
    ['/docs/deep/up/a.txt', 'at the top'],
    ['/docs/deep/here/here/c.txt', 'deep down'],
    ['/docs/deep/here', 'a directory'],
    ['/docs/deep/slash', 'a directory'],
    ['/docs/deep/slash/c.txt', 'deep down'],
    ['/parent', 'a directory'],
    ['/parent/b.txt', 'in docs'],
    // Links that lead out, or nowhere.
    ['/out', 'link_refused'],
    ['/out/', 'link_refused'],
    ['/out/secret', 'link_refused'],
    ['/outfile', 'link_refused'],
    ['/outdir/file', 'link_refused'],
    ['/absolute', 'link_refused'],
    ['/absolutedir/etc', 'link_refused'],
    ['/dangling', 'not_found'],
    ['/dangling/', 'not_found'],
    ['/loop', 'link_refused'],
    ['/loop/x', 'link_refused'],
    ['/ping', 'link_refused'],
    // The server's own.
    ['/server', 'reserved'],
    ['/server/temporary/part', 'reserved'],
    ['/serverpart', 'reserved'],
    ['/docs/deep/up/.twinserve', 'reserved'],
    ['/docs/deep/up/.twinserve/', 'reserved'],
    ['/docs/deep/up/.twinserve/temporary/part', 'reserved'],
    // What is no file.
    ['/fifo', 'not_a_file'],
    ['/tofifo', 'not_a_file'],
    ['/socket', 'not_a_file'],
    ['/device', 'not_a_file'],
    ['/docs/closed/x', 'not_allowed'],
    ['/docs/private', 'not_allowed'],
  ]
  for (const [[path, expected], room] of cases.flatMap((row) =>
    [undefined, 3, 1000].map((size) => [row, size] as const),
  )) {
    const memory = files()
    t.equal(
      attempt(path, memory, room),
      expected,
      `${path}, ${room === undefined ? 'opened' : `loaded into ${room} bytes`}`,
    )
    t.equal(memory.openCount, 0, `${path}: nothing is open`)
    t.notOk(
      memory.log.some((line) => line.includes('OUTSIDE')),
      `${path}: nothing outside was looked at`,
    )
    t.strictSame(memory.mistakes, [])
  }
})

t.test('the name that a refusal gives is the one that was asked for', async (t) => {
  const memory = files()
  for (const path of ['/outfile', '/out/secret', '/loop']) {
    t.throws(() => run(told(siteOn(memory), path), memory), {
      code: 'link_refused',
      message: `${path} is reached through a symbolic link that leads out of the shared directory.`,
    })
  }
  t.throws(() => run(told(siteOn(memory), '/tofifo'), memory), {
    message: '/tofifo is not a regular file or a directory, and is not served.',
  })
})

t.test('each directory is opened by one name in the one before it', async (t) => {
  const memory = files()
  run(told(siteOn(memory), '/docs/deep/c.txt'), memory)
  t.strictSame(memory.log, [
    'openDirectory /docs',
    'openDirectory /docs/deep',
    'open /docs/deep/c.txt read',
    'fstat /docs/deep/c.txt',
    'read /docs/deep/c.txt 100 @0',
    'close /docs/deep/c.txt',
    'close /docs',
    'close /docs/deep',
  ])
})

t.test('a small file is loaded, and a larger one opened', async (t) => {
  const find = (size: number, prepare: (memory: MemoryFiles) => void = () => {}) => {
    const memory = files()
    prepare(memory)
    const site = siteOn(memory)
    const into = Buffer.alloc(size)
    const kind = run(
      walking(site, toRead('/tofile'), function* (walk) {
        const found = yield* walk.find(pathFromText('/tofile'), into)
        if (found.kind === 'loaded') t.equal(found.content.buffer, into.buffer, 'into what was given')
        if (found.kind === 'file') yield* call('close', found.fd)
        t.match(found, { status: { kind: 'file', size: 7 } })
        return found.kind
      }),
      memory,
    )
    t.equal(memory.openCount, 0)
    return kind
  }
  t.equal(find(8), 'loaded')
  t.equal(find(7), 'file', 'one byte more is needed to see that it has not grown')
  const shorter = (memory: MemoryFiles) => {
    memory.mostRead = 3
  }
  t.equal(find(8, shorter), 'file', 'what did not come at once is left to others')
  const failing = files().failOn('load', 1, 'EMFILE')
  t.equal(attempt('/docs/b.txt', failing, 100), 'overloaded')
  t.equal(failing.openCount, 0)
})

t.test('bounds', async (t) => {
  const chain = (length: number) => {
    const memory = new MemoryFiles().tree({ link0: 'the end' })
    for (let i = 1; i <= length; i += 1) memory.put(`link${i}`, link(`link${i - 1}`))
    return memory
  }
  t.equal(attempt('/link40', chain(40)), 'the end')
  t.equal(attempt('/link41', chain(41)), 'link_refused', 'one link too many')
  const deep = (depth: number) => {
    const memory = new MemoryFiles()
    const names = Array.from({ length: depth }, () => 'd')
    names.forEach((_, at) => {
      memory.put(names.slice(0, at + 1).join('/'), {})
    })
    memory.put([...names, 'f'].join('/'), 'the end')
    return attempt(`/${[...names, 'f'].join('/')}`, memory)
  }
  t.equal(deep(100), 'the end')
  t.equal(deep(101), 'bad_name', 'one directory too many')
})

t.test('whether a link was followed', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  function* followed(text: string): Program<boolean> {
    return yield* walking(site, toRead(text), function* (walk) {
      yield* walk.kindOf(pathFromText(text))
      return walk.followed
    })
  }
  t.equal(run(followed('/docs/b.txt'), memory), false)
  t.equal(run(followed('/tofile'), memory), true)
  t.equal(run(followed('/todeep/c.txt'), memory), true)
  t.equal(memory.openCount, 0)
})

t.test('kindOf closes the file it has opened', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  const kind = (text: string) =>
    run(
      walking(site, toRead(text), (walk) => walk.kindOf(pathFromText(text))),
      memory,
    )
  t.equal(kind('/a.txt'), 'file')
  t.equal(kind('/todeep'), 'directory')
  t.equal(memory.openCount, 0)
})

t.test('the directory that holds a name', async (t) => {
  const parent = (text: string) => {
    const memory = files()
    const site = siteOn(memory)
    const walk = new Walk(site, everything.demand('read', rootPath))
    try {
      const found = run(walk.toParentOf(pathFromText(text)), memory)
      return found === site.root ? 'the root' : Object.keys(memory.node('docs/deep').entries).length
    } catch (error) {
      return refusalOf(error, text).code
    } finally {
      run(walk.release(), memory)
      t.equal(memory.openCount, 0)
    }
  }
  t.equal(parent('/a.txt'), 'the root')
  t.equal(parent('/none'), 'the root', 'the name itself need not be there')
  t.equal(parent('/docs/deep/up/new'), 'the root', 'by way of a link')
  t.equal(parent('/docs/deep/up/.twinserve'), 'reserved', 'the name belongs to the server there')
  t.equal(parent('/docs/deep/up/.Twinserve-x'), 'reserved')
  t.equal(parent('/outdir/new'), 'link_refused')
})

t.test('what fails is told as it is, and nothing stays open', async (t) => {
  const cases: readonly (readonly [
    path: string,
    call: 'open' | 'openDirectory' | 'fstat' | 'readlink',
    nth: number,
    errno: string,
    code: string,
  ])[] = [
    ['/docs/b.txt', 'openDirectory', 1, 'EMFILE', 'overloaded'],
    ['/docs/b.txt', 'open', 1, 'EMFILE', 'overloaded'],
    ['/docs/b.txt', 'open', 1, 'ENODEV', 'not_a_file'],
    ['/docs/b.txt', 'fstat', 1, 'EIO', 'failed'],
    // The link is gone, or is one no more: what the system said first stands.
    ['/tofile', 'readlink', 1, 'EINVAL', 'link_refused'],
    ['/todeep/c.txt', 'readlink', 1, 'ENOENT', 'not_found'],
    ['/docs', 'openDirectory', 1, 'EACCES', 'not_allowed'],
  ]
  for (const [path, name, nth, errno, code] of cases) {
    const memory = files().failOn(name, nth, errno)
    t.equal(attempt(path, memory), code, `${path}: ${name} fails with ${errno}`)
    t.equal(memory.openCount, 0)
  }
})
