/** Why a connection ends (RFC 6455, section 7.4.1), as far as it is said here. */
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
