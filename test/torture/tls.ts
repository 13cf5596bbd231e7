/**
 * TLS as others see it: curl, openssl and testssl.sh against both engines, with a certificate that an authority of our own has
 * signed, and with the one of `--tls self-signed`.
 *
 *     node --import=./scripts/typescript.js test/torture/tls.ts [--engine sync,async] [--certificate signed,self-signed] [--no-testssl]
 *
 * Needs `curl`, `openssl`, and `testssl` (Debian's testssl.sh), which takes some minutes for each engine and certificate. Prints
 * what it found, and ends with status 1 if somebody disagrees, or if testssl has a finding above low that is about the server: what
 * it says of the certificate (who signed it, revocation, age, that it is not logged) is about the authority that was made here, or
 * that there is none.
 */

import { execFile, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { serve as serveLater } from '../../src/async/serve.ts'
import { selfSigned } from '../../src/cli/tls/kept.ts'
import { connect } from '../../src/client/index.ts'
import type { Credentials, RunningServer } from '../../src/core/options.ts'
import { serve as serveNow } from '../../src/sync/serve.ts'
import { quiet } from '../fixtures/quiet.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sync,async' },
    certificate: { type: 'string', default: 'signed,self-signed' },
    'no-testssl': { type: 'boolean', default: false },
  },
})

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-tls-'))
const at = (name: string) => path.join(directory, name)
let failures = 0
const say = (line: string) => process.stdout.write(`${line}\n`)

function check(what: string, fine: boolean, detail = ''): void {
  say(`  ${fine ? 'ok  ' : 'FAIL'} ${what}${fine ? '' : `: ${detail}`}`)
  if (!fine) failures += 1
}

interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs beside the server, which may be in this process. */
async function run(command: string, args: readonly string[], input = ''): Promise<Ended> {
  const running = promisify(execFile)(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 1_800_000,
  })
  running.child.stdin?.on('error', () => {}).end(input)
  return await running.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error) => ({ code: Number(error.code ?? -1), output: `${error.stdout}${error.stderr}` }),
  )
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: directory, encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
}

/** An authority, whose own certificate is then in `ca.pem`, and a certificate that it has signed. */
function certify(): Credentials {
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '60',
    '-subj',
    '/CN=CA',
    ...authority,
  )
  openssl('req', ...newKey, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=localhost')
  fs.writeFileSync(
    at('extensions'),
    'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n',
  )
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '80', '-extfile', 'extensions']
  openssl('x509', '-req', '-in', 'request.pem', ...signing, '-out', 'cert.pem')
  return { cert: fs.readFileSync(at('cert.pem'), 'utf8'), key: fs.readFileSync(at('key.pem'), 'utf8') }
}

/** What `--tls self-signed` makes, and in `ca.pem` the same. */
async function vouchForItself(): Promise<Credentials> {
  const { credentials } = await selfSigned(at('state'), ['localhost', '127.0.0.1'])
  fs.writeFileSync(at('ca.pem'), new X509Certificate(credentials.cert).toString())
  return credentials
}

async function curl({ url }: RunningServer): Promise<void> {
  const big = at('big')
  const trusting = ['-sS', '--cacert', at('ca.pem')]
  check('curl stores 64 MiB', (await run('curl', [...trusting, '-T', big, `${url}stored`])).output.includes('Stored'))
  check('curl fetches them', (await run('curl', [...trusting, '-o', at('fetched'), `${url}stored`])).code === 0)
  check('and they are the same', fs.readFileSync(big).equals(fs.readFileSync(at('fetched'))))
  for (const version of ['1.2', '1.3']) {
    const { code, output } = await run('curl', [...trusting, `--tlsv${version}`, '--tls-max', version, `${url}small`])
    check(`curl by TLS ${version}`, code === 0 && output === 'small', output)
  }
  check('curl without the authority refuses (60)', (await run('curl', ['-sS', `${url}small`])).code === 60)
  const plain = await run('curl', ['-sS', url.replace('https', 'http')])
  check('curl in the clear is told', plain.output.startsWith('tls_required: '), plain.output)
}

async function sClient({ url }: RunningServer): Promise<void> {
  const request = 'GET /small HTTP/1.0\r\n\r\n'
  const args = ['s_client', '-quiet', '-verify_return_error', '-connect', new URL(url).host]
  const trusted = await run('openssl', [...args, '-CAfile', at('ca.pem')], request)
  check('openssl s_client verifies, and gets the answer', /200 OK[\s\S]*small/.test(trusted.output), trusted.output)
  check('and refuses without the authority', (await run('openssl', args, request)).code !== 0)
  const old = await run('openssl', [...args, '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'], request)
  check('and gets no TLS 1.1', /alert protocol version/.test(old.output), old.output)
}

async function client({ url }: RunningServer, { cert }: Credentials): Promise<void> {
  const { fingerprint256 } = new X509Certificate(cert)
  for (const trust of [{ ca: fs.readFileSync(at('ca.pem')) }, { fingerprint: fingerprint256 }]) {
    const ours = await connect({ url, ...trust, stateDirectory: false })
    check(`the client agrees by ${Object.keys(trust)}`, (await ours.stat('small')).size === 5)
    await ours.close()
  }
  const refused = await connect({ url, retry: { attempts: 1 } }).catch((error) => error.code)
  check('and refuses without the authority', refused === 'untrusted', String(refused))
}

interface Finding {
  readonly id: string
  readonly severity: string
  readonly finding: string
}

const above = new Set(['MEDIUM', 'HIGH', 'CRITICAL', 'WARN', 'FATAL'])

async function testssl({ url }: RunningServer): Promise<void> {
  const json = at('findings.json')
  fs.rmSync(json, { force: true })
  const args = ['--quiet', '--color', '0', '--warnings', 'off', '--add-ca', at('ca.pem'), '--jsonfile', json]
  await run('testssl', [...args, new URL(url).host])
  const findings = JSON.parse(fs.readFileSync(json, 'utf8')) as readonly Finding[]
  const serious = findings.filter(({ severity }) => above.has(severity))
  for (const { id, severity, finding } of findings) {
    if (severity === 'LOW' || above.has(severity)) say(`       ${severity} ${id}: ${finding}`)
  }
  const own = serious.filter(({ id }) => !id.startsWith('cert_'))
  check(
    `testssl has ${findings.length} findings, none above low but of the certificate`,
    own.length === 0 && findings.length > 100,
  )
}

async function look(engine: string, credentials: Credentials): Promise<void> {
  const serve = engine === 'sync' ? serveNow : serveLater
  fs.rmSync(path.join(root, 'stored'), { force: true })
  const server = await serve({ ...quiet, readOnly: false, root, tls: credentials })
  try {
    await curl(server)
    await sClient(server)
    await client(server, credentials)
    if (!values['no-testssl']) await testssl(server)
  } finally {
    await server.stop()
  }
}

const root = at('share')
fs.mkdirSync(root)
fs.writeFileSync(path.join(root, 'small'), 'small')
fs.writeFileSync(at('big'), Buffer.alloc(64 * 1024 * 1024, 'all of them, in their order. '))
try {
  for (const certificate of values.certificate.split(',')) {
    const credentials = certificate === 'self-signed' ? await vouchForItself() : certify()
    for (const engine of values.engine.split(',')) {
      say(`${engine}, ${certificate}`)
      await look(engine, credentials)
    }
  }
} finally {
  fs.rmSync(directory, { recursive: true, force: true })
}
process.exitCode = failures === 0 ? 0 : 1
