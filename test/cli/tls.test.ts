/** TLS from the command line: certificates in files, one that is made and kept, and clients that are told whom to trust. */
import { X509Certificate } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { selfSigned } from '../../src/cli/tls/kept.ts'
import type { Credentials } from '../../src/core/options.ts'
import { run, serve, typed } from '../fixtures/command.ts'
import { certified, credentials, fingerprintOf } from '../fixtures/credentials.ts'
import { temporary } from '../fixtures/temporary.ts'

const day = 24 * 60 * 60 * 1000

/** Files in a directory of their own. @returns the directory */
async function written(t: Test, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await temporary(t)
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, { mode: 0o600 })
  return directory
}

async function replace(directory: string, { cert, key }: Credentials): Promise<void> {
  for (const [name, text] of Object.entries({ 'cert.pem': cert, 'key.pem': key })) {
    await writeFile(join(directory, `${name}.new`), text, { mode: 0o600 })
    await rename(join(directory, `${name}.new`), join(directory, name))
  }
}

test('certificates that cannot be used', async (t) => {
  const other = certified()
  const locked = `-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n-----END ENCRYPTED PRIVATE KEY-----\n`
  const cwd = await written(t, {
    'cert.pem': credentials.cert,
    'key.pem': credentials.key,
    'other.pem': other.key,
    'chain.pem': other.cert + credentials.cert,
    'old.pem': certified(undefined, -900).cert,
    'soon.pem': certified(undefined, 5).cert,
    'locked.pem': locked,
    'broken.pem': '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n',
    'text.txt': 'hello',
  })
  const aged = (days: number): Credentials => certified(undefined, days)
  const [old, soon] = [aged(-900), aged(5)]
  await writeFile(join(cwd, 'old.pem'), old.cert + old.key, { mode: 0o600 })
  await writeFile(join(cwd, 'soon.pem'), soon.cert + soon.key, { mode: 0o600 })
  const rows: readonly (readonly [words: string, sentence: RegExp])[] = [
    ['--tls-cert cert.pem', /^--tls-cert needs the key of the certificate, too\. Name it with --tls-key\.$/],
    ['--tls-key key.pem', /^--tls-key needs the certificate of the key, too\. Name it with --tls-cert\.$/],
    ['--tls self-signed --tls-cert cert.pem', /^--tls self-signed makes a certificate, .* Leave one of them out\.$/],
    ['--tls on', /^--tls is off or self-signed, not "on"\.$/],
    ['--tls-cert no.pem --tls-key key.pem', /^The file no\.pem does not exist\. Name another with --tls-cert\.$/],
    ['--tls-cert cert.pem --tls-key .', /^The file \. cannot be read \(EISDIR\)\. Name another with --tls-key\.$/],
    ['--tls-cert text.txt --tls-key key.pem', /^text\.txt holds no certificate\. Give a PEM file/],
    ['--tls-cert broken.pem --tls-key key.pem', /^broken\.pem holds a certificate that cannot be read: /],
    ['--tls-cert cert.pem --tls-key cert.pem', /^cert\.pem holds no private key\. Give a PEM file/],
    [
      '--tls-cert cert.pem --tls-key other.pem',
      /^The key in other\.pem is not the one of the certificate in cert\.pem\./,
    ],
    [
      '--tls-cert chain.pem --tls-key key.pem',
      /^The key in key\.pem is for certificate 2 in chain\.pem\. Put the certificate/,
    ],
    ['--tls-cert cert.pem --tls-key locked.pem', /^The key in locked\.pem is protected by a passphrase/],
    [
      '--tls-cert old.pem --tls-key old.pem',
      /^The certificate in old\.pem has expired, on \d{4}-\d\d-\d\d\. Use a new one\.$/,
    ],
    ['--tls-cert soon.pem --tls-key soon.pem', /^The certificate in soon\.pem is not valid before \d{4}-\d\d-\d\d\./],
  ]
  for (const [words, sentence] of rows) {
    const { code, stdout, stderr } = await run(words.split(' '), { cwd })
    t.strictSame({ code, stdout }, { code: 2, stdout: '' }, words)
    t.match(stderr, /^twinserve: .*\n$/, words)
    t.match(stderr.slice('twinserve: '.length, -1), sentence, words)
  }
})

