/** The Dockerfile: what it names is there, and its health check tells a server that serves from one that does not. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { engines, startEngine } from './fixtures/engines.ts'

const text = readFileSync('contrib/Dockerfile', 'utf8').replaceAll('\\\n', ' ')
const instructions = text.split('\n').filter((line) => /^[A-Z]/.test(line))

/** What stands behind an instruction, each time. */
function all(name: string): string[] {
  return instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim())
}

t.test('it copies what there is', async (t) => {
  const copied = all('COPY').filter((words) => !words.startsWith('--from'))
  const sources = copied.flatMap((words) => words.split(/\s+/).slice(0, -1))
  t.ok(sources.includes('package.json') && sources.includes('src'))
  for (const source of sources) t.ok(existsSync(source), source)
})

t.test('it starts what is built, and as its reader is told', async (t) => {
  const [node, main = '', command] = JSON.parse(all('ENTRYPOINT')[0] as string) as string[]
  t.strictSame([node, command], ['node', 'serve'])
  t.ok(existsSync(main.replace('/opt/twinserve/dist/', 'src/').replace(/\.js$/, '.ts')), main)
  t.equal(all('EXPOSE')[0], '8080')
})

for (const engine of engines) {
  t.test(`${engine.name}: its health check`, async (t) => {
    const words = JSON.parse((all('HEALTHCHECK')[0] as string).replace(/^.*?CMD /, '')) as string[]
    const service = await startEngine(t, engine)
    const { port } = service.server.address as { port: number }
    const check = async () => {
      const [, ...args] = words.map((word) => word.replace('127.0.0.1:8080', `127.0.0.1:${port}`))
      t.not(args.join(' '), words.slice(1).join(' '), 'it asks at the port that is exposed')
      const child = spawn(process.execPath, args, { stdio: 'inherit', env: {} })
      return (await once(child, 'exit'))[0] as number
    }
    t.equal(await check(), 0)
    await service.server.stop()
    t.equal(await check(), 1)
  })
}
