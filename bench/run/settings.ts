/** How long and how often, and on which processors. */
import os from 'node:os'

export interface Settings {
  readonly rounds: number
  /** Milliseconds since 1970 until which a scenario whose rounds leave its interval wide may begin as many again; absent for never. */
  readonly againUntil?: number
  /** Of each run. */
  readonly seconds: number
  /** Of the run in which servers tell the phases of their time; 0 for none. */
  readonly phases: number
  /** Of the run at low load, and of that which finds the capacity. */
  readonly calibration: number
  readonly seed: number
  /** How many runs of a scenario are tried again when they were void. */
  readonly retries: number
  /** Where results go: made, and kept. */
  readonly out: string
  /** Where shares are: on the file system that is to be measured. */
  readonly scratch: string
  /** Servers have one, generators another, where there are two. */
  readonly processors: { readonly server: number | undefined; readonly generator: number | undefined }
}

export function processors(): Settings['processors'] {
  const several = process.platform === 'linux' && os.availableParallelism() > 1
  return several ? { server: 0, generator: 1 } : { server: undefined, generator: undefined }
}