for (const mode of ['sync', 'async']) {
  test(`${mode}: certificates in files, and another one after SIGHUP`, async (t) => {
    const directory = await written(t, { 'cert.pem': credentials.cert, 'key.pem': credentials.key })
    await chmod(join(directory, 'key.pem'), 0o644)
    await mkdir(join(directory, 'share'))
    await writeFile(join(directory, 'share', 'a'), 'content')
    // The paths of a configuration file are from where the file is.
    await writeFile(join(directory, 'c.json'), '{"tls-cert": "cert.pem", "tls-key": "key.pem", "directory": "share"}')
    let said = ''
    let heard = () => {}
    const server = await serve(t, ['--mode', mode, '-p', '0', '-c', join(directory, 'c.json'), '--log-format', 'off'], {
      started: (child) =>
        child.stderr?.on('data', (text: string) => {
          said += text
          heard()
        }),
    })
    const until = async (pattern: RegExp) => {
      while (!pattern.test(said)) await new Promise<void>((resolve) => (heard = resolve))
      said = ''
    }
    t.match(server.url, /^https:\/\/127\.0\.0\.1:\d+\/$/)
    await until(/twinserve: Others may read or change the key in \S*key\.pem\. Let only its owner: chmod 600 \S+\n/)
    const cat = async (fingerprint: string) =>
      await typed(['cat', 'a', '--url', server.url, '--fingerprint', fingerprint], {})
    t.match(await cat(fingerprintOf(credentials)), { code: 0, stdout: 'content' })
    t.match(await cat('00'.repeat(32)), { code: 9, stderr: /has not the certificate that is expected/ })

    const next = certified()
    await replace(directory, next)
    server.kill('SIGHUP')
    await until(
      new RegExp(`New connections get the certificate with the SHA-256 fingerprint ${fingerprintOf(next)}\\.\n`),
    )
    t.match(await cat(fingerprintOf(next)), { code: 0, stdout: 'content' })

    await replace(directory, { ...credentials, cert: 'nothing' })
    server.kill('SIGHUP')
    await until(/holds no certificate\. .* The certificate that is in use stays in use\.\n/)
    t.match(await cat(fingerprintOf(next)), { code: 0, stdout: 'content' })
    server.kill('SIGTERM')
    t.match(await server.ended, { code: 0, stdout: /^twinserve .*\n {2}certificate SHA-256 [0-9A-F:]{95}\n$/ })
  })

  test(`${mode}: --tls self-signed makes a certificate, keeps it, and prints its fingerprint`, async (t) => {
    const state = await temporary(t)
    const env = { XDG_STATE_HOME: state }
    const words = [
      '--mode',
      mode,
      '-p',
      '0',
      '--log-format',
      'off',
      '--tls',
      'self-signed',
      '--host-name',
      'nas.example',
    ]
    const share = await temporary(t)
    const fingerprints: string[] = []
    for (let time = 0; time < 2; time += 1) {
      const server = await serve(t, [...words, share], { env })
      const kept = join(state, 'twinserve', 'self-signed.pem')
      t.equal((await stat(kept)).mode & 0o777, 0o600)
      t.equal((await stat(join(state, 'twinserve'))).mode & 0o077, 0)
      const certificate = new X509Certificate(await readFile(kept))
      for (const name of ['localhost', 'nas.example']) t.equal(certificate.checkHost(name), name)
      for (const address of ['127.0.0.1', '::1']) t.equal(certificate.checkIP(address), address)
      const ls = await typed(['ls', '--url', server.url], { TWINSERVE_FINGERPRINT: certificate.fingerprint256 })
      t.match(ls, { code: 0, stderr: '' })
      t.match(await typed(['ls', '--url', server.url, '--cacert', kept], {}), { code: 0 })
      t.match(await typed(['ls', '--url', server.url], { TWINSERVE_CACERT: kept }), { code: 0 })
      const refused = await typed(['ls', '--url', server.url], {})
      t.match(refused, {
        code: 9,
        stderr: new RegExp(`signed by itself.*${certificate.fingerprint256}.*--fingerprint`),
      })
      const shell = await run(['shell', server.url, '--fingerprint', certificate.fingerprint256, '-c', 'pwdr'], { env })
      t.match(shell, { code: 0, stdout: /^\/\n/ })
      server.kill('SIGTERM')
      const { stdout } = await server.ended
      t.match(stdout, `\n  certificate SHA-256 ${certificate.fingerprint256}\n`)
      fingerprints.push(certificate.fingerprint256)
    }
    t.equal(fingerprints[0], fingerprints[1], 'the second time it is the same')
  })
}

