/** A forged statement: the forge's certificate, log and timestamps around a DSSE envelope, by writers of its own. */

import { utf8 } from '../../../src/core/bytes.ts';
import type { EvidenceContext } from '../../../src/core/evidence.ts';
import { parseTrustedRoot } from '../../../src/core/trust/trusted-root.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { digest } from './cms.ts';
import { makeEntry } from './entry.ts';
import { entryJson } from './entry-json.ts';
import { intermediateSpec, issueLeaf, rootSpec } from './issue.ts';
import { base64, type Json, type Overrides, same, T0 } from './spec.ts';
import { trustedRoot, tsa } from './trust.ts';
import { granted, token, tokenSpec } from './tsa.ts';
import { certificate } from './x509.ts';

/** A statement about a commit, as JSON that tests change. */
export const statementJson = (): Json => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { gitCommit: '1'.repeat(40) } }],
  predicateType: 'https://example.test/predicate/v1',
  predicate: { verdict: 'good' },
});

export const STATEMENT = utf8(JSON.stringify(statementJson()));
export const STATEMENT_TYPE = 'application/vnd.in-toto+json';

/** What a DSSE signature is over, written from the protocol. */
export function paeOf(payload: Uint8Array, type = STATEMENT_TYPE): Uint8Array {
  return Buffer.concat([utf8(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
}

export interface StatementChange extends Overrides {
  /** The bytes that are signed. The encoding of the payload unless said. */
  readonly signed?: Uint8Array;
  readonly payloadType?: string;
  /** The last word on the bundle. */
  readonly bundle?: (bundle: Json) => void;
}

export interface ForgedStatement {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly leaf: Uint8Array;
  readonly bundle: Uint8Array;
  readonly json: Json;
  readonly context: EvidenceContext;
}

/** A good statement with everything that vouches for it, and the context of a verifier who lives an hour later. */
export function forgeStatement(change: StatementChange = {}): ForgedStatement {
  const payload = change.payload ?? STATEMENT;
  const payloadType = change.payloadType ?? STATEMENT_TYPE;
  const root = (change.root ?? same)(rootSpec());
  const intermediate = (change.intermediate ?? same)(intermediateSpec(root));
  const { spec, der: leaf } = issueLeaf(intermediate, change);
  const signed = change.signed ?? paeOf(payload, payloadType);
  const signature = spec.key.sign(signed);
  const record = { digest: digest('sha256', signed), signature, certificateDer: leaf };
  const { entry, body } = makeEntry(record, change);
  const version = JSON.parse(Buffer.from(body).toString()).apiVersion;
  const tokens = (change.tokens ?? []).map((one) =>
    token(tokenSpec({ authority: tsa(), time: T0, data: signature }, one)),
  );
  const stamps = tokens.map((one) => ({ signedTimestamp: base64(granted(one)) }));
  const json = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: base64(leaf) },
      tlogEntries: entry === undefined ? [] : [entryJson({ ...entry, version }, body)],
      ...(stamps.length > 0 && { timestampVerificationData: { rfc3161Timestamps: stamps } }),
    },
    dsseEnvelope: {
      payload: base64(payload),
      payloadType,
      signatures: [{ sig: base64(signature) }],
    },
  };
  change.bundle?.(json);
  const trusted = trustedRoot([certificate(intermediate), certificate(root)]);
  change.trust?.(trusted);
  const trust = parseTrustedRoot(JSON.stringify(trusted), 'forged trusted_root.json', nodeCrypto);
  const context = { crypto: nodeCrypto, trust, now: T0 + 3600 };
  return { payload, signature, leaf, json, bundle: utf8(JSON.stringify(json)), context };
}
