/** Running the commands of the system: mount(8), mkfs(8). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Run a command to its end. @param descriptor what it gets as descriptor 3 @throws when it fails */
export async function run(command: string, words: readonly string[], descriptor?: number): Promise<void> {
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe', descriptor ?? 'ignore'] })
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${[command, ...words].join(' ')}: ${complaint.trim() || `status ${code}`}`)
}

/** Mount a file system that lies in a file, use it, and unmount it. Fails when something of it is still in use then. */
export async function mounted<T>(image: string, where: string, options: string, use: () => Promise<T>): Promise<T> {
  await run('mount', ['-o', `loop,${options}`, image, where])
  let failed = true
  try {
    const result = await use()
    failed = false
    return result
  } finally {
    await run('umount', failed ? ['--lazy', where] : [where])
  }
}
