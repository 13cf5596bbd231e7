/** A server in a process of its own: `ENGINE OPTIONS`, as JSON. Tells its address, and serves until it is killed. */
import type { Serve } from '../../src/core/options.ts'
import { quiet } from '../fixtures/quiet.ts'

const [, , engine = '', wishes = '{}'] = process.argv
const { serve } = (await import(`../../src/${engine}/serve.ts`)) as { serve: Serve }
const server = await serve({ ...quiet, readOnly: false, ...JSON.parse(wishes) })
process.stdout.write(`${JSON.stringify(server.address)}\n`)
