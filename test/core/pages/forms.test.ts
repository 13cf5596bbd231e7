import t from 'tap'
import { copyPage, deletePage, movePage, uploadPage } from '../../../src/core/pages/forms.ts'
import { errorPage, resultPage } from '../../../src/core/pages/message.ts'

const item = { segments: ['docs', 'a "b".tar.gz'], directory: false }

t.test('the upload form asks where to, then for files', async (t) => {
  const page = uploadPage()
  t.match(page, '<form class=card method=post enctype="multipart/form-data" action="/upload">')
  t.match(page, /<label for=directory>[^<]+<\/label><input id=directory name=directory [^>]*value="\/"/)
  t.match(page, 'name=overwrite value=on')
  t.ok(page.indexOf('name=overwrite') < page.indexOf('type=file'), 'fields come before the files')
  t.match(uploadPage({ segments: ['a&b'] }), 'value="/a&amp;b"')
  t.match(uploadPage({ segments: ['a&b'] }), '<a class=tool href="/a%26b/">Cancel</a>')
})

t.test('the move form proposes the path that is', async (t) => {
  const page = movePage(item)
  t.match(page, '<form class=card method=post action="/docs/a%20%22b%22.tar.gz">')
  t.match(page, '<input type=hidden name=action value=move>')
  t.match(page, 'value="/docs/a &quot;b&quot;.tar.gz"')
  t.match(page, '<button class=primary>Move</button><a class=tool href="/docs/">Cancel</a>')
  t.match(page, '<h1>Rename or move “<bdi>a &quot;b&quot;.tar.gz</bdi>”</h1>')
  t.match(page, 'aria-describedby=hint')
  t.match(movePage({ segments: ['d'], directory: true }), 'action="/d/"')
})

t.test('the copy form proposes a name that is likely to be free', async (t) => {
  t.match(copyPage(item), 'value="/docs/a &quot;b&quot;.tar (copy).gz"')
  t.match(copyPage(item), 'name=action value=copy')
  t.match(copyPage({ segments: ['v1.2'], directory: true }), 'value="/v1.2 (copy)"')
  t.match(copyPage({ segments: ['.profile'], directory: false }), 'value="/.profile (copy)"')
})

t.test('a deletion is asked about, and one of many things needs a tick', async (t) => {
  const box = '<input type=checkbox name=recursive value=on required>'
  t.notMatch(deletePage(item), 'recursive')
  t.match(deletePage(item), 'This file will be deleted')
  t.match(deletePage(item), '<input type=hidden name=action value=delete>')
  t.match(deletePage(item), '<button class=danger>Delete</button><a class=tool href="/docs/">Cancel</a>')
  t.match(deletePage({ ...item, directory: true, empty: false }), box)
  t.match(deletePage({ ...item, directory: true }), box, 'not known to be empty')
  t.notMatch(deletePage({ ...item, directory: true, empty: true }), 'recursive')
  t.match(deletePage({ ...item, directory: true, empty: true }), 'This empty folder')
})

t.test('to replace what is there is offered to whoever may', async (t) => {
  for (const page of [uploadPage, () => movePage({ ...item, overwrite: true })]) t.match(page(), 'name=overwrite')
  t.notMatch(uploadPage({ overwrite: false }), 'name=overwrite')
  t.notMatch(movePage({ ...item, overwrite: false }), 'name=overwrite')
  t.notMatch(copyPage({ ...item, overwrite: false }), 'name=overwrite')
})

t.test('the forms of nothing do not fail', async (t) => {
  t.match(movePage({ segments: [], directory: true }), 'action="/"')
})

t.test('a refusal says what happened and what to do', async (t) => {
  const page = errorPage({ status: 404, code: 'not_found', message: '<i> does not exist.', back: '/docs/?q=a&json' })
  t.match(page, '<h1>Not found</h1>\n<p>&lt;i&gt; does not exist.</p>\n<p>It may have been moved')
  t.match(page, '<a class="tool primary" href="/docs/?q=a&amp;json">Go back</a><a class="tool" href="/">')
  t.match(page, '<p class=hint>404 <code>not_found</code></p>')
  t.match(errorPage({ status: 400, code: 'bad_name', message: 'No.' }), 'That did not work')
  t.match(errorPage({ status: 500, code: 'internal', message: 'No.' }), 'Something went wrong')
  t.equal(errorPage({ status: 409, code: 'exists', message: 'No.', back: '/' }).match(/href="\/">G/g)?.length, 1)
})

t.test('a result says what was done and where to go on', async (t) => {
  const page = resultPage({
    status: 201,
    title: 'Created',
    message: '/a & b',
    links: [{ href: '/a/', text: 'Open <a>' }],
  })
  t.match(page, '<title>Created · twinserve</title>')
  t.match(page, '<div class="card done"><h1>Created</h1>\n<p role=status>/a &amp; b</p>')
  t.match(page, '<a class="tool primary" href="/a/">Open &lt;a&gt;</a>')
  const failed = resultPage({ status: 409, title: 'x', message: 'y', links: [] })
  t.notMatch(failed, 'done')
  t.notMatch(failed, 'buttons')
})
