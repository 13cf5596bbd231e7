/** The number that the kernel has for this thread (gettid(2)), which on Linux no other thread or process has; elsewhere undefined. */
import fs from 'node:fs'

function find(): number | undefined {
  try {
    // proc(5): PID/task/TID
    return Number(fs.readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return undefined
  }
}

export const threadNumber = find()
