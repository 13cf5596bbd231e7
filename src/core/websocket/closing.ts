/**
 * Why a connection ends (RFC 6455, section 7.4).
 */

/** The codes that are said here (section 7.4.1). */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidPayload: 1007,
  policyViolation: 1008,
  messageTooBig: 1009,
} as const

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes]

/** What the peer has done that its connection cannot outlive: `message` is the reason that it is given, at most 123 bytes. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly code: CloseCode

  constructor(code: CloseCode, reason: string) {
    super(reason)
    this.code = code
  }
}

/** Whether a code may be sent at all: not those that stand for what no peer has said, nor those nobody has defined (section 7.4.2). */
export function isSendable(code: number): boolean {
  if (code >= 3000) return code <= 4999
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006
}
