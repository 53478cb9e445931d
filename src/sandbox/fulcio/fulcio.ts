/**
 * Fulcio's HTTP face, versions 1 and 2: an identity token and a proof that the key is held, against a
 * certificate. Messages and codes are Fulcio's own (pkg/server/error.go): every bad token gets the same answer.
 */

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { TokenVerifier } from '../oidc/identity-token.ts';
import { type Handler, json, type Reply, type SandboxRequest } from '../service.ts';
import { certificatePem } from './certificates.ts';
import { issueLeaf, type LeafIssuer, type Principal } from './issue.ts';

const INVALID_TOKEN = 'There was an error processing the identity token';
const INVALID_KEY = 'The public key supplied in the request could not be parsed';
const INSECURE_KEY = 'The public key supplied in the request is insecure';
const INVALID_SIGNATURE = 'The signature supplied in the request could not be verified';
const INVALID_CSR = 'The certificate signing request could not be parsed';

/** gRPC's INVALID_ARGUMENT as its gateway writes it. */
const refuse = (message: string): Reply => json(400, { code: 3, message, details: [] });

export interface FulcioOptions extends LeafIssuer {
  /** Intermediate, then root. */
  readonly chain: readonly Uint8Array[];
  readonly issuer: () => string;
  readonly audience: string;
  readonly verifyToken: TokenVerifier;
  readonly lifetimeSeconds: number;
  /** Unix milliseconds. */
  readonly clock: () => number;
}

interface CertificateRequest {
  readonly token: string;
  readonly key: string | undefined;
  readonly proof: string | undefined;
  readonly csr: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

function parseJson(request: SandboxRequest): Fields | undefined {
  try {
    return fields(JSON.parse(request.body.toString('utf8')));
  } catch {
    return undefined;
  }
}

const bearer = ({ headers }: SandboxRequest): string =>
  /^Bearer (.+)$/i.exec(textOf(headers.authorization) ?? '')?.[1] ?? '';

function readV1(request: SandboxRequest, body: Fields): CertificateRequest {
  return {
    token: bearer(request),
    key: textOf(fields(body.publicKey).content),
    proof: textOf(body.signedEmailAddress),
    csr: textOf(body.certificateSigningRequest) !== undefined,
  };
}

function readV2(request: SandboxRequest, body: Fields): CertificateRequest {
  const keyRequest = fields(body.publicKeyRequest);
  return {
    token: textOf(fields(body.credentials).oidcIdentityToken) ?? bearer(request),
    key: textOf(fields(keyRequest.publicKey).content),
    proof: textOf(keyRequest.proofOfPossession),
    csr: textOf(body.certificateSigningRequest) !== undefined,
  };
}

/** A public key as PEM, or as base64 of PEM or DER: v1 and v2 clients differ. */
function readKey(content: string): KeyObject | undefined {
  const decoded = content.startsWith('-----')
    ? Buffer.from(content)
    : Buffer.from(content, 'base64');
  try {
    return decoded.includes('-----BEGIN')
      ? createPublicKey(decoded)
      : createPublicKey({ key: decoded, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

const CURVE_HASH: Readonly<Record<string, string>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
};

function proves(key: KeyObject, challenge: string, proof: string): boolean {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const hash = key.asymmetricKeyType === 'ed25519' ? null : CURVE_HASH[curve];
  return (
    hash !== undefined && verify(hash, Buffer.from(challenge), key, Buffer.from(proof, 'base64'))
  );
}

const isSecure = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ed25519' || (key.asymmetricKeyDetails?.namedCurve ?? '') in CURVE_HASH;

/** Token first, then key, then proof: the order Fulcio checks in, and so the message it gives. */
async function issue(
  options: FulcioOptions,
  wanted: CertificateRequest,
): Promise<Reply | string[]> {
  const principal: Principal | undefined = await options.verifyToken(wanted.token);
  if (principal === undefined) return refuse(INVALID_TOKEN);
  if (wanted.csr) return refuse(INVALID_CSR);
  const key = readKey(wanted.key ?? '');
  if (key === undefined) return refuse(INVALID_KEY);
  if (!isSecure(key)) return refuse(INSECURE_KEY);
  if (!proves(key, principal.challenge, wanted.proof ?? '')) return refuse(INVALID_SIGNATURE);
  const leaf = issueLeaf(options, {
    principal,
    spki: key.export({ type: 'spki', format: 'der' }),
    at: options.clock(),
    lifetimeSeconds: options.lifetimeSeconds,
  });
  return [leaf, ...options.chain].map(certificatePem);
}

async function signingCert(
  options: FulcioOptions,
  request: SandboxRequest,
  read: typeof readV1,
  answer: (chain: string[]) => Reply,
): Promise<Reply> {
  const body = parseJson(request);
  if (body === undefined) return refuse('invalid JSON');
  const issued = await issue(options, read(request, body));
  return Array.isArray(issued) ? answer(issued) : issued;
}

export function fulcioHandler(options: FulcioOptions): Handler {
  const chain = () => options.chain.map(certificatePem);
  return async (request) => {
    switch (`${request.method} ${request.path}`) {
      case 'POST /api/v1/signingCert':
        return signingCert(options, request, readV1, (pem) => ({
          status: 201,
          headers: { 'content-type': 'application/pem-certificate-chain' },
          body: pem.join('').trimEnd(),
        }));
      case 'POST /api/v2/signingCert':
        return signingCert(options, request, readV2, (certificates) =>
          json(200, { signedCertificateEmbeddedSct: { chain: { certificates } } }),
        );
      case 'GET /api/v1/rootCert':
        return {
          status: 200,
          headers: { 'content-type': 'application/pem-certificate-chain' },
          body: chain().join('\n').trimEnd(),
        };
      case 'GET /api/v2/trustBundle':
        return json(200, { chains: [{ certificates: chain() }] });
      case 'GET /api/v2/configuration':
        return json(200, { issuers: [configurationOf(options)] });
      case 'GET /healthz':
        return json(200, { status: 'SERVING' });
      default:
        return json(404, { code: 5, message: 'Not Found', details: [] });
    }
  };
}

const configurationOf = ({ issuer, audience }: FulcioOptions) => ({
  issuerUrl: issuer(),
  audience,
  challengeClaim: 'email',
  spiffeTrustDomain: '',
  issuerType: 'email',
  subjectDomain: '',
  skipEmailVerification: false,
});
