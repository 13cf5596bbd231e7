import fc from 'fast-check'
import t from 'tap'
import {
  groupRows,
  type ListingEntry,
  type ListingView,
  listingFoot,
  listingHead,
  listingRow,
  listingRows,
} from '../../../src/core/pages/listing.ts'

const all = { upload: true, create: true, move: true, copy: true, overwrite: true, delete: true }
const none = { upload: false, create: false, move: false, copy: false, overwrite: false, delete: false }
const view: ListingView = { segments: ['docs', 'a b'], sort: { key: 'name', descending: false }, rights: all }
const file: ListingEntry = {
  name: 'x.txt',
  kind: 'file',
  size: 2048,
  mtimeNs: 1795228861_000_000_000n,
  reachable: true,
}
const directory: ListingEntry = { ...file, name: 'sub', kind: 'directory' }

t.test('a page has what every page needs, and no script and no inline style', async (t) => {
  const page = listingHead(view) + listingRow(view, file) + listingFoot(view, { directories: 0, files: 1, bytes: 2048 })
  t.match(page, /^<!DOCTYPE html>\n<html lang=en>/)
  t.match(page, '<meta name=viewport content="width=device-width,initial-scale=1">')
  t.match(page, '<title>docs/a b · twinserve</title>')
  t.match(page, '<a class=skip href="#main">')
  t.notMatch(page, /<script|<style| style=| on\w+=/)
  t.equal(page.match(/<h1>/g)?.length, 1)
  t.match(page, '<h1><bdi>a b</bdi></h1>')
  t.match(page, '</footer></body></html>')
})

t.test('every field has a label', async (t) => {
  const page = listingHead(view)
  const labelled = new Set([...page.matchAll(/<label for=(\w+)>/g)].map((match) => match[1]))
  for (const [input] of page.matchAll(/<input(?![^>]*type=(?:hidden|checkbox))[^>]*>/g)) {
    t.ok(labelled.has(/ id=(\w+)/.exec(input)?.[1] ?? ''), input)
  }
  t.match(page, /<label class=check><input type=checkbox name=overwrite value=on>Replace existing<\/label>/)
})

t.test('the breadcrumb leads from the root to here', async (t) => {
  const page = listingHead(view)
  t.match(page, /<li><a href="\/"><img [^>]*alt=""[^>]*>Home<\/a><li><a href="\/docs\/"><bdi>docs<\/bdi><\/a>/)
  t.match(page, '<a href="/docs/a%20b/" aria-current=page>')
  t.match(listingHead({ ...view, segments: [] }), '<a href="/" aria-current=page>')
})

t.test('the parent directory is the first row, save at the root and in a search', async (t) => {
  t.match(listingHead(view), /<tbody role=rowgroup>\n<tr class=u [^>]*><th [^>]*><a href="\/docs\/">\.\. </)
  t.notMatch(listingHead({ ...view, segments: [] }), 'class=u')
  t.notMatch(listingHead({ ...view, query: 'x' }), 'class=u')
  t.match(listingHead({ ...view, segments: [] }), /<span>Actions<\/span>\n$/)
})

t.test('rows come in groups, each a part of the table', async (t) => {
  t.equal(
    listingRows(view, [file, directory]),
    `<tbody role=rowgroup>\n${listingRow(view, file)}${listingRow(view, directory)}`,
  )
  t.ok(groupRows > 1)
})

t.test('the tools are those that the rights allow', async (t) => {
  const page = listingHead(view)
  t.match(page, 'method=post enctype="multipart/form-data" action="/docs/a%20b/"')
  t.match(page, '<input id=file type=file name=file multiple required>')
  t.ok(page.indexOf('name=overwrite') < page.indexOf('name=file '), 'fields come before the files')
  t.match(page, '<input type=hidden name=action value=mkdir>')
  t.match(page, 'href="/docs/a%20b/?zip"')
  t.match(page, 'href="/docs/a%20b/?json"')
  t.notMatch(listingHead({ ...view, rights: { ...all, overwrite: false } }), 'name=overwrite')
  const readOnly = listingHead({ ...view, rights: none })
  t.notMatch(readOnly, 'method=post')
  t.match(readOnly, '<form class=search action="/docs/a%20b/" role=search>')
  t.match(readOnly, '?zip')
})

