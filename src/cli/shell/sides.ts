/** The two sides of a shell: each has a current directory, and things in it. */

/** One thing in a directory, of either side. */
export interface Entry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  /** In bytes; not for directories. */
  readonly size?: number
  readonly modified?: Date
  /** What a link leads to. */
  readonly target?: 'file' | 'directory' | 'other'
}

/** What the commands, the patterns and the completion need of a side. Paths are relative to the current directory. */
export interface Side {
  readonly name: 'local' | 'remote'
  /** The current directory, from the top. */
  readonly directory: string
  /** The path from the top. */
  resolve(path: string): string
  /** Makes another directory the current one, which must exist. */
  enter(path: string, signal: AbortSignal): Promise<void>
  /** What is in a directory, in the order of the names; of a file only itself. */
  list(path: string, signal: AbortSignal): Promise<readonly Entry[]>
  /** Links are told of as themselves. */
  stat(path: string, signal: AbortSignal): Promise<Entry>
  makeDirectory(path: string, signal: AbortSignal): Promise<void>
}

/** Whether a path is a directory, or a link to one; false also if there is nothing. */
export async function isDirectory(side: Side, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { kind, target } = await side.stat(path, signal)
    return kind === 'directory' || target === 'directory'
  } catch {
    signal.throwIfAborted()
    return false
  }
}

/** The last name of a path of either side; empty for the top. */
export function baseName(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) as string
}

/** A name in a directory of either side. */
export const within = (directory: string, name: string): string =>
  directory.endsWith('/') ? directory + name : `${directory}/${name}`
