/**
 * Signed statements as Sigstore bundles, made by a sandbox without the program: the envelope, the signature, the log entry
 * and the JSON are written here, from the specifications.
 */

import { createHash, sign } from 'node:crypto';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { entryOfV1 } from '../../src/sandbox/rekor/entry-writer.ts';
import { entryJson } from './forge/entry-json.ts';
import type { Signing } from './verify-scenario.ts';

const TYPE = 'application/vnd.in-toto+json';

export interface StatementSigning extends Signing {
  readonly principal?: object;
  /** Signs this instead of the statement that the bundle holds. */
  readonly instead?: string;
}

const pem = (der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
};

function encoded(statement: string): Buffer {
  const { length } = Buffer.from(statement);
  return Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${length} ${statement}`);
}

/** Returns the bundle of a statement, in one line. */
export async function issueStatement(
  sandbox: Sandbox,
  statement: string,
  { instead, ...signing }: StatementSigning = {},
): Promise<string> {
  const { certificate, keys } = await sandbox.issueSignature(Buffer.from('x'), {
    ...signing,
    rekor: 'none',
  } as Parameters<Sandbox['issueSignature']>[1]);
  const bytes = encoded(instead ?? statement);
  const signature = sign('sha256', bytes, keys.privateKey);
  const value = createHash('sha256').update(bytes).digest('hex');
  const content = Buffer.from(pem(certificate)).toString('base64');
  const body = {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value } },
      signature: { content: signature.toString('base64'), publicKey: { content } },
    },
  };
  const { rekor } = sandbox.parts;
  const at = signing.at ?? sandbox.parts.clock();
  const answer = rekor.answer(rekor.append(Buffer.from(JSON.stringify(body)), at).entry);
  const { signedEntryTimestamp: inclusionPromise, proof, ...fields } = entryOfV1(answer);
  const logged = { ...fields, kind: 'hashedrekord', inclusionPromise, inclusionProof: proof };
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: Buffer.from(certificate).toString('base64') },
      tlogEntries: [entryJson(logged, Buffer.from(answer.body, 'base64'))],
    },
    dsseEnvelope: {
      payload: Buffer.from(statement).toString('base64'),
      payloadType: TYPE,
      signatures: [{ sig: signature.toString('base64') }],
    },
  });
}