t.test('columns sort, and say how they are sorted', async (t) => {
  const byName = listingHead(view)
  t.match(byName, 'aria-sort=ascending><a href="/docs/a%20b/?sort=name&amp;order=desc">Name')
  t.match(byName, '?sort=size&amp;order=desc">Size')
  t.match(byName, '?sort=mtime&amp;order=desc">Modified')
  const bySize = listingHead({ ...view, sort: { key: 'size', descending: true } })
  t.match(bySize, 'aria-sort=descending><a href="/docs/a%20b/?sort=size&amp;order=asc">Size')
  t.match(bySize, '?sort=name&amp;order=asc">Name')
  t.equal(bySize.match(/aria-sort/g)?.length, 1)
})

t.test('a search shows its word, keeps it when sorted, and offers no upload', async (t) => {
  const page = listingHead({ ...view, query: '"a&b' })
  t.match(page, 'Names with “<bdi>&quot;a&amp;b</bdi>” in <a href="/docs/a%20b/"><bdi>a b</bdi></a>')
  t.match(page, 'value="&quot;a&amp;b"')
  t.match(page, '?q=%22a%26b&amp;sort=size')
  t.match(page, '?q=%22a%26b&amp;json')
  t.notMatch(page, 'method=post')
  t.notMatch(page, '?zip')
  t.match(page, '<title>Search for &quot;a&amp;b in docs/a b')
})

t.test('notices', async (t) => {
  t.match(listingHead({ ...view, notice: 'Stored <3>' }), 'role=status>Stored &lt;3&gt;')
  t.match(listingHead({ ...view, truncated: true }), 'Only the first part')
  const totals = { directories: 1, files: 0, bytes: 0, truncated: true }
  t.match(listingFoot(view, totals), 'Only the first part')
  t.notMatch(listingFoot({ ...view, truncated: true }, totals), 'Only the first part', 'said once')
})

t.test('a file', async (t) => {
  const row = listingRow(view, file)
  t.match(row, '<tr class=t role=row><th role=rowheader><a href="/docs/a%20b/x.txt"><bdi>x.txt</bdi></a>')
  t.match(row, 'title="2,048 bytes">2.0 KiB')
  t.match(row, '<time datetime=2026-11-21T02:41:01Z>')
  t.match(row, 'href="/docs/a%20b/x.txt?download" aria-label="Download x.txt"')
  for (const action of ['move', 'copy', 'delete']) t.match(row, `href="/docs/a%20b/x.txt?${action}"`)
  t.match(listingRow(view, { ...file, size: 3 }), '<td role=cell>3 B<')
})

t.test('a directory ends with a slash, has no size, and is downloaded as a zip', async (t) => {
  const row = listingRow(view, directory)
  t.match(
    row,
    '<tr class=d role=row><th role=rowheader><a href="/docs/a%20b/sub/"><bdi>sub</bdi>/</a><td role=cell><td',
  )
  t.match(row, 'href="/docs/a%20b/sub/?zip"')
  t.match(row, 'href="/docs/a%20b/sub/?move"')
})

t.test('a link is called one, and leads where it leads', async (t) => {
  t.match(
    listingRow(view, { ...file, kind: 'link', target: 'file' }),
    /class=l .*x\.txt"><bdi>x\.txt<\/bdi> <small>link</,
  )
  t.match(
    listingRow(view, { ...directory, kind: 'link', target: 'directory' }),
    /class=l .*sub\/"><bdi>sub<\/bdi>\/ <small>link</,
  )
})

