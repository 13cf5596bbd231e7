/** An engine in a process of its own: tells its address, and serves until its standard input ends. Its one argument is JSON. */
import type { Serve, ServeOptions } from '../../src/core/options.ts'

const { engine, options } = JSON.parse(process.argv[2] ?? '{}') as { engine: string; options: ServeOptions }
const { serve } = (await import(`../../src/${engine}/serve.ts`)) as { serve: Serve }
const server = await serve(options)
process.stdout.write(`${JSON.stringify(server.address)}\n`)
process.stdin.on('end', () => void server.stop())
process.stdin.resume()
