/**
 * Writes a detached CMS signature (RFC 5652) in the one shape gitsign writes: one signer, the leaf alone, no
 * algorithm parameters, evidence in unsigned attributes.
 */

import { createHash } from 'node:crypto';
import { children, readDer } from '../core/cms/der.ts';
import {
  contextConstructed,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  utcTime,
} from './der-writer.ts';

const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  logEntry: '1.3.6.1.4.1.57264.3.1',
  timestampToken: '1.2.840.113549.1.9.16.2.14',
} as const;

const attribute = (type: string, value: Uint8Array): Buffer => sequence(oid(type), setOf(value));

/** 64 columns, final newline: gitsign's PEM. */
export function armorOf(cms: Uint8Array): string {
  const lines =
    Buffer.from(cms)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN SIGNED MESSAGE-----\n${lines.join('\n')}\n-----END SIGNED MESSAGE-----\n`;
}

/** What names the signer: the issuer and the serial number, as its certificate spells them. */
function issuerAndSerial(certificate: Uint8Array): {
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
} {
  const [tbs] = children(readDer(certificate));
  const [, serial, , issuer] = tbs === undefined ? [] : children(tbs);
  if (serial === undefined || issuer === undefined) throw new TypeError('not a certificate');
  return { issuer: issuer.raw, serial: serial.raw };
}

/** The three attributes that gitsign signs, as the SET it signs. */
export function signedAttributes(payload: Uint8Array, unixSeconds: number): Buffer {
  return setOf(
    attribute(OID.contentType, oid(OID.data)),
    attribute(OID.signingTime, utcTime(unixSeconds)),
    attribute(OID.messageDigest, octetString(createHash('sha256').update(payload).digest())),
  );
}

export interface CmsParts {
  readonly certificate: Buffer;
  readonly signedAttributes: Buffer;
  readonly signature: Buffer;
  /** Protobuf of the log entry. */
  readonly logEntry: Buffer | undefined;
  readonly timestampToken: Buffer | undefined;
}

/** SignedData in the one shape gitsign writes: detached, one signer, the leaf alone, no algorithm parameters. */
export function assembleCms(parts: CmsParts): Buffer {
  const { serial, issuer } = issuerAndSerial(parts.certificate);
  const unsigned = [
    ...(parts.logEntry ? [attribute(OID.logEntry, octetString(parts.logEntry))] : []),
    ...(parts.timestampToken ? [attribute(OID.timestampToken, parts.timestampToken)] : []),
  ];
  const digestAlgorithm = sequence(oid(OID.sha256));
  const signerInfo = sequence(
    integer(1),
    sequence(issuer, serial),
    digestAlgorithm,
    Buffer.concat([Buffer.from([0xa0]), parts.signedAttributes.subarray(1)]),
    sequence(oid(OID.ecdsaSha256)),
    octetString(parts.signature),
    ...(unsigned.length === 0 ? [] : [contextConstructed(1, ...unsigned.toSorted(Buffer.compare))]),
  );
  const signedData = sequence(
    integer(1),
    setOf(digestAlgorithm),
    sequence(oid(OID.data)),
    contextConstructed(0, parts.certificate),
    setOf(signerInfo),
  );
  return sequence(oid(OID.signedData), contextConstructed(0, signedData));
}
