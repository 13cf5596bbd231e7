/** The options of the server that have to do with TLS, as yargs takes them. */
import type { Options } from 'yargs'

const group = 'TLS:'

export const tlsOptions = {
  tls: {
    choices: ['off', 'self-signed'],
    defaultDescription: 'off, unless --tls-cert is given',
    describe: 'Speak TLS with a certificate that signs itself, which is made once and kept',
    group,
  },
  'tls-cert': { describe: 'Speak TLS with the certificate in this PEM file, and those that follow it there', group },
  'tls-key': { describe: 'The private key of that certificate, in PEM', group },
} satisfies Record<string, Options>
