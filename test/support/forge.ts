/**
 * The forge: one good signature with everything that vouches for it, made from keys of its own with real
 * cryptography, and the trust root that trusts exactly that. Every test changes one thing. All of it is written by
 * the forge's own writers: the program that is tested writes nothing that it then reads.
 */

import { utf8 } from '../../src/core/bytes.ts';
import { Tag } from '../../src/core/cms/der.ts';
import type { TransparencyLogEntry } from '../../src/core/rekor/log-entry.ts';
import type { TrustMaterial } from '../../src/core/trust/trust-material.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { type VerifyContext, verifyDetached } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { attribute, attributesDer, digest, signedData } from './forge/cms.ts';
import { encode, encodeOid } from './forge/der.ts';
import { makeEntry } from './forge/entry.ts';
import { intermediateSpec, issueLeaf, rootSpec } from './forge/issue.ts';
import type { LoggedRecord } from './forge/log.ts';
import { encodeLogEntry } from './forge/protobuf.ts';
import { base64, type Json, type Overrides, PAYLOAD, same, T0 } from './forge/spec.ts';
import { trustedRoot, tsa } from './forge/trust.ts';
import { token, tokenSpec } from './forge/tsa.ts';
import { type CertificateSpec, certificate } from './forge/x509.ts';

export { rootSpec } from './forge/issue.ts';
export {
  date,
  ISSUER,
  type Json,
  ORIGIN,
  type Overrides,
  PAYLOAD,
  T0,
  YEAR,
} from './forge/spec.ts';
export { trustedChain, trustedLog, tsa } from './forge/trust.ts';

export interface Forged {
  readonly payload: Uint8Array;
  /** Armor. */
  readonly signature: Uint8Array;
  readonly cms: Uint8Array;
  /** DER, tag 0x31. */
  readonly signedAttrs: Uint8Array;
  readonly trust: TrustMaterial;
  readonly trustedRoot: Json;
  readonly leaf: Uint8Array;
  readonly leafSpec: CertificateSpec;
  readonly chain: readonly Uint8Array[];
  readonly record: LoggedRecord;
  readonly body: Uint8Array;
  readonly entry: TransparencyLogEntry | undefined;
  readonly tokens: readonly Uint8Array[];
  /** Context of a verifier who lives an hour later. */
  readonly context: VerifyContext;
}

export function armor(der: Uint8Array): Uint8Array {
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return utf8(
    `-----BEGIN SIGNED MESSAGE-----\n${lines.join('\n')}\n-----END SIGNED MESSAGE-----\n`,
  );
}

/** A signature, everything behind it, and the trust root for it. */
export function forge(change: Overrides = {}): Forged {
  const payload = change.payload ?? PAYLOAD;
  const root = (change.root ?? same)(rootSpec());
  const intermediate = (change.intermediate ?? same)(intermediateSpec(root));
  const { spec, der: leaf } = issueLeaf(intermediate, change);
  const chain = [certificate(intermediate), certificate(root)];
  const signedAttributes = [
    attribute('1.2.840.113549.1.9.3', encodeOid('1.2.840.113549.1.7.1')),
    attribute('1.2.840.113549.1.9.5', encode(Tag.utcTime, utf8('270115080000Z'))),
    attribute(
      '1.2.840.113549.1.9.4',
      encode(Tag.octetString, digest('sha256', change.signedPayload ?? payload)),
    ),
  ];
  const signed = attributesDer(signedAttributes);
  const signature = spec.key.sign(signed);
  const record = { digest: digest('sha256', signed), signature, certificateDer: leaf };
  const { entry, body } = makeEntry(record, change);
  const tokens = (change.tokens ?? []).map((one) =>
    token(tokenSpec({ authority: tsa(), time: T0, data: signature }, one)),
  );
  const bytes =
    entry === undefined ? undefined : (change.entryBytes ?? same)(encodeLogEntry(entry));
  const unsignedAttributes = (change.unsigned ?? same)([
    ...(bytes === undefined
      ? []
      : [attribute('1.3.6.1.4.1.57264.3.1', encode(Tag.octetString, bytes))]),
    ...(tokens.length === 0 ? [] : [attribute('1.2.840.113549.1.9.16.2.14', ...tokens)]),
  ]);
  const cms = signedData(
    (change.cms ?? same)({
      version: 1,
      contentType: '1.2.840.113549.1.7.1',
      content: undefined,
      certificates: [leaf],
      issuer: spec.issuer,
      serial: spec.serial,
      key: spec.key,
      hash: 'sha256',
      signedAttributes,
      unsignedAttributes,
      signature,
    }),
  );
  const json = trustedRoot(chain);
  change.trust?.(json);
  const trust = parseTrustedRoot(JSON.stringify(json), 'forged trusted_root.json', nodeCrypto);
  const context = { crypto: nodeCrypto, trust, now: T0 + 3600 };
  return {
    payload,
    signature: armor(cms),
    cms,
    signedAttrs: signed,
    trust,
    trustedRoot: json,
    leaf,
    leafSpec: spec,
    chain,
    record,
    body,
    entry,
    tokens,
    context,
  };
}

/** The entry that gitsign's online mode leaves in the log: over the object's name, body kept. */
export function onlineEntry(
  forged: Forged,
  change: Overrides & { readonly objectId?: string } = {},
): TransparencyLogEntry {
  const lines = `gpgsig ${Buffer.from(forged.signature).toString('latin1').trimEnd().replaceAll('\n', '\n ')}\n`;
  const text = Buffer.from(forged.payload).toString('latin1').replace('\n\n', `\n${lines}\n`);
  const raw = Buffer.from(text, 'latin1');
  const id = Buffer.from(
    digest('sha1', Buffer.concat([Buffer.from(`commit ${raw.length}\0`), raw])),
  ).toString('hex');
  const name = utf8(change.objectId ?? id);
  const record = {
    digest: digest('sha256', name),
    signature: forged.leafSpec.key.sign(name),
    certificateDer: forged.leaf,
  };
  const { entry, body } = makeEntry(record, change);
  if (entry === undefined) throw new Error('no entry was asked for');
  return { ...entry, canonicalizedBody: body };
}

/** The verdict on a forgery. */
export function judge(
  change: Overrides = {},
  context: Partial<VerifyContext> = {},
): Promise<Verdict> {
  const forged = forge(change);
  return verifyDetached(forged.payload, forged.signature, { ...forged.context, ...context });
}

/** `verified`, or the code of the reason why not. */
export async function codeOf(
  change: Overrides = {},
  context: Partial<VerifyContext> = {},
): Promise<string> {
  const verdict = await judge(change, context);
  return verdict.status === 'verified' ? 'verified' : verdict.code;
}