t.test('a link is changed as itself, and its size is not shown', async (t) => {
  const row = listingRow(view, { ...directory, kind: 'link', target: 'directory' })
  t.match(row, 'href="/docs/a%20b/sub/?zip"')
  for (const action of ['move', 'copy', 'delete']) t.match(row, `href="/docs/a%20b/sub?${action}"`)
  t.notMatch(listingRow(view, { ...file, kind: 'link', target: 'file' }), 'KiB')
})

t.test('only what the rights allow is offered', async (t) => {
  t.notMatch(listingRow({ ...view, rights: none }, file), '<details')
  const only = (right: string) => listingRow({ ...view, rights: { ...none, [right]: true } }, file)
  for (const right of ['move', 'copy', 'delete']) {
    t.same(
      [...only(right).matchAll(/\?(move|copy|delete)"/g)].map((match) => match[1]),
      [right],
    )
  }
})

t.test('what cannot be reached has a reason and no link', async (t) => {
  const reasons = { file: /UTF-8/, directory: /UTF-8/, link: /leads out/, other: /pipe, a socket or a device/ } as const
  for (const kind of ['file', 'directory', 'link', 'other'] as const) {
    const row = listingRow(view, { ...file, kind, reachable: false })
    t.match(row, reasons[kind])
    t.notMatch(row, /<a |<details/)
  }
  const unknown = listingRow(view, { ...file, name: 'a\ufffd', kind: 'other', mtimeNs: 0n, reachable: false })
  t.match(unknown, 'unusable name')
  t.notMatch(unknown, '<time')
  const found = listingRow({ ...view, query: 'x' }, { ...file, reachable: false, segments: ['docs', 'a b', 'c'] })
  t.match(found, '<small>in <a href="/docs/a%20b/c/"><bdi>c</bdi></a></small>')
})

t.test('a search result says where it lies', async (t) => {
  const search = { ...view, query: 'x' }
  const below = listingRow(search, { ...file, segments: ['docs', 'a b', 'c', 'd'] })
  t.match(below, 'href="/docs/a%20b/c/d/x.txt"')
  t.match(below, '<small>in <a href="/docs/a%20b/c/d/"><bdi>c/d</bdi></a></small>')
  t.match(listingRow(search, { ...file, segments: ['docs', 'a b'] }), 'in <a href="/docs/a%20b/"><bdi>a b</bdi>')
  t.match(listingRow({ ...search, segments: [] }, { ...file, segments: [] }), 'in <a href="/"><bdi>Home</bdi>')
})

t.test('a top-level name that is a command is written so that it is none', async (t) => {
  t.match(listingRow({ ...view, segments: [] }, { ...file, name: 'upload' }), 'href="/%75pload"')
  t.match(listingRow(view, { ...file, name: 'upload' }), 'href="/docs/a%20b/upload"')
})

t.test('no name can break out of its row', async () => {
  const shape = (row: string) => row.replace(/"[^"]*"/g, '""').replace(/<bdi>[^<]*<\/bdi>/g, '')
  const expected = shape(listingRow(view, { ...file, name: 'x' })).replace('class=f', '')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      const row = listingRow(view, { ...file, name })
      return shape(row).replace(/class=\w/, '') === expected && row.indexOf('\n') === row.length - 1
    }),
  )
})

t.test('the foot counts', async (t) => {
  t.match(
    listingFoot(view, { directories: 1, files: 1234, bytes: 4096 }),
    '<p>1 folder, 1,234 files · <span title="4,096 bytes">4.0 KiB</span></p>',
  )
  t.match(listingFoot(view, { directories: 2, files: 0, bytes: 0 }), '<p>2 folders, 0 files</p>')
})

t.test('an empty listing says so, and what to do', async (t) => {
  const nothing = { directories: 0, files: 0, bytes: 0 }
  t.match(listingFoot(view, nothing), 'This folder is empty.</strong> Upload files')
  t.notMatch(listingFoot({ ...view, rights: none }, nothing), 'Upload files')
  t.match(listingFoot({ ...view, query: 'x' }, nothing), 'Nothing found')
  t.notMatch(listingFoot(view, { ...nothing, files: 1 }), 'empty')
})
