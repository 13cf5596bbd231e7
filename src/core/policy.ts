/**
 * Who may do what: the one place that says so, and every protocol asks it.
 */
import { Refusal } from './errors.ts'

/** What a request wants to do to the tree. */
export type Action = 'read' | 'upload' | 'create' | 'move' | 'copy' | 'delete'

/** The rights in force. */
export interface Policy {
  readonly readOnly: boolean
}

/** Whether the policy grants an action. */
export function allows(policy: Policy, action: Action): boolean {
  return action === 'read' || !policy.readOnly
}

/** Refuse an action that the policy does not grant. @throws Refusal read_only */
export function demand(policy: Policy, action: Action): void {
  if (!allows(policy, action)) throw new Refusal('read_only')
}
