/** What the parts of one client share. */
import type { SafePath } from '../core/paths.ts'
import type { Method, ParamsOf, ResultOf } from '../core/session/messages.ts'
import type { Http } from './http.ts'
import type { Attempts } from './retry.ts'

export interface Context {
  readonly http: Http
  readonly attempts: Attempts
  /** Where transfers are noted; undefined when they are not to be. */
  readonly stateDirectory: string | undefined
  /** A path as the caller writes it, from the top. @throws ClientError bad_name, reserved */
  resolve(path: string): SafePath
  /** A call of the session. @throws ClientError */
  call<M extends Method>(method: M, params: ParamsOf<M>, signal?: AbortSignal): Promise<ResultOf<M>>
}
