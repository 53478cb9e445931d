import { describe, expect, it } from 'vitest';
import { bundleOf, conformanceCases, judgeConformance } from '../support/conformance.ts';
import { describeShared } from '../support/shared-vectors.ts';

/** Bundles that have no counterpart in a git signature, by name, with the reason. */
const ENVELOPE = 'its signature is over a DSSE envelope, and git signs none';
const BARE_KEY =
  'it is signed by a bare key without a certificate, which no trust root vouches for';
const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'bundle-malformed-json_fail': 'it is no JSON, and a git signature holds no JSON',
  'dsse-invalid-sig_fail': ENVELOPE,
  'dsse-mismatch-envelope_fail': ENVELOPE,
  'dsse-mismatch-sig_fail': ENVELOPE,
  'happy-path-intoto-in-dsse-v3': ENVELOPE,
  'intoto-expired-certificate_fail': ENVELOPE,
  'intoto-log-entry-mismatch_fail': ENVELOPE,
  'intoto-missing-inclusion-proof_fail': ENVELOPE,
  'intoto-set-outside-signing-cert-validity_fail': ENVELOPE,
  'intoto-tsa-timestamp-outside-cert-validity_fail': ENVELOPE,
  'intoto-with-custom-trust-root': ENVELOPE,
  'managed-key-and-trusted-root': BARE_KEY,
  'managed-key-happy-path': BARE_KEY,
  'managed-key-no-key_fail': BARE_KEY,
  'managed-key-wrong-key_fail': BARE_KEY,
  'rekor2-dsse-happy-path': ENVELOPE,
  'rekor2-dsse-invalid-sig_fail': ENVELOPE,
  'rekor2-dsse-mismatch-envelope_fail': ENVELOPE,
  'rekor2-dsse-mismatch-sig_fail': ENVELOPE,
};

/** Cases whose verdict here is not the one of their name, with the reason. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'message-digest-mismatch_fail':
    'a wrong digest beside the artifact: a git signature has no such field, the digest is computed',
};

/** Why each case that must be refused is refused here. */
const REFUSED: Readonly<Record<string, string>> = {
  // no certificate at all
  'bundle-empty-certificate-chain_fail': 'cms-malformed',
  'bundle-from-wrong-instance_fail': 'log-unknown',
  'bundle-invalid-base64-signature_fail': 'cms-malformed',
  'bundle-negative-log-index_fail': 'log-entry-malformed',
  // the version of a bundle means nothing here; its entry has no inclusion proof
  'bundle-unknown-version_fail': 'inclusion-proof-invalid',
  // certificates beside the leaf mean nothing here; the entry's proof has no checkpoint
  'bundle-with-root-cert_fail': 'log-entry-malformed',
  'checkpoint-bad-keyhint_fail': 'checkpoint-invalid',
  'checkpoint-wrong-roothash_fail': 'inclusion-proof-invalid',
  'inclusion-proof-corrupted-hash_fail': 'log-entry-mismatch',
  'incorrect-public-key_fail': 'log-entry-mismatch',
  'integrated-time-in-future_fail': 'certificate-expired-at-signing',
  'invalid-checkpoint-signature_fail': 'checkpoint-invalid',
  'invalid-ct-key_fail': 'sct-invalid',
  'invalid-inclusion-proof_fail': 'log-entry-malformed',
  'rekor2-checkpoint-missing-log-signature_fail': 'checkpoint-invalid',
  'rekor2-checkpoint-missing-origin_fail': 'checkpoint-invalid',
  'rekor2-checkpoint-missing-root-hash_fail': 'checkpoint-invalid',
  'rekor2-checkpoint-missing-size_fail': 'checkpoint-invalid',
  'rekor2-checkpoint-no-matching-signature_fail': 'checkpoint-invalid',
  'rekor2-no-inclusion-proof_fail': 'inclusion-proof-invalid',
  'rekor2-no-timestamp_fail': 'time-missing',
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'timestamp-untrusted',
  'rekor2-timestamp-outside-tsa-cert-validity_fail': 'timestamp-untrusted',
  'rekor2-timestamp-payload-mismatch_fail': 'timestamp-invalid',
  'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail': 'timestamp-invalid',
  'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail': 'timestamp-untrusted',
  'rekor2-timestamp-with-incorrect-time_fail': 'certificate-expired-at-signing',
  'set-invalid-signature_fail': 'inclusion-promise-invalid',
  'signature-mismatch_fail': 'signature-invalid',
  'trust-root-tlog-missing-validity-start_fail': 'log-unknown',
  'wrong-hashedrekord-artifact_fail': 'log-entry-mismatch',
  'wrong-hashedrekord-cert-and-sig_fail': 'log-entry-mismatch',
  'wrong-hashedrekord-entry_fail': 'log-entry-mismatch',
  'wrong-material_fail': 'signature-invalid',
};

/** Why a bundle has no counterpart in a git signature; undefined where it has one. */
function notApplicable(name: string): string | undefined {
  const bundle = bundleOf(name);
  if (bundle === undefined) return 'it is no JSON, and a git signature holds no JSON';
  if (bundle.dsseEnvelope !== undefined) return ENVELOPE;
  return bundle.verificationMaterial.publicKey === undefined ? undefined : BARE_KEY;
}

describeShared('sigstore-conformance bundles (R20 T10)', 'conformance/', () => {
  const cases = conformanceCases();
  const judged = cases.filter((name) => !(name in NOT_APPLICABLE));

  it('of the 70 cases 19 do not apply, and the list of those is exact', () => {
    const found = cases.flatMap((name) => {
      const why = notApplicable(name);
      return why === undefined ? [] : [[name, why]];
    });
    expect(Object.fromEntries(found)).toEqual(NOT_APPLICABLE);
    expect([cases.length, judged.length]).toEqual([70, 51]);
  });

  it('that must be refused are listed with their codes, one by one', () => {
    const failing = judged.filter((name) => name.endsWith('_fail') && !(name in DIFFERENT));
    expect(Object.keys(REFUSED).toSorted()).toEqual(failing);
  });

  describe('that must be refused', () => {
    it.each(Object.entries(REFUSED))('%s is refused: %s', async (name, code) => {
      expect(await judgeConformance(name, bundleOf(name))).toBe(code);
    });
  });

  describe('that must be accepted', () => {
    it.each(judged.filter((name) => !name.endsWith('_fail')))('%s is verified', async (name) => {
      expect(await judgeConformance(name, bundleOf(name))).toBe('verified');
    });
  });

  describe('whose verdict differs for a reason', () => {
    it.each(Object.entries(DIFFERENT))('%s is verified: %s', async (name) => {
      expect(await judgeConformance(name, bundleOf(name))).toBe('verified');
    });
  });
});
