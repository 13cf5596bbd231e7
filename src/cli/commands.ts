import { clientCommands } from './client/options.ts'

/** The commands, for "did you mean". A first word that is none of them is the directory to share. */
export const commands: readonly string[] = [
  'serve',
  ...Object.keys(clientCommands),
  'shell',
  'passwd',
  'bench',
  'predict',
  'completion',
  'help',
]
