/**
 * How test results are shown: one line for each test file, what failed in it, and the counts as the very last line.
 *
 * The counts are those of the TAP stream itself: every assertion of every test, and every file that could not run
 * to its end. A skipped or unfinished test is a failed one (`fail-skip` and `fail-todo` in .taprc).
 */
import { Duplex } from 'node:stream'
import { Parser } from 'tap-parser'

/** What went wrong, indented below its name. */
function describe({ source, at, cwd, stdio, jobId, externalID, args, stack, ...rest }) {
  return [...Object.entries(rest), ['stack', stack]]
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}`)
    .join('\n')
    .replace(/^/gm, '      ')
}

export default class Reporter extends Duplex {
  #parser = new Parser()
  #total = { pass: 0, fail: 0 }
  #file = { pass: 0, fail: 0, failures: [] }
  #closing = undefined
  #ended = false

  constructor() {
    super({ decodeStrings: false, defaultEncoding: 'utf8' })
    this.push(null)
    this.#parser.on('result', (result) => this.#count(result))
    // The point that closes a file comes before the result that it may stand for itself, so it waits for the next file.
    this.#parser.on('child', () => this.#endFile())
    this.#parser.on('assert', (result) => {
      this.#closing = result
    })
    this.#parser.on('bailout', (reason) => console.log(`The tests were given up: ${reason}`))
    this.#parser.on('complete', () => {
      this.#endFile()
      this.#ended = true
    })
    process.once('exit', (code) => this.#close(code))
  }

  #count(result) {
    const kind = result.ok ? 'pass' : 'fail'
    this.#total[kind]++
    this.#file[kind]++
    if (!result.ok) this.#file.failures.push(result)
  }

  #endFile() {
    if (this.#closing === undefined) return
    const { ok, name, time } = this.#closing
    const { pass, fail, failures } = this.#file
    this.#closing = undefined
    this.#file = { pass: 0, fail: 0, failures: [] }
    const took = time === null ? '' : ` (${Math.round(time)} ms)`
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${pass} passed, ${fail} failed${took}`)
    for (const failure of failures) {
      console.log(`    ${failure.fullname}`)
      if (failure.diag) console.log(describe(failure.diag))
    }
  }

  #close(code) {
    const { pass, fail } = this.#total
    if (!this.#ended) console.log('The tests did not run to their end.')
    else if (code !== 0 && fail === 0) {
      console.log('No test failed, but the tests in test/core do not cover src/core completely (see the table).')
    }
    console.log(`${pass} passed, ${fail} failed`)
  }

  _read() {}

  _write(chunk, _encoding, done) {
    this.#parser.write(chunk)
    done()
  }

  _final(done) {
    this.#parser.end()
    done()
  }
}
