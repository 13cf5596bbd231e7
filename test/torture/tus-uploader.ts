/** A tus client in a process of its own, to be killed: uploads a file, goes on where another such process was ended. */
import { createReadStream, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defaultOptions, Upload, type UrlStorage } from 'tus-js-client'

/** The package exports it at run time for Node, but not in the types that it has in common with browsers. */
const { FileUrlStorage } = createRequire(import.meta.url)('tus-js-client') as {
  FileUrlStorage: new (path: string) => UrlStorage
}
const [, , endpoint = '', file = '', name = '', storage = ''] = process.argv

const upload = new Upload(createReadStream(file), {
  ...defaultOptions,
  endpoint,
  metadata: { path: name },
  headers: process.env.AUTHORIZATION ? { Authorization: process.env.AUTHORIZATION } : {},
  uploadSize: statSync(file).size,
  // Memory for one chunk: a stream cannot be read twice.
  chunkSize: 8 * 1024 * 1024,
  urlStorage: new FileUrlStorage(storage),
  fingerprint: async () => `${name} ${statSync(file).size}`,
  retryDelays: Array.from({ length: 60 }, () => 250),
  onProgress: (sent) => process.stdout.write(`sent ${sent}\n`),
  onError: (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  },
  onSuccess: () => process.stdout.write('done\n'),
})
const [known] = await upload.findPreviousUploads()
if (known !== undefined) upload.resumeFromPreviousUpload(known)
upload.start()
