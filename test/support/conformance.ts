/**
 * sigstore-conformance's bundles, judged by the checks of a git signature: the artifact stands where the signed
 * attributes stand. What has no counterpart in a git signature (bundle framing, envelopes, bare keys) is not judged.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fromBase64 } from '../../src/core/bytes.ts';
import { expectDer, Tag } from '../../src/core/cms/der.ts';
import { CmsOid, type SignerInfo } from '../../src/core/cms/signed-data.ts';
import {
  checkLog,
  checkTransparency,
  type EvidenceContext,
  issuersAt,
  leafEvidence,
  provenTimes,
} from '../../src/core/evidence.ts';
import { bindEmbeddedEntry } from '../../src/core/rekor/bound-entry.ts';
import { logEntryFromRekorV2 } from '../../src/core/rekor/log-answer.ts';
import { checkSignature } from '../../src/core/signed-bytes.ts';
import { signedBytesOf } from '../../src/core/signer.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import { tokenFromResponse } from '../../src/core/tsa/timestamp-info.ts';
import { Refusal } from '../../src/core/verdict.ts';
import { readCertificate, summarize } from '../../src/core/x509/certificate.ts';
import { signerOf } from '../../src/core/x509/identity.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { PUBLIC_GOOD_TRUSTED_ROOT } from '../../src/trust/public-good.ts';
import type { Json } from './forge.ts';
import { sharedVectors } from './shared-vectors.ts';

const IDENTITY =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const ISSUER = 'https://token.actions.githubusercontent.com';
/** A verifier's clock: later than every bundle but those of the future. */
const NOW = Date.parse('2027-01-01T00:00:00Z') / 1000;

const file = (name: string, path: string): URL => sharedVectors(`conformance/${name}/${path}`);
const textOf = (name: string, path: string, otherwise: string): string =>
  existsSync(file(name, path)) ? readFileSync(file(name, path), 'utf8').trim() : otherwise;

/** Names of the cases, sorted. */
export function conformanceCases(): readonly string[] {
  const entries = readdirSync(sharedVectors('conformance/'), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** The bundle as JSON; undefined where it is none. */
export function bundleOf(name: string): Json {
  try {
    return JSON.parse(readFileSync(file(name, 'bundle.sigstore.json'), 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Line ends in base64 are the bundle's affair: a git signature holds bytes. */
const bytesOf = (text: string): Uint8Array => {
  const bytes = fromBase64(text.replaceAll(/[\r\n]/g, ''));
  if (bytes === undefined) throw new Refusal('cms-malformed', 'not base64');
  return bytes;
};

/** What a git signature with the bundle's evidence would hold. @throws Refusal, DerError */
function signerIn(
  name: string,
  { verificationMaterial: material, messageSignature }: Json,
): SignerInfo {
  const artifact = existsSync(file(name, 'artifact'))
    ? file(name, 'artifact')
    : sharedVectors('conformance/a.txt');
  const [first] = material.x509CertificateChain?.certificates ?? [material.certificate];
  const stamps: readonly Json[] = material.timestampVerificationData?.rfc3161Timestamps ?? [];
  const tokens = stamps.map(({ signedTimestamp }) => tokenFromResponse(bytesOf(signedTimestamp)));
  return {
    certificate: readCertificate(bytesOf(first?.rawBytes ?? '')),
    digestHash: 'sha256',
    signatureHash: 'sha256',
    signedAttrs: new Uint8Array(readFileSync(artifact)),
    signature: bytesOf(messageSignature.signature),
    unsignedAttrs:
      tokens.length === 0
        ? []
        : [
            {
              oid: CmsOid.timeStampToken,
              values: tokens.map((token) => expectDer(token, Tag.sequence)),
            },
          ],
  };
}

/** `verified`, or the code of the refusal: the checks of core/verify.ts in their order, behind the content. */
export async function judgeConformance(name: string, bundle: Json): Promise<string> {
  const root = textOf(name, 'trusted_root.json', PUBLIC_GOOD_TRUSTED_ROOT);
  const trust = parseTrustedRoot(root, name, nodeCrypto);
  const context: EvidenceContext = { crypto: nodeCrypto, trust, now: NOW };
  try {
    const signer = signedBytesOf(signerIn(name, bundle));
    await checkSignature(signer, nodeCrypto);
    const entry = logEntryFromRekorV2(bundle.verificationMaterial.tlogEntries?.[0]);
    const { log, time } = await checkLog(bindEmbeddedEntry(entry, signer, nodeCrypto), context);
    const times = await provenTimes(log, time, signer, context);
    const { certificate: leaf } = signer;
    const evidence = await leafEvidence(leaf, summarize(leaf, nodeCrypto).sha256, context);
    const issuers = issuersAt(
      evidence,
      times.map((proven) => proven.time),
    );
    await checkTransparency(issuers, evidence, context);
    const { value, issuer } = signerOf(leaf);
    const expected = [textOf(name, 'identity', IDENTITY), textOf(name, 'issuer', ISSUER)];
    return value === expected[0] && issuer === expected[1] ? 'verified' : 'identity-not-allowed';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    if (error instanceof Error && error.name === 'DerError') return 'cms-malformed';
    throw error;
  }
}
