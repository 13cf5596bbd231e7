/**
 * Lets Node run TypeScript as it stands: `node --import=./scripts/typescript.js file.ts`, as Node 22.18 and later do
 * by themselves.
 *
 * Types become spaces, so that every line and column, and therefore every line of coverage, is that of the source.
 * (tsx would rewrite each file into a single line and wrap its functions, and a function of one line that no test
 * calls would count as covered.)
 */
import { register } from 'node:module'

register('./typescript-hooks.js', import.meta.url)
