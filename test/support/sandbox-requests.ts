/** What a client of Sigstore sends, by plain fetch: for tests of the sandbox's services themselves. */

import { createHash, type KeyObject, sign } from 'node:crypto';
import { newKeys, type Sandbox } from '../../src/sandbox/index.ts';
import type { KeyPair } from '../../src/sandbox/state.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read member by member in assertions
  readonly json: any;
}

export async function call(
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    // A connection kept from before a restart would be one to a server that has gone.
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    redirect: 'manual',
  });
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}

export const pemOf = (key: KeyObject): string =>
  key.export({ type: 'spki', format: 'pem' }).toString();

export interface CertificateCall {
  readonly token?: string;
  readonly keys?: KeyPair;
  /** What the proof is made over; default alice's address. */
  readonly challenge?: string;
  /** Who makes the proof; default `keys`. */
  readonly prover?: KeyPair;
  readonly version?: 1 | 2;
}

/** Asks Fulcio for a certificate. */
export async function askCertificate(
  sandbox: Sandbox,
  wanted: CertificateCall = {},
): Promise<Answer & { readonly keys: KeyPair }> {
  const keys = wanted.keys ?? newKeys();
  const token = wanted.token ?? (await sandbox.mintToken());
  const challenge = Buffer.from(wanted.challenge ?? 'alice@example.test');
  const proof = sign('sha256', challenge, (wanted.prover ?? keys).privateKey).toString('base64');
  const answer =
    wanted.version === 1
      ? await call(
          `${sandbox.urls.fulcio}/api/v1/signingCert`,
          {
            publicKey: {
              content: keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
              algorithm: 'ecdsa',
            },
            signedEmailAddress: proof,
            certificateSigningRequest: null,
          },
          { authorization: `Bearer ${token}` },
        )
      : await call(`${sandbox.urls.fulcio}/api/v2/signingCert`, {
          credentials: { oidcIdentityToken: token },
          publicKeyRequest: {
            publicKey: { algorithm: 'ECDSA', content: pemOf(keys.publicKey) },
            proofOfPossession: proof,
          },
        });
  return { ...answer, keys };
}

export interface Logged {
  readonly digest: Buffer;
  readonly signature: Buffer;
  readonly certificatePem: string;
}

/** Something signed under a fresh certificate, ready for a log. */
export async function signedArtifact(
  sandbox: Sandbox,
  artifact = `artifact ${Math.random()}`,
): Promise<Logged> {
  const { json, keys } = await askCertificate(sandbox);
  return {
    digest: createHash('sha256').update(artifact).digest(),
    signature: sign('sha256', Buffer.from(artifact), keys.privateKey),
    certificatePem: json.signedCertificateEmbeddedSct.chain.certificates[0],
  };
}

export const hashedRekordV1 = ({
  digest,
  signature,
  certificatePem,
}: Logged): Record<string, unknown> => ({
  apiVersion: '0.0.1',
  kind: 'hashedrekord',
  spec: {
    data: { hash: { algorithm: 'sha256', value: digest.toString('hex') } },
    signature: {
      content: signature.toString('base64'),
      publicKey: { content: Buffer.from(certificatePem).toString('base64') },
    },
  },
});

export const hashedRekordV2 = ({
  digest,
  signature,
  certificatePem,
}: Logged): Record<string, unknown> => ({
  hashedRekordRequestV002: {
    digest: digest.toString('base64'),
    signature: {
      content: signature.toString('base64'),
      verifier: {
        x509Certificate: { rawBytes: certificatePem.replace(/-----[A-Z ]+-----|\n/g, '') },
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      },
    },
  },
});
