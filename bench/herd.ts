/**
 * What it costs that all threads of the blocking engine have one listening socket: whether a new connection wakes one of those
 * that are idle, or more, which then find nothing.
 *
 *     npm run build && node --import=./scripts/typescript.js bench/herd.ts [--threads 1,2,4,8,16] [--rounds 3] [--seconds 2]
 *
 * One client asks for a file of 1 KB, over a new connection each time: so all threads but one are always idle, which is the
 * worst that can be. What is printed is the server's processor time for a request, all threads together, and how often
 * they were woken. Processor time, because it is the same on a busy machine; the median of interleaved rounds.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { accepting, freePort, median, places, shuffled, twinserveMain } from './serving.ts'

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1,2,4,8,16' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
  },
})

interface Herd {
  readonly threads: number
  readonly port: number
  readonly child: ChildProcess
  /** Microseconds for a request. */
  readonly times: number[]
  /** Wake-ups for a request. */
  readonly wakes: number[]
}

/** What all threads of a process have used so far: nanoseconds on a processor (proc(5), `schedstat`), and waits that came to an end. */
function used(pid: number): { time: number; wakes: number } {
  let time = 0
  let wakes = 0
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
    const of = (name: string) => fs.readFileSync(`/proc/${pid}/task/${task}/${name}`, 'latin1')
    time += Number(of('schedstat').split(' ')[0])
    wakes += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(of('status'))?.[1])
  }
  return { time, wakes }
}

function measure({ port, child, times, wakes }: Herd): void {
  const pid = child.pid as number
  const before = used(pid)
  const args = ['-t1', '-c1', `-d${values.seconds}s`, '-H', 'Connection: close', `http://127.0.0.1:${port}/file`]
  const output = execFileSync('wrk', args, { encoding: 'utf8' })
  const after = used(pid)
  const requests = Number(/(\d+) requests in/.exec(output)?.[1])
  times.push((after.time - before.time) / 1000 / requests)
  wakes.push((after.wakes - before.wakes) / requests)
}

const { directory, root } = places('herd')
fs.writeFileSync(path.join(root, 'file'), Buffer.alloc(1024, 'x'))
const herds: Herd[] = []
try {
  for (const threads of values.threads.split(',').map(Number)) {
    const port = await freePort()
    const words = ['--mode', 'sync', '--threads', String(threads), '-p', String(port), '--cache', '0', '--read-only']
    const rest = ['--log-format', 'off', '--no-server-timing', root]
    const child = spawn(process.execPath, [twinserveMain, 'serve', ...words, ...rest], { stdio: 'ignore' })
    herds.push({ threads, port, child, times: [], wakes: [] })
    await accepting(port)
  }
  for (const herd of herds) measure(herd)
  for (const { times, wakes } of herds) times.length = wakes.length = 0
  for (let round = 0; round < Number(values.rounds); round += 1) for (const herd of shuffled(herds)) measure(herd)
  const one = median(herds[0]?.times ?? [])
  for (const { threads, times, wakes } of herds) {
    const time = median(times)
    console.log(
      `${String(threads).padStart(3)} threads  ${time.toFixed(0).padStart(5)} µs for a request, ${(time / one).toFixed(2)} x` +
        `  woken ${median(wakes).toFixed(1)} times`,
    )
  }
} finally {
  for (const { child } of herds) child.kill('SIGTERM')
  fs.rmSync(directory, { recursive: true, force: true })
}
