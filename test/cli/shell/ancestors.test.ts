/**
 * The instructions of each ancestor's manual, a row for each: what is typed, what is printed, and what is then on both
 * disks. The rows of one ancestor follow each other. What a row says of a disk is what has changed on it.
 */
import { forEachEngine } from '../../fixtures/engines.ts'
import { type Files, filesIn, startShellOn } from '../../fixtures/shell.ts'

interface Row {
  readonly typed: string
  readonly printed: string
  /** What is new in the local directory; null for what is gone. */
  readonly local?: Readonly<Record<string, string | null>>
  /** The same of the server's. */
  readonly remote?: Readonly<Record<string, string | null>>
}

interface Ancestor {
  readonly name: string
  readonly local: Files
  readonly remote: Files
  readonly editor?: string
  readonly rows: readonly Row[]
}

const ancestors: readonly Ancestor[] = [
  {
    name: 'the file transfer over sockets',
    local: { 'letter.txt': 'dear you' },
    remote: { 'news.txt': 'news' },
    rows: [
      {
        typed: 'UPLOAD letter.txt copy.txt',
        printed: 'Uploaded /home/me/letter.txt to /copy.txt, 8 B.\n',
        remote: { 'copy.txt': 'dear you' },
      },
      {
        typed: 'DOWNLOAD news.txt mine.txt',
        printed: 'Downloaded /news.txt to /home/me/mine.txt, 4 B.\n',
        local: { 'mine.txt': 'news' },
      },
      {
        typed: 'upload letter.txt copy.txt',
        printed: 'twinserve: /copy.txt exists already. Choose another name, or replace it: upload -f\n',
      },
      { typed: 'DOWNLOAD none.txt x.txt', printed: 'twinserve: /none.txt does not exist.\n' },
      { typed: 'UPLOAD none.txt x.txt', printed: 'twinserve: /home/me/none.txt does not exist here.\n' },
      {
        typed: 'UPLOAD',
        printed: 'twinserve: upload needs FROM: upload [-f] [-r] FROM [TO]\n',
      },
    ],
  },
  {
    name: 'the shell with two sides',
    local: { 'a.txt': 'aaa', 'pictures/': '' },
    remote: { 'b.txt': 'bbbb', 'docs/c.txt': 'c' },
    rows: [
      { typed: 'pwdl', printed: '/home/me\n' },
      { typed: 'pwdr', printed: '/\n' },
      { typed: 'lsl', printed: '3 B  TIME  a.txt\n  -  TIME  pictures/\n' },
      { typed: 'lsr', printed: '4 B  TIME  b.txt\n  -  TIME  docs/\n' },
      { typed: 'mkldir new', printed: 'Made /home/me/new.\n', local: { 'new/': '' } },
      { typed: 'mkrdir new', printed: 'Made /new.\n', remote: { 'new/': '' } },
      { typed: 'cld new', printed: '' },
      { typed: 'crd docs', printed: '' },
      { typed: 'PWDL', printed: '/home/me/new\n' },
      { typed: 'PWDR', printed: '/docs\n' },
      {
        typed: 'get c.txt',
        printed: 'Downloaded /docs/c.txt to /home/me/new/c.txt, 1 B.\n',
        local: { 'new/c.txt': 'c' },
      },
      { typed: 'cld ..', printed: '' },
      {
        typed: 'put a.txt',
        printed: 'Uploaded /home/me/a.txt to /docs/a.txt, 3 B.\n',
        remote: { 'docs/a.txt': 'aaa' },
      },
      {
        typed: 'rename a.txt d.txt',
        printed: 'Renamed /docs/a.txt to /docs/d.txt.\n',
        remote: { 'docs/a.txt': null, 'docs/d.txt': 'aaa' },
      },
      {
        typed: 'move d.txt /new',
        printed: 'Moved /docs/d.txt to /new/d.txt.\n',
        remote: { 'docs/d.txt': null, 'new/d.txt': 'aaa' },
      },
      { typed: 'crd ..', printed: '' },
      { typed: 'delete b.txt', printed: 'Deleted /b.txt.\n', remote: { 'b.txt': null } },
      { typed: 'lsr new', printed: '3 B  TIME  d.txt\n' },
      { typed: 'crd none', printed: 'twinserve: /none does not exist.\n' },
      { typed: 'cld none', printed: 'twinserve: On this side: /home/me/none does not exist.\n' },
      {
        typed: 'mkrdir new',
        printed: 'twinserve: /new exists already. Choose another name, or ask for it to be replaced.\n',
      },
      { typed: 'get none', printed: 'twinserve: /none does not exist.\n' },
      { typed: 'quit', printed: '' },
    ],
  },
  {
    name: 'the server with a thread for each client',
    local: { 'song.mp3': 'la la' },
    remote: { 'film.mp4': 'flicker' },
    rows: [
      {
        typed: 'upload song.mp3',
        printed: 'Uploaded /home/me/song.mp3 to /song.mp3, 5 B.\n',
        remote: { 'song.mp3': 'la la' },
      },
      {
        typed: 'rename song.mp3 tune.mp3',
        printed: 'Renamed /song.mp3 to /tune.mp3.\n',
        remote: { 'song.mp3': null, 'tune.mp3': 'la la' },
      },
      {
        typed: 'download film.mp4',
        printed: 'Downloaded /film.mp4 to /home/me/film.mp4, 7 B.\n',
        local: { 'film.mp4': 'flicker' },
      },
      { typed: 'delete film.mp4', printed: 'Deleted /film.mp4.\n', remote: { 'film.mp4': null } },
      { typed: 'delete film.mp4', printed: 'twinserve: /film.mp4 does not exist.\n' },
      { typed: 'rename none x', printed: 'twinserve: /none does not exist.\n' },
      { typed: 'exit', printed: '' },
    ],
  },
  {
    name: 'the sharing of files and commands',
    local: { 'plan.txt': 'plan A' },
    remote: { 'shared.txt': 'ours' },
    editor: 'f() { printf %s changed > "$1"; }; f',
    rows: [
      {
        typed: 'upload plan.txt',
        printed: 'Uploaded /home/me/plan.txt to /plan.txt, 6 B.\n',
        remote: { 'plan.txt': 'plan A' },
      },
      {
        typed: 'upload plan.txt',
        printed: 'twinserve: /plan.txt exists already. Choose another name, or replace it: upload -f\n',
      },
      {
        typed: 'download shared.txt',
        printed: 'Downloaded /shared.txt to /home/me/shared.txt, 4 B.\n',
        local: { 'shared.txt': 'ours' },
      },
      {
        typed: 'download shared.txt',
        printed:
          'twinserve: /home/me/shared.txt exists already here. Choose another name, or replace it: download -f\n',
      },
      { typed: 'download none', printed: 'twinserve: /none does not exist.\n' },
      { typed: 'edit shared.txt', printed: 'Stored /shared.txt.\n', remote: { 'shared.txt': 'changed' } },
      { typed: 'cat shared.txt', printed: 'changed' },
      { typed: 'lsl', printed: '6 B  TIME  plan.txt\n4 B  TIME  shared.txt\n' },
      { typed: 'lsr', printed: '6 B  TIME  plan.txt\n7 B  TIME  shared.txt\n' },
      { typed: '!cat plan.txt > copy; echo done', printed: 'done\n', local: { copy: 'plan A' } },
      { typed: 'bye', printed: '' },
    ],
  },
]

