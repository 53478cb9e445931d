/**
 * Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint): the text a log signs about its tree.
 * Rekor v1 hints at its key by SHA-256 of the key alone, Rekor v2 by origin and key together.
 */

import { createHash, type KeyObject, sign } from 'node:crypto';

export interface NoteSigner {
  /** First line of the checkpoint. */
  readonly origin: string;
  /** The name beside the signature. */
  readonly name: string;
  /** Four bytes before the signature. */
  readonly keyHint: Uint8Array;
  readonly key: KeyObject;
}

const exported = new WeakMap<KeyObject, Buffer>();

/** SubjectPublicKeyInfo in DER. Exported once a key, because the services ask for theirs with every entry. */
export function spkiOf(key: KeyObject): Buffer {
  const known = exported.get(key);
  if (known !== undefined) return known;
  const spki = key.export({ type: 'spki', format: 'der' });
  exported.set(key, spki);
  return spki;
}

/** SHA-256 of the SubjectPublicKeyInfo: the id of a CT log (RFC 6962 §3.2) and of a Rekor v1 log. */
export function keyDigest(publicKey: KeyObject): Buffer {
  return createHash('sha256').update(spkiOf(publicKey)).digest();
}

/** SHA-256(origin, newline, 0x01, raw Ed25519 key): the id of a Rekor v2 log. Its first four bytes are the note key id. */
export function noteKeyDigest(origin: string, ed25519: KeyObject): Buffer {
  const raw = spkiOf(ed25519).subarray(-32);
  return createHash('sha256')
    .update(`${origin}\n`)
    .update(Buffer.from([1]))
    .update(raw)
    .digest();
}

/** A checkpoint: origin, tree size, root hash, blank line, one signature line. */
export function checkpoint(signer: NoteSigner, size: number, root: Uint8Array): string {
  const text = `${signer.origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
  const digest = signer.key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(digest, Buffer.from(text), signer.key);
  const hinted = Buffer.concat([signer.keyHint.subarray(0, 4), signature]).toString('base64');
  return `${text}\n\u2014 ${signer.name} ${hinted}\n`;
}
