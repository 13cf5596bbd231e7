/**
 * Several files in one multipart body, each stored by itself.
 *
 * A file that cannot be stored does not keep the others from it: the body is read to its end, and the first
 * refusal then tells what was stored all the same.
 */
import { Refusal, refusalOf } from '../errors.ts'
import { store } from '../files/store.ts'
import type { Multipart, PartHead } from '../http/multipart.ts'
import { pathFromText, rootPath, type SafePath } from '../paths.ts'
import type { Access } from '../policy.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'

export interface Uploaded {
  /** Where the field `directory` sent them, if there was one. */
  readonly directory: SafePath | undefined
  readonly stored: readonly SafePath[]
}

/**
 * Store every file of a form. Its fields `overwrite` and `directory` count for the files behind them.
 *
 * @param into the directory, which a field `directory` overrules only when this is undefined
 * @throws Refusal of the first file that could not be stored; bad_body, too_large
 */
export function* upload(
  site: Site,
  access: Access,
  parts: Multipart,
  into: SafePath | undefined,
  overwrite: boolean,
): Program<Uploaded> {
  const batch = new Batch(site, access, parts, into, overwrite)
  try {
    yield* batch.all()
  } catch (error) {
    throw error instanceof Refusal ? batch.noted(error) : error
  }
  return batch.result()
}

class Batch {
  readonly #site: Site
  readonly #access: Access
  readonly #parts: Multipart
  readonly #into: SafePath | undefined
  #directory: SafePath | undefined
  #overwrite: boolean
  readonly #stored: SafePath[] = []
  #refusal: Refusal | undefined

  constructor(site: Site, access: Access, parts: Multipart, into: SafePath | undefined, overwrite: boolean) {
    this.#site = site
    this.#access = access
    this.#parts = parts
    this.#into = into
    this.#overwrite = overwrite
  }

  *all(): Program<void> {
    for (;;) {
      const part = yield* this.#parts.nextPart()
      if (part === undefined) return
      if (part.filename === undefined) yield* this.#field(part)
      else yield* this.#file(part.filename)
    }
  }

  /** A refusal that does not hide what was done before it. */
  noted(refusal: Refusal): Refusal {
    const names = this.#stored.map((path) => path.text).join(', ')
    return names === '' ? refusal : refusal.withNote(`Stored all the same: ${names}.`)
  }

  *#field({ field }: PartHead): Program<void> {
    const text = yield* this.#parts.text()
    if (field === 'overwrite') this.#overwrite = true
    if (field === 'directory' && this.#into === undefined) this.#directory = pathFromText(text)
  }

  *#file(filename: string): Program<void> {
    // What a browser sends for a file field that was left empty.
    if (filename === '') return
    const directory = this.#into ?? this.#directory ?? rootPath
    try {
      const path = directory.child(filename)
      yield* store(this.#site, this.#access, { path, source: this.#parts, replace: this.#overwrite })
      this.#stored.push(path)
    } catch (error) {
      if (this.#parts.broken) throw error
      this.#refusal ??= refusalOf(error, filename)
    }
  }

  result(): Uploaded {
    if (this.#refusal !== undefined) throw this.noted(this.#refusal)
    return { directory: this.#directory, stored: this.#stored }
  }
}
