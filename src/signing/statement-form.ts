/** The form of a signed statement: a Sigstore bundle around a DSSE envelope. It is loaded on use. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { envelopeJson, writeBundle } from '../core/statement/bundle.ts';
import { preAuthEncoding } from '../core/statement/envelope.ts';
import { verifyBundleOf } from '../core/statement/verify.ts';
import type { SignatureForm } from './signature-form.ts';

/** Returns the form for this statement. */
export function statementForm(statement: Uint8Array): SignatureForm {
  return {
    signedBytes: preAuthEncoding,
    write: ({ signature, timestampToken }, certificateDer, entry) =>
      fromUtf8Lossy(
        writeBundle({ payload: statement, signature, certificateDer, entry, timestampToken }),
      ),
    envelope: ({ signature }) => ({
      text: JSON.stringify(envelopeJson(statement, signature)),
      payload: statement,
    }),
    verify: verifyBundleOf,
  };
}
