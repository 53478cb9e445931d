/**
 * The maintained verifier (@sigstore/verify) as oracle: the same evidence, put together once as a git signature for us
 * and once as a Sigstore bundle for it. A bundle is about the signed attributes; the commit it cannot see.
 */

import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { Tag } from '../../src/core/cms/der.ts';
import { CmsOid, readArmor, readSignedData, singleValue } from '../../src/core/cms/signed-data.ts';
import { embeddedEntry } from '../../src/core/rekor/bound-entry.ts';
import type { TransparencyLogEntry } from '../../src/core/rekor/log-entry.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { attribute, digest, signedData } from './forge/cms.ts';
import { encode } from './forge/der.ts';
import { entryJson } from './forge/entry-json.ts';
import { key } from './forge/keys.ts';
import { bodyV1, bodyV2 } from './forge/log.ts';
import { encodeLogEntry } from './forge/protobuf.ts';
import { granted } from './forge/tsa.ts';
import { armor, type Forged, type Json } from './forge.ts';

export interface Evidence {
  readonly payload: Uint8Array;
  /** DER, tag 0x31. */
  readonly signedAttrs: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificate: Uint8Array;
  /** Of the signer identifier. */
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
  readonly entry: TransparencyLogEntry | undefined;
  readonly bodyVersion: '0.0.1' | '0.0.2';
  readonly tokens: readonly Uint8Array[];
  /** trusted_root.json. */
  readonly trust: Json;
  readonly now: number;
}

/** What a signature holds, taken apart by our reader. */
export function evidenceOf(
  payload: Uint8Array,
  signature: Uint8Array,
  trust: Json,
  now: number,
): Evidence {
  const { signer } = readSignedData(readArmor(signature));
  const entry = embeddedEntry(signer.unsignedAttrs);
  const token = singleValue(signer.unsignedAttrs, CmsOid.timeStampToken);
  return {
    payload,
    signedAttrs: signer.signedAttrs,
    signature: signer.signature,
    certificate: signer.certificate.der,
    issuer: signer.certificate.issuer,
    serial: signer.certificate.serial,
    entry,
    // gitsign stores entries of Rekor v2 under the label of v1
    bodyVersion: entry?.integratedTime === 0n ? '0.0.2' : '0.0.1',
    tokens: token === undefined ? [] : [token.raw],
    trust,
    now,
  };
}

export function evidenceOfForged(forged: Forged, version: 'v1' | 'v2' = 'v1'): Evidence {
  return {
    payload: forged.payload,
    signedAttrs: forged.signedAttrs,
    signature: forged.record.signature,
    certificate: forged.leaf,
    issuer: forged.leafSpec.issuer,
    serial: forged.leafSpec.serial,
    entry: forged.entry,
    bodyVersion: version === 'v1' ? '0.0.1' : '0.0.2',
    tokens: forged.tokens,
    trust: forged.trustedRoot,
    now: forged.context.now,
  };
}

/** One reading for each trust root; a test that changes one makes another object. */
function once<T>(read: (json: Json) => T): (json: Json) => T {
  const known = new WeakMap<object, T>();
  return (json) => {
    const value = known.get(json) ?? read(json);
    known.set(json, value);
    return value;
  };
}
const ourTrust = once((json) => parseTrustedRoot(JSON.stringify(json), 'trust', nodeCrypto));
const theirTrust = once((json) => toTrustMaterial(TrustedRoot.fromJSON(json)));

/** `accepts`, or our reason code. */
export async function ourVerdict(evidence: Evidence): Promise<string> {
  const { entry, tokens } = evidence;
  const cms = signedData({
    version: 1,
    contentType: CmsOid.data,
    content: undefined,
    certificates: [evidence.certificate],
    issuer: evidence.issuer,
    serial: evidence.serial,
    key: key('unused'),
    hash: 'sha256',
    signedAttributes: [],
    signedAttrs: evidence.signedAttrs,
    signature: evidence.signature,
    unsignedAttributes: [
      ...(entry === undefined
        ? []
        : [attribute(CmsOid.transparencyLogEntry, encode(Tag.octetString, encodeLogEntry(entry)))]),
      ...(tokens.length === 0 ? [] : [attribute(CmsOid.timeStampToken, ...tokens)]),
    ],
  });
  const context = { crypto: nodeCrypto, trust: ourTrust(evidence.trust), now: evidence.now };
  const verdict = await verifyDetached(evidence.payload, armor(cms), context);
  return verdict.status === 'verified' ? 'accepts' : verdict.code;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function bundleEntry(entry: TransparencyLogEntry, evidence: Evidence): Json {
  const record = {
    digest: digest('sha256', evidence.signedAttrs),
    signature: evidence.signature,
    certificateDer: evidence.certificate,
  };
  const body = (evidence.bodyVersion === '0.0.1' ? bodyV1 : bodyV2)(record);
  const version = entry.version === '0.0.1' ? evidence.bodyVersion : entry.version;
  return entryJson({ ...entry, version }, body);
}

/** The Sigstore bundle v0.3 of the evidence (test/vectors/gitsign/README.md says how). */
export function bundleOf(evidence: Evidence): Json {
  const { tokens, entry } = evidence;
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: base64(evidence.certificate) },
      tlogEntries: entry === undefined ? [] : [bundleEntry(entry, evidence)],
      ...(tokens.length === 0
        ? {}
        : {
            timestampVerificationData: {
              rfc3161Timestamps: tokens.map((token) => ({
                signedTimestamp: base64(granted(token)),
              })),
            },
          }),
    },
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: base64(digest('sha256', evidence.signedAttrs)),
      },
      signature: base64(evidence.signature),
    },
  };
}

/** `accepts`, or what the oracle says. */
export function oracleVerdict(evidence: Evidence, bundle: Json = bundleOf(evidence)): string {
  try {
    const entity = toSignedEntity(bundleFromJSON(bundle), Buffer.from(evidence.signedAttrs));
    new Verifier(theirTrust(evidence.trust), {
      ctlogThreshold: 1,
      tlogThreshold: 1,
      timestampThreshold: 1,
    }).verify(entity);
    return 'accepts';
  } catch (error) {
    return String(error);
  }
}
