import { test } from 'tap'
import { Answer } from '../../bench/load/answer.ts'

/** Reads an answer in pieces. @returns after how many bytes it was over, if it was */
function read(answer: Answer, text: string, size: number): number | undefined {
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) {
    if (answer.read(bytes.subarray(at, at + size))) return Math.min(at + size, bytes.length)
  }
  return undefined
}

const fine = Buffer.from('hello, world')
const whole: readonly (readonly [name: string, text: string])[] = [
  ['a length', `HTTP/1.1 200 OK\r\ncontent-length:  12\r\nDate: x\r\n\r\nhello, world`],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n'],
  ['one chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nC\r\nhello, world\r\n0\r\n\r\n'],
]

for (const [name, text] of whole) {
  test(`${name}, in pieces of any size`, async (t) => {
    for (let size = 1; size <= text.length; size += 1) {
      const answer = new Answer('GET', fine)
      t.equal(read(answer, text, size), text.length, `in pieces of ${size}`)
      t.match(answer, { status: 200, bytes: 12, right: true, keep: true })
    }
  })
}

test('an answer until the end of its connection', async (t) => {
  const answer = new Answer('GET', fine)
  t.equal(read(answer, 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello, world', 10), undefined)
  t.equal(answer.end(), true)
  t.match(answer, { bytes: 12, right: true, keep: false })
})

test('answers without a body', async (t) => {
  for (const [method, head, status] of [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n', 200],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', 304],
    ['DELETE', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['PUT', 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n', 201],
  ] as const) {
    const answer = new Answer(method, method === 'HEAD' ? fine : undefined)
    t.equal(read(answer, head, 1000), head.length, head)
    t.match(answer, { status, bytes: 0, right: true, keep: true })
  }
})

test('other bytes than those wanted are seen, wherever they are', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: '
  for (const body of ['hello, worlD', 'Hello, world', 'hello, wor', 'hello, world!', '']) {
    for (const size of [1, 7, 1000]) {
      const answer = new Answer('GET', fine)
      const text = `${head}${body.length}\r\n\r\n${body}`
      t.equal(read(answer, text, size), text.length)
      t.equal(answer.right, false, `${body} in pieces of ${size}`)
    }
  }
})

test('an answer that breaks off is not over', async (t) => {
  for (const [, text] of whole) {
    const answer = new Answer('GET', fine)
    t.equal(read(answer, text.slice(0, -1), 5), undefined)
    t.equal(answer.end(), false)
    t.equal(answer.begun, true)
  }
  t.equal(new Answer('GET', fine).begun, false)
})

test('what is no answer', async (t) => {
  for (const [text, message] of [
    ['SSH-2.0-OpenSSH\r\n\r\n', /^SSH-2\.0/],
    ['HTTP/1.0 200 OK\r\n\r\n', /^HTTP\/1\.0/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab', /more bytes than Content-Length says/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /a chunk of/],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`, /no end of the header section/],
  ] as const) {
    t.throws(() => read(new Answer('GET', undefined), text, 100_000), { message })
  }
})
