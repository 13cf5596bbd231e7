/**
 * What is spoken: TLS 1.3 and 1.2 (RFC 8446, RFC 5246), as Mozilla recommends it for servers of which not every client is
 * known ("intermediate", https://wiki.mozilla.org/Security/Server_Side_TLS), without the finite-field key exchanges, for
 * which no client asks that could not do better.
 */
import { constants } from 'node:crypto'
import type { TlsOptions } from 'node:tls'

/** Every one of them has forward secrecy and authenticates what it encrypts. The server's order counts. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
]

export const protocol = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: ciphers.join(':'),
  honorCipherOrder: true,
  ecdhCurve: 'X25519:P-256:P-384',
  // Compression tells what is encrypted (CRIME); a handshake within a connection is work that a client can ask for again and again.
  secureOptions:
    constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA,
  // RFC 7301: a client that speaks only something else is told so, and not answered in a protocol that it does not know.
  ALPNProtocols: ['http/1.1'],
} satisfies TlsOptions
