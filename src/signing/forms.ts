/** Chooses the form of a signature by the kind of its payload. The form of a statement is loaded on use. */

import { assembleSignedData } from '../core/cms/assemble.ts';
import { buildSignedAttributes } from '../core/cms/signed-attributes.ts';
import { writeArmor } from '../core/cms/signed-data.ts';
import type { PayloadKind } from '../core/git/payload-kind.ts';
import { encodeLogEntry } from '../core/rekor/log-entry.ts';
import { verifyDetached } from '../core/verify.ts';
import type { SignatureForm } from './signature-form.ts';

/** What git stores: a CMS message in armor. The signed attributes hold the digest of the payload (RFC 5652 §5.4). */
const CMS: SignatureForm = {
  signedBytes: (payload, signingTime, crypto) =>
    buildSignedAttributes({ messageDigest: crypto.hash('sha256', payload), signingTime }),
  write: ({ signedBytes: signedAttrs, signature, timestampToken }, certificateDer, entry) => {
    const logEntry = entry && encodeLogEntry(entry);
    const parts = { certificateDer, signedAttrs, signature, timestampToken, logEntry };
    return writeArmor(assembleSignedData(parts));
  },
  verify: verifyDetached,
};

/** Returns the form for a payload of this kind. */
export async function formFor(
  kind: PayloadKind | undefined,
  payload: Uint8Array,
): Promise<SignatureForm> {
  if (kind !== 'statement') return CMS;
  const { statementForm } = await import('./statement-form.ts');
  return statementForm(payload);
}
