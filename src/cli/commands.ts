/** The commands, for "did you mean". A first word that is none of them is the directory to share. */
export const commands: readonly string[] = ['serve', 'completion', 'help']
