/**
 * The certificate transparency log (RFC 6962): Fulcio gives it a precertificate, it promises to log it and
 * signs that promise (the SCT). Here it logs it at once, in a Merkle tree of its own.
 */

import { createHash, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import { leafHash, MerkleTree } from '../rekor/merkle-tree.ts';
import { keyDigest, spkiOf } from '../rekor/signed-note.ts';
import { type Handler, json } from '../service.ts';
import { type KeyPair, openLineLog } from '../state.ts';

export interface CtLog {
  /** SHA-256 of the log's key. */
  readonly id: Buffer;
  readonly publicKey: KeyObject;
  /**
   * Logs a precertificate: its TBSCertificate without poison and SCT list, and its issuer's key.
   * Gives the serialized SignedCertificateTimestamp (RFC 6962 §3.2). `at` is Unix milliseconds.
   */
  readonly addPreCertificate: (tbs: Uint8Array, issuer: KeyObject, at: number) => Buffer;
  readonly handler: Handler;
  readonly close: () => void;
}

const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 0xff]);
const u24 = (n: number): Buffer => Buffer.from([n >> 16, (n >> 8) & 0xff, n & 0xff]);
const u64 = (n: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(n));
  return bytes;
};

/** DigitallySigned of TLS 1.2: SHA-256 (4), ECDSA (3), length, signature. */
function digitallySigned(key: KeyObject, data: Uint8Array): Buffer {
  const signature = sign('sha256', data, key);
  return Buffer.concat([Buffer.from([4, 3]), u16(signature.length), signature]);
}

/** timestamp, entry type 1 (precertificate), issuer's key hash, TBS, no extensions. */
function preCertificateEntry(tbs: Uint8Array, issuerSpki: Uint8Array, at: number): Buffer {
  const issuerKeyHash = createHash('sha256').update(issuerSpki).digest();
  return Buffer.concat([u64(at), u16(1), issuerKeyHash, u24(tbs.length), tbs, u16(0)]);
}

/** The value of the SCT list extension: an OCTET STRING's contents (RFC 6962 §3.3). */
export function sctList(...scts: readonly Uint8Array[]): Buffer {
  const items = scts.flatMap((sct) => [u16(sct.length), sct]);
  const length = items.reduce((sum, item) => sum + item.length, 0);
  return Buffer.concat([u16(length), ...items]);
}

/** An SCT by any key, over any TBS: what a log that is not ours would sign. */
export function signSct(keys: KeyPair, tbs: Uint8Array, issuer: KeyObject, at: number): Buffer {
  const entry = preCertificateEntry(tbs, spkiOf(issuer), at);
  const signed = digitallySigned(keys.privateKey, Buffer.concat([Buffer.from([0, 0]), entry]));
  return Buffer.concat([Buffer.from([0]), keyDigest(keys.publicKey), u64(at), u16(0), signed]);
}

export function openCtLog(
  dir: string,
  keys: KeyPair,
  root: Uint8Array,
  clock: () => number,
): CtLog {
  const tree = new MerkleTree();
  // only the hash of a leaf is kept: clients ask this log for its head, never for entries
  const lines = openLineLog(join(dir, 'ctlog.log'), (line) =>
    tree.append(Buffer.from(line, 'base64')),
  );

  const treeHead = () => {
    const timestamp = clock();
    const head = tree.root();
    const input = Buffer.concat([Buffer.from([0, 1]), u64(timestamp), u64(tree.size), head]);
    return {
      tree_size: tree.size,
      timestamp,
      sha256_root_hash: head.toString('base64'),
      tree_head_signature: digitallySigned(keys.privateKey, input).toString('base64'),
    };
  };

  return {
    id: keyDigest(keys.publicKey),
    publicKey: keys.publicKey,
    addPreCertificate: (tbs, issuer, at) => {
      const leaf = Buffer.concat([
        Buffer.from([0, 0]),
        preCertificateEntry(tbs, spkiOf(issuer), at),
      ]);
      const hash = leafHash(leaf);
      lines.append(hash.toString('base64'));
      tree.append(hash);
      return signSct(keys, tbs, issuer, at);
    },
    handler: ({ method, path, query }) => {
      if (method !== 'GET') return json(405, { error_code: 'method not allowed' });
      switch (path) {
        case '/ct/v1/get-sth':
          return json(200, treeHead());
        case '/ct/v1/get-roots':
          return json(200, { certificates: [Buffer.from(root).toString('base64')] });
        case '/ct/v1/get-sth-consistency':
          return consistency(tree, Number(query.get('first')), Number(query.get('second')));
        default:
          return json(404, { error_code: 'not found' });
      }
    },
    close: lines.close,
  };
}

function consistency(tree: MerkleTree, first: number, second: number) {
  if (
    !(Number.isInteger(first) && Number.isInteger(second) && first <= second && second <= tree.size)
  ) {
    return json(400, { error_code: 'bad tree sizes' });
  }
  const proof = tree.consistencyProof(first, second);
  return json(200, { consistency: proof.map((hash) => hash.toString('base64')) });
}