test('a kept certificate is made anew for a reason only, and by one of those who make it at once', async (t) => {
  const directory = join(await temporary(t), 'state')
  const names = ['a.example', 'localhost', '127.0.0.1']
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => selfSigned(directory, names)))
  if (first === undefined) throw new Error('none')
  for (const { fingerprint } of others) t.equal(fingerprint, first.fingerprint)
  t.same(first.names, ['a.example', 'localhost'])
  t.equal((await selfSigned(directory, [...names, '192.0.2.1'])).fingerprint, first.fingerprint, 'another address')
  const named = await selfSigned(directory, [...names, 'b.example'])
  t.not(named.fingerprint, first.fingerprint, 'another name')
  const keyOf = ({ credentials }: typeof first) =>
    new X509Certificate(credentials.cert).publicKey.export({ type: 'spki', format: 'pem' })
  t.equal(keyOf(named), keyOf(first), 'with the same key')
  const again = await selfSigned(directory, names, Date.now() + 760 * day)
  t.equal(again.fingerprint, named.fingerprint, 'forty days before its end')
  const renewed = await selfSigned(directory, names, Date.now() + 775 * day)
  t.not(renewed.fingerprint, named.fingerprint, 'twenty-five days before it')
  t.ok(renewed.until > Date.now() + 1500 * day)
  t.equal(keyOf(renewed), keyOf(first))
  t.same(await readdir(directory), ['self-signed.pem'], 'nothing is left over')
  await writeFile(join(directory, 'self-signed.pem'), 'damaged')
  await t.rejects(selfSigned(directory, names), {
    message: /holds no certificate\..* Or delete .*self-signed\.pem, and a new/,
  })
})

test('clients are told what they cannot use', async (t) => {
  const cwd = await written(t, { 'none.pem': 'hello' })
  const rows: readonly (readonly [words: string, sentence: RegExp])[] = [
    [
      'ls --url https://127.0.0.1:1/ --fingerprint AB',
      /^AB is no fingerprint\. Give the SHA-256 that the server shows/,
    ],
    [`ls --url http://127.0.0.1:1/ --fingerprint ${'AB'.repeat(32)}`, /speaks no TLS\. Give an address that begins/],
    [`ls --url https://127.0.0.1:1/ --cacert ${cwd}/no.pem`, /^The file \S+ does not exist\. Name one with/],
    [`ls --url https://127.0.0.1:1/ --cacert ${cwd}/none.pem`, /^The file \S+ holds no certificate\. Name one with/],
    ['ls --fingerprint=', /^--fingerprint needs a value\.$/],
  ]
  for (const [words, sentence] of rows) {
    const { code, stderr } = await typed(words.split(' '), {})
    t.equal(code, 2, words)
    t.match(stderr.replace(/^twinserve[^:]*: /, '').trim(), sentence, words)
  }
})
