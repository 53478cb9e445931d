/**
 * Reads and checks signed notes and checkpoints (https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint).
 * An attacker may control the note until a trusted log's key has verified it, so its text is strict and compared literally.
 */

import { equal, fromBase64, fromHex, toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import type { TrustedLog } from '../trust/trust-material.ts';
import { Refusal } from '../verdict.ts';
import { ed25519Octets } from '../x509/algorithms.ts';
import { signatureHolds } from '../x509/signature.ts';

export interface NoteSignature {
  readonly name: string;
  /** First four octets of the key id. */
  readonly hint: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Checkpoint {
  readonly origin: string;
  readonly treeSize: bigint;
  readonly rootHash: Uint8Array;
  /** The signed text, with its final newline. */
  readonly signedText: string;
  readonly signatures: readonly NoteSignature[];
}

const MAX_NOTE = 32 * 1024;
const MAX_SIGNATURES = 32;
const SIGNATURE_LINE = /^\u2014 (\S+) (\S+)$/u;

function invalid(detail: string): never {
  throw new Refusal('checkpoint-invalid', detail);
}

/** Reads a checkpoint. Proves nothing. @throws Refusal `checkpoint-invalid` */
export function readCheckpoint(note: string): Checkpoint {
  if (note.length > MAX_NOTE) invalid('checkpoint over 32 KiB');
  const split = note.indexOf('\n\n');
  if (split === -1 || !note.endsWith('\n')) invalid('malformed checkpoint');
  const signedText = note.slice(0, split + 1);
  const [origin, size, root] = signedText.split('\n');
  if (!origin || size === undefined || root === undefined) invalid('malformed checkpoint');
  // a number has exactly one text
  if (!/^(0|[1-9][0-9]{0,18})$/.test(size)) invalid('malformed checkpoint size');
  const rootHash = fromBase64(root);
  if (rootHash?.length !== 32) invalid('malformed checkpoint root');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) invalid('too many checkpoint signatures');
  return {
    origin,
    treeSize: BigInt(size),
    rootHash,
    signedText,
    signatures: lines.map(readSignatureLine),
  };
}

function readSignatureLine(line: string): NoteSignature {
  const match = SIGNATURE_LINE.exec(line);
  const bytes = match?.[2] === undefined ? undefined : fromBase64(match[2]);
  if (match?.[1] === undefined || bytes === undefined || bytes.length < 5) {
    invalid('malformed checkpoint signature');
  }
  return { name: match[1], hint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/**
 * Returns the key id of a note key. An Ed25519 key is bound to the name (c2sp.org/signed-note), and an ECDSA key is not,
 * as in Rekor v1.
 */
export function noteKeyId(name: string, log: TrustedLog, crypto: Crypto): Uint8Array {
  return log.key.kind === 'ed25519'
    ? crypto.hash('sha256', utf8(`${name}\n`), Uint8Array.of(1), ed25519Octets(log.key))
    : crypto.hash('sha256', log.key.spki);
}

/**
 * Compares the name of a note with its origin, as literal text, because only the origin is signed. Rekor v1 signs as
 * `host` for the origin `host - tree id`, and v2 signs as its origin.
 */
function nameBelongs(name: string, origin: string): boolean {
  return origin === name || origin.startsWith(`${name} - `);
}

/**
 * Checks that this log's own key signed the checkpoint. Signatures of others (witnesses) do not count here.
 * @throws Refusal `checkpoint-invalid`
 */
export async function checkCheckpoint(
  checkpoint: Checkpoint,
  log: TrustedLog,
  crypto: Crypto,
): Promise<void> {
  const id = fromHex(log.id) ?? new Uint8Array();
  const own = checkpoint.signatures.filter(({ hint }) => equal(hint, id.subarray(0, 4)));
  if (own.length === 0) invalid('the checkpoint is not signed by the log');
  if (own.length > 1) invalid('the checkpoint is signed twice by the log');
  for (const { name, signature } of own) {
    if (!nameBelongs(name, checkpoint.origin))
      invalid('the checkpoint is signed under another name');
    if (toHex(noteKeyId(name, log, crypto)) !== log.id)
      invalid('the checkpoint belongs to another log');
    if (log.key.kind === 'ed25519' && name !== checkpoint.origin)
      invalid('the checkpoint belongs to another log');
    if (
      !(await signatureHolds(crypto, log.key, 'sha256', utf8(checkpoint.signedText), signature))
    ) {
      invalid('the checkpoint signature does not verify');
    }
  }
}
