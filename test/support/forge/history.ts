/**
 * Signatures by the ten thousand, under a sandbox's own keys and in its own logs, for histories that are measured. The
 * sandbox makes one in eight milliseconds, by the libraries that it issues with. The forge makes one in two or three.
 */

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { utf8 } from '../../../src/core/bytes.ts';
import { Tag } from '../../../src/core/cms/der.ts';
import { keyIdentifier, readCertificate } from '../../../src/core/x509/certificate.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { subjectOf } from '../../../src/sandbox/oidc/identity-token.ts';
import { encodeEntry, entryOfV1 } from '../../../src/sandbox/rekor/entry-writer.ts';
import { spkiOf } from '../../../src/sandbox/rekor/signed-note.ts';
import { hashedRekordV001 } from '../../../src/sandbox/rekor/v1.ts';
import { type KeyPair, loadKey } from '../../../src/sandbox/state.ts';
import { armor } from '../forge.ts';
import { attribute, attributesDer, digest, signedData } from './cms.ts';
import { contextPrimitive, encode, encodeOid } from './der.ts';
import type { ForgeKey, KeyKind } from './keys.ts';
import { pem } from './log.ts';
import { sctList } from './sct.ts';
import { base64 } from './spec.ts';
import {
  type CertificateSpec,
  certificateOf,
  ext,
  general,
  Oid,
  time,
  toBeSigned,
} from './x509.ts';

const EMAIL = 'alice@example.test';
const TOKEN_SUBJECT = '1.3.6.1.4.1.57264.1.24';

/** One key and its certificate: what a login leaves. */
export interface Login {
  readonly spec: CertificateSpec;
  readonly certificate: Uint8Array;
}

export interface HistorySigner {
  readonly login: () => Login;
  /** Returns armor. Signs as the login does, and logs it in Rekor v1. */
  readonly sign: (payload: Uint8Array, login: Login) => string;
}

/** A key that signs without remembering what it signed. */
function keyOf({ privateKey, publicKey }: KeyPair, kind: KeyKind): ForgeKey {
  const signs = (data: Uint8Array, hash = 'sha256') => new Uint8Array(sign(hash, data, privateKey));
  return { kind, spki: spkiOf(publicKey), privateKey, sign: signs };
}

function leafSpec(sandbox: Sandbox, signer: ForgeKey, at: number): CertificateSpec {
  const intermediate = readCertificate(sandbox.parts.fulcio.intermediate.certificate);
  const keyId = Buffer.from(keyIdentifier(intermediate, 'subject') ?? '', 'hex');
  const key = keyOf(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }), 'p256');
  const notBefore = Math.floor(at / 1000);
  const { issuer } = sandbox.urls;
  return {
    version: 2,
    serial: randomBytes(16),
    issuer: intermediate.subject,
    subject: encode(Tag.sequence),
    notBefore,
    notAfter: notBefore + sandbox.parts.certificateLifetimeSeconds,
    key,
    signer,
    hash: 'sha384',
    extensions: [
      ext.keyUsage(0x80, 7),
      ext.eku([Oid.codeSigning]),
      ext.ski(key),
      { oid: Oid.aki, value: encode(Tag.sequence, encode(contextPrimitive(0), keyId)) },
      ext.san(general.email(EMAIL)),
      ext.issuerV1(issuer),
      ext.issuerV2(issuer),
      { oid: TOKEN_SUBJECT, value: encode(Tag.utf8String, utf8(subjectOf(EMAIL))) },
    ],
  };
}

/** Returns what signs a history under a sandbox's Fulcio. */
export function historySigner(sandbox: Sandbox): HistorySigner {
  const { parts, dir } = sandbox;
  const authority = loadKey(dir, 'fulcio-intermediate', 'p384');
  const signer = keyOf(authority, 'p384');
  return {
    login: () => {
      const at = parts.clock();
      const bare = leafSpec(sandbox, signer, at);
      const sct = parts.ctLog.addPreCertificate(toBeSigned(bare), authority.publicKey, at);
      const spec = { ...bare, extensions: [...bare.extensions, sctList([sct])] };
      return { spec, certificate: certificateOf(toBeSigned(spec), signer, spec.hash) };
    },
    sign: (payload, login) => signAndLog(sandbox, payload, login),
  };
}

function signAndLog({ parts }: Sandbox, payload: Uint8Array, { spec, certificate }: Login): string {
  const at = parts.clock();
  const signedAttributes = [
    attribute('1.2.840.113549.1.9.3', encodeOid('1.2.840.113549.1.7.1')),
    attribute('1.2.840.113549.1.9.5', time(Math.floor(at / 1000))),
    attribute('1.2.840.113549.1.9.4', encode(Tag.octetString, digest('sha256', payload))),
  ];
  const signed = attributesDer(signedAttributes);
  const signature = spec.key.sign(signed);
  const artifact = {
    algorithm: 'sha256',
    value: Buffer.from(digest('sha256', signed)).toString('hex'),
  };
  const body = hashedRekordV001(artifact, base64(signature), pem(certificate));
  const entry = encodeEntry(entryOfV1(parts.rekor.answer(parts.rekor.append(body, at).entry)));
  const cms = signedData({
    version: 1,
    contentType: '1.2.840.113549.1.7.1',
    content: undefined,
    certificates: [certificate],
    issuer: spec.issuer,
    serial: spec.serial,
    key: spec.key,
    hash: 'sha256',
    signedAttributes,
    unsignedAttributes: [attribute('1.3.6.1.4.1.57264.3.1', encode(Tag.octetString, entry))],
    signature,
  });
  return Buffer.from(armor(cms)).toString();
}
