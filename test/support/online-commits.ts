/** Commits in gitsign's online form, as one login makes many: nothing in the signature, an entry by name in the log. */

import { createHash, sign } from 'node:crypto';
import { utf8 } from '../../src/core/bytes.ts';
import { type LogLookup, logLookupOf } from '../../src/core/log-lookup.ts';
import { certificatePem } from '../../src/sandbox/fulcio/certificates.ts';
import { type IssuedSignature, newKeys, type Sandbox } from '../../src/sandbox/index.ts';
import { hashedRekordV001 } from '../../src/sandbox/rekor/v1.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';

export interface OnlineCommit {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly lookup: LogLookup;
  readonly issued: IssuedSignature;
}

/** Signs a payload; its entry is in the sandbox's log. With `like`, under the key and certificate of another. */
export async function onlineCommit(
  sandbox: Sandbox,
  payload: Uint8Array,
  like?: Pick<IssuedSignature, 'keys' | 'certificate'>,
): Promise<OnlineCommit> {
  const issued = await sandbox.issueSignature(payload, {
    keys: like?.keys ?? newKeys(),
    rekor: 'none',
    ...(like === undefined ? {} : { certificate: like.certificate }),
  });
  const signature = utf8(issued.armor);
  const lookup = logLookupOf(payload, signature, crypto);
  const [name] = lookup?.objectIds ?? [];
  if (lookup === undefined || name === undefined) throw new Error('not a commit');
  const value = createHash('sha256').update(name).digest('hex');
  const proof = sign('sha256', Buffer.from(name), issued.keys.privateKey).toString('base64');
  const pem = certificatePem(issued.certificate);
  sandbox.parts.rekor.append(
    hashedRekordV001({ algorithm: 'sha256', value }, proof, pem),
    Date.now(),
  );
  return { payload, signature, lookup, issued };
}
