import type { Context } from './context.ts'
import { ClientError } from './errors.ts'
import type { TreeOptions, TreeResult } from './options.ts'

export async function uploadTree(
  _context: Context,
  _from: string,
  _to: string,
  _options: TreeOptions,
): Promise<TreeResult> {
  throw new ClientError('not_implemented', 'Trees come next.')
}
