/** Checks a new certificate as a verifier will, before anything is signed with it. */

import { DerError } from './cms/der.ts';
import { checkTransparency, type EvidenceContext, issuersAt, leafEvidence } from './evidence.ts';
import { Refusal, type Signer } from './verdict.ts';
import { readCertificate, summarize } from './x509/certificate.ts';
import { signerOf } from './x509/identity.ts';

/**
 * Verifies a new certificate: usage, path, SCT, one identity. Returns its signer. `time` is now, in Unix seconds.
 * @throws Refusal with the code of the check that failed
 */
export async function verifyIssuedCertificate(
  der: Uint8Array,
  time: number,
  context: EvidenceContext,
): Promise<Signer> {
  try {
    const leaf = readCertificate(der);
    const evidence = await leafEvidence(leaf, summarize(leaf, context.crypto).sha256, context);
    await checkTransparency(issuersAt(evidence, [time]), evidence, context);
    return signerOf(leaf);
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('certificate-malformed', error.message);
    throw error;
  }
}
