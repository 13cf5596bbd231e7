/**
 * Makes tap ready before its first run: `.taprc` drops its TypeScript plugin, and tap would otherwise notice so
 * only after it has started the first tests with it.
 */
import { spawnSync } from 'node:child_process'
import tap from 'tap'

if (tap.pluginSignature.includes('@tapjs/typescript')) {
  const { status } = spawnSync('tap', ['build'], { stdio: ['ignore', 'ignore', 'inherit'] })
  process.exitCode = status ?? 1
}
