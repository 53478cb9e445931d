/** The trust root that trusts exactly the forge. */

import { digest } from './cms.ts';
import { logKey } from './entry.ts';
import { ctLog } from './issue.ts';
import type { ForgeKey } from './keys.ts';
import { logIdOf } from './log.ts';
import { base64, date, type Json, ORIGIN, T0, YEAR } from './spec.ts';
import { authority } from './tsa.ts';

const log = (own: ForgeKey, baseUrl: string, id: Uint8Array): Json => ({
  baseUrl,
  hashAlgorithm: 'SHA2_256',
  publicKey: {
    rawBytes: base64(own.spki),
    keyDetails: own.kind === 'ed25519' ? 'PKIX_ED25519' : 'PKIX_ECDSA_P256_SHA_256',
    validFor: { start: date(T0 - YEAR) },
  },
  logId: { keyId: base64(id) },
});

/** A certificate authority as trusted_root.json spells it. */
export const trustedChain = (uri: string, ...chain: readonly Uint8Array[]): Json => ({
  subject: { organization: 'forge.test', commonName: uri },
  uri,
  certChain: { certificates: chain.map((der) => ({ rawBytes: base64(der) })) },
  validFor: { start: date(T0 - YEAR) },
});

export const trustedLog = (own: ForgeKey, origin: string): Json =>
  log(own, `https://${origin}`, logIdOf(own, origin));

export const tsa = (): ReturnType<typeof authority> => authority('tsa', T0);

export function trustedRoot(chain: readonly Uint8Array[]): Json {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [trustedLog(logKey('v1'), ORIGIN.v1), trustedLog(logKey('v2'), ORIGIN.v2)],
    certificateAuthorities: [trustedChain('https://fulcio.forge.test', ...chain)],
    ctlogs: [log(ctLog(), 'https://ct.forge.test', digest('sha256', ctLog().spki))],
    timestampAuthorities: [trustedChain('https://tsa.forge.test', tsa().leaf, tsa().root)],
  };
}