/** What is on a disk after a change to it. */
function changed(files: Files, changes: Readonly<Record<string, string | null>> = {}): Files {
  const all: Record<string, string | null> = { ...files, ...changes }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null))
}

/** With the directories that its files lie in. */
function complete(files: Files): Files {
  const directories = Object.keys(files).flatMap((path) => {
    const names = path.split('/').slice(0, -1)
    return names.map((_, index) => [`${names.slice(0, index + 1).join('/')}/`, ''] as const)
  })
  return { ...Object.fromEntries(directories), ...files }
}

forEachEngine(async (t, engine) => {
  for (const { name, local, remote, editor = 'false', rows } of ancestors) {
    await t.test(name, async (t) => {
      const shell = await startShellOn(t, engine, { local, remote }, { environment: { EDITOR: editor, VISUAL: '' } })
      const expected = { local: complete(local), remote: complete(remote) }
      for (const row of rows) {
        expected.local = changed(expected.local, row.local)
        expected.remote = changed(expected.remote, row.remote)
        t.equal(await shell.type(row.typed), row.printed, row.typed)
        t.strictSame({ local: filesIn(shell.here), remote: filesIn(shell.service.root) }, expected, row.typed)
      }
      t.equal(shell.runner.leaving, /^(quit|exit|bye)$/.test(rows.at(-1)?.typed ?? ''))
    })
  }
})
