/**
 * A timestamp authority (RFC 3161): says at what time it saw a digest. The token is CMS signed by a leaf
 * whose one use is time stamping, bound to it by SigningCertificateV2 (RFC 5816), as sigstore's server writes it.
 */

import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { Integer, OctetString, Sequence } from 'asn1js';
import {
  Accuracy,
  AlgorithmIdentifier,
  Attribute,
  type Certificate,
  type ContentInfo,
  GeneralName,
  MessageImprint,
  PKIStatus,
  PKIStatusInfo,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs';
import {
  attributesOf,
  ContentType,
  derOf,
  encodeAttributes,
  sha256,
  signedMessage,
} from './cms-writer.ts';
import { type AuthorityName, certificatePem } from './fulcio/certificates.ts';
import { type Handler, json, type Reply, text } from './service.ts';

const OID = {
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  policy: '1.3.6.1.4.1.57264.2',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** Digest algorithms a client may have used, and the length of each in octets. */
const IMPRINTS: ReadonlyMap<string, number> = new Map([
  [OID.sha256, 32],
  ['2.16.840.1.101.3.4.2.2', 48],
  ['2.16.840.1.101.3.4.2.3', 64],
]);

const DIRECTORY_NAME = 4;

export interface TimestampAuthority {
  readonly key: KeyObject;
  readonly certificate: Certificate;
  readonly issuer: AuthorityName;
  /** Leaf, then root. */
  readonly chain: readonly Buffer[];
}

export interface TimestampRequest {
  /** As the client sent it. */
  readonly imprint: MessageImprint;
  readonly nonce?: Integer | undefined;
  readonly includeCertificate: boolean;
}

/** Returns the MessageImprint of a SHA-256 digest. */
export function sha256Imprint(digest: Uint8Array): MessageImprint {
  return new MessageImprint({
    hashAlgorithm: new AlgorithmIdentifier({ algorithmId: OID.sha256 }),
    hashedMessage: new OctetString({ valueHex: digest }),
  });
}

/** TSTInfo (RFC 3161 §2.4.2), accurate to a second. `at` is Unix seconds. */
function tstInfo({ certificate }: TimestampAuthority, request: TimestampRequest, at: number) {
  const { imprint, nonce } = request;
  return new TSTInfo({
    version: 1,
    policy: OID.policy,
    messageImprint: imprint,
    serialNumber: new Integer({ valueHex: Buffer.from([0x40, ...randomBytes(19)]) }),
    genTime: new Date(at * 1000),
    accuracy: new Accuracy({ seconds: 1 }),
    ...(nonce === undefined ? {} : { nonce }),
    tsa: new GeneralName({ type: DIRECTORY_NAME, value: certificate.subject }),
  });
}

/** The attribute that binds a token to its certificate. */
function signingCertificate({ certificate, chain: [leaf] }: TimestampAuthority): Attribute {
  const issuer = new GeneralName({ type: DIRECTORY_NAME, value: certificate.issuer }).toSchema();
  const issuerSerial = [new Sequence({ value: [issuer] }), certificate.serialNumber];
  const hash = new OctetString({ valueHex: sha256(leaf ?? Buffer.alloc(0)) });
  const certificateId = new Sequence({ value: [hash, new Sequence({ value: issuerSerial })] });
  const value = new Sequence({ value: [new Sequence({ value: [certificateId] })] });
  return new Attribute({ type: OID.signingCertificateV2, values: [value] });
}

/** Returns a TimeStampToken. `at` is Unix seconds. */
export function timestampToken(
  authority: TimestampAuthority,
  request: TimestampRequest,
  at: number,
): ContentInfo {
  const info = derOf(tstInfo(authority, request, at));
  const contentType = ContentType.tstInfo;
  const attributes = attributesOf(contentType, info, at, signingCertificate(authority));
  return signedMessage({
    contentType,
    content: new OctetString({ valueHex: info }),
    signer: authority.certificate,
    withCertificate: request.includeCertificate,
    signedAttributes: attributes,
    signature: sign('sha256', encodeAttributes(attributes), authority.key),
  });
}

/** Returns the DER of a TimeStampResp with status granted. */
export function timestampResponse(timeStampToken: ContentInfo): Buffer {
  const status = new PKIStatusInfo({ status: PKIStatus.granted });
  return derOf(new TimeStampResp({ status, timeStampToken }));
}

/** Reads a TimeStampReq in DER. Returns undefined if it cannot be answered. */
export function readTimestampRequest(der: Uint8Array): TimestampRequest | undefined {
  try {
    const request = TimeStampReq.fromBER(der);
    // what is not the same when it is written again was not DER, or had bytes behind it
    if (!derOf(request).equals(der)) return undefined;
    const { version, messageImprint: imprint, nonce, certReq = false, extensions } = request;
    const { hashAlgorithm, hashedMessage } = imprint;
    const length = IMPRINTS.get(hashAlgorithm.algorithmId);
    if (version !== 1 || extensions !== undefined) return undefined;
    if (hashedMessage.valueBlock.valueHexView.length !== length) return undefined;
    return { imprint, nonce, includeCertificate: certReq };
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
