/** Sessions opened by pages: those of this server may, those of another site may not. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { launch, originOf, type Page } from '../fixtures/browser.ts'
import { forEachEngine, startEngine } from '../fixtures/engines.ts'

const browser = await launch(t)

/** Open a session from a page, in the browser. @returns the answer to a call, or that it failed */
function openFrom(page: Page, address: string): Promise<string> {
  return page.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(url, 'twinserve.v1')
        socket.onopen = () => socket.send('{"jsonrpc":"2.0","id":1,"method":"pwd"}')
        socket.onmessage = (event) => resolve(`${socket.protocol} ${event.data}`)
        socket.onerror = () => resolve('failed')
      }),
    address,
  )
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const address = `${originOf(service).replace('http', 'ws')}/.twinserve/session`
  const elsewhere = http.createServer((_request, response) => void response.end('<h1>Elsewhere</h1>'))
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => elsewhere.close(resolve)))
  // The pages of the server need no connections, and their policy allows none.
  const context = await browser.newContext({ bypassCSP: true })
  t.teardown(() => context.close())
  const page = await context.newPage()
  await page.goto(originOf(service))
  t.equal(await openFrom(page, address), 'twinserve.v1 {"jsonrpc":"2.0","id":1,"result":{"path":"/"}}')
  await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`)
  t.equal(await openFrom(page, address), 'failed', 'another port is another origin')
  await page.goto('data:text/html,<h1>Nowhere</h1>')
  t.equal(await openFrom(page, address), 'failed', 'a page without an origin')
})
