/**
 * A timestamp authority (RFC 3161): says at what time it saw a digest. The token is CMS signed by a leaf
 * whose one use is time stamping, bound to it by SigningCertificateV2 (RFC 5816); as sigstore's server writes it.
 */

import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { children, cursor, expectDer, Tag } from '../core/cms/der.ts';
import { certificatePem, encodeName, type Name } from './certificates.ts';
import {
  contextConstructed,
  element,
  generalizedTime,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  utcTime,
} from './der-writer.ts';
import { type Handler, json, type Reply, text } from './service.ts';

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  policy: '1.3.6.1.4.1.57264.2',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
} as const;

/** Digest algorithms a client may have used: the DER of the OID → length. */
const IMPRINTS = new Map(
  [
    ['2.16.840.1.101.3.4.2.1', 32],
    ['2.16.840.1.101.3.4.2.2', 48],
    ['2.16.840.1.101.3.4.2.3', 64],
  ].map(([id, length]) => [oid(String(id)).toString('hex'), Number(length)]),
);

export interface TimestampAuthority {
  readonly key: KeyObject;
  readonly subject: Name;
  readonly issuer: Name;
  /** Leaf, then root. */
  readonly chain: readonly Buffer[];
  readonly serial: Uint8Array;
}

export interface TimestampRequest {
  /** MessageImprint, as the client sent it. */
  readonly imprint: Uint8Array;
  /** INTEGER in DER. */
  readonly nonce?: Uint8Array | undefined;
  readonly includeCertificate: boolean;
}

const hash = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();
const attribute = (type: string, value: Uint8Array): Buffer => sequence(oid(type), setOf(value));
const directoryName = (name: Name): Buffer => contextConstructed(4, encodeName(name));

/** MessageImprint for a SHA-256 digest. */
export function sha256Imprint(digest: Uint8Array): Buffer {
  return sequence(sequence(oid(OID.sha256), Buffer.from([5, 0])), octetString(digest));
}

/** TSTInfo (RFC 3161 §2.4.2), accurate to a second. `at` is Unix seconds. */
function tstInfo(authority: TimestampAuthority, request: TimestampRequest, at: number): Buffer {
  return sequence(
    integer(1),
    oid(OID.policy),
    request.imprint,
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(19)])),
    generalizedTime(at),
    sequence(integer(1)),
    ...(request.nonce === undefined ? [] : [request.nonce]),
    contextConstructed(0, directoryName(authority.subject)),
  );
}

function signedAttributes(authority: TimestampAuthority, content: Uint8Array, at: number): Buffer {
  const issuerSerial = sequence(
    sequence(directoryName(authority.issuer)),
    integer(authority.serial),
  );
  const certificateId = sequence(
    octetString(hash(authority.chain[0] ?? Buffer.alloc(0))),
    issuerSerial,
  );
  return setOf(
    attribute(OID.contentType, oid(OID.tstInfo)),
    attribute(OID.signingTime, utcTime(at)),
    attribute(OID.messageDigest, octetString(hash(content))),
    attribute(OID.signingCertificateV2, sequence(sequence(certificateId))),
  );
}

/** A TimeStampToken: ContentInfo in DER. `at` is Unix seconds. */
export function timestampToken(
  authority: TimestampAuthority,
  request: TimestampRequest,
  at: number,
): Buffer {
  const content = tstInfo(authority, request, at);
  const attributes = signedAttributes(authority, content, at);
  const digestAlgorithm = sequence(oid(OID.sha256));
  const signerInfo = sequence(
    integer(1),
    sequence(encodeName(authority.issuer), integer(authority.serial)),
    digestAlgorithm,
    // Stored as [0] IMPLICIT, signed as the SET it is.
    Buffer.concat([Buffer.from([0xa0]), attributes.subarray(1)]),
    sequence(oid(OID.ecdsaSha256)),
    octetString(sign('sha256', attributes, authority.key)),
  );
  const signedData = sequence(
    integer(3),
    setOf(digestAlgorithm),
    sequence(oid(OID.tstInfo), contextConstructed(0, octetString(content))),
    ...(request.includeCertificate
      ? [contextConstructed(0, authority.chain[0] ?? Buffer.alloc(0))]
      : []),
    setOf(signerInfo),
  );
  return sequence(oid(OID.signedData), contextConstructed(0, signedData));
}

/** TimeStampResp with status granted. */
export const timestampResponse = (token: Uint8Array): Buffer =>
  sequence(sequence(integer(0)), token);

/** TimeStampResp that refuses: rejection (2) with a PKIFailureInfo bit (RFC 3161 §2.4.2). */
export const rejection = (bit: number): Buffer => {
  const bits = Buffer.alloc(Math.floor(bit / 8) + 1);
  bits[bits.length - 1] = 0x80 >> (bit % 8);
  return sequence(sequence(integer(2), element(0x03, Buffer.from([7 - (bit % 8)]), bits)));
};

/** Reads a TimeStampReq; undefined where it is not one that can be answered. */
export function readTimestampRequest(der: Uint8Array): TimestampRequest | undefined {
  try {
    const at = cursor(expectDer(der, Tag.sequence));
    if (at.next(Tag.integer).content[0] !== 1) return undefined;
    const imprint = at.next(Tag.sequence);
    at.optional(Tag.oid);
    const nonce = at.optional(Tag.integer);
    const certReq = at.optional(Tag.boolean);
    at.end();
    const [algorithm, digest] = children(imprint);
    if (algorithm === undefined || digest?.tag !== Tag.octetString) return undefined;
    const id = children(algorithm)[0];
    if (
      id === undefined ||
      IMPRINTS.get(Buffer.from(id.raw).toString('hex')) !== digest.content.length
    )
      return undefined;
    return {
      imprint: imprint.raw,
      nonce: nonce?.raw,
      includeCertificate: certReq?.content[0] === 0xff,
    };
  } catch {
    return undefined;
  }
}

const REPLY_TYPE = 'application/timestamp-reply';

/** `clock` is in Unix milliseconds. */
export function timestampHandler(authority: TimestampAuthority, clock: () => number): Handler {
  return ({ method, path, headers, body }): Reply => {
    switch (`${method} ${path}`) {
      case 'GET /api/v1/timestamp/certchain':
        return text(
          authority.chain.map(certificatePem).join(''),
          'application/pem-certificate-chain',
        );
      case 'GET /ping':
        return text('pong');
      case 'POST /api/v1/timestamp': {
        if (headers['content-type'] !== 'application/timestamp-query') {
          return json(415, {
            code: 415,
            message: 'unsupported media type, only application/timestamp-query is allowed',
          });
        }
        const request = readTimestampRequest(body);
        if (request === undefined)
          return json(400, { code: 400, message: 'Error parsing timestamp request' });
        const token = timestampToken(authority, request, Math.floor(clock() / 1000));
        return {
          status: 200,
          headers: { 'content-type': REPLY_TYPE, 'cache-control': 'no-store' },
          body: timestampResponse(token),
        };
      }
      default:
        return json(404, { code: 404, message: `path ${path} was not found` });
    }
  };
}
