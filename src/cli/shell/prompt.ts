/** The prompt: where one is, on both sides. */
import { homedir } from 'node:os'
import { printable } from '../printable.ts'

/** @param columns of the terminal: long paths are cut, so that there is room to type */
export function promptText(local: string, remote: string, columns = 80): string {
  const room = Math.max(12, Math.floor(columns / 4))
  return `local ${shorten(fromHome(local), room)}, remote ${shorten(remote, room)}> `
}

/** `~/photos` for what lies in the home directory. */
export function fromHome(path: string, home: string = homedir()): string {
  if (path === home) return '~'
  return home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}

/** The end of a path tells more than its beginning. */
function shorten(path: string, room: number): string {
  const chars = [...printable(path)]
  return chars.length <= room ? chars.join('') : `...${chars.slice(3 - room).join('')}`
}
