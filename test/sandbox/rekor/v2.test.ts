import { createHash, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { leafHash, nodeHash } from '../../../src/sandbox/rekor/merkle-tree.ts';
import { spkiOf } from '../../../src/sandbox/rekor/signed-note.ts';
import { parseTileIndex } from '../../../src/sandbox/rekor/v2.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { call, hashedRekordV2, signedArtifact } from '../../support/sandbox-requests.ts';

const sandbox = useSandbox();
const url = (path: string): string => `${sandbox().urls.rekorV2}/api/v2/${path}`;
const bytes = async (path: string): Promise<Buffer> =>
  Buffer.from(await (await fetch(url(path))).arrayBuffer());

/** The root of a tree from its leaf hashes, level by level; a lone node at the right goes up as it is. */
function rootOf(hashes: readonly Buffer[]): Buffer {
  let level = [...hashes];
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i]!, level[i + 1]];
      next.push(right === undefined ? left : nodeHash(left, right));
    }
    level = next;
  }
  return level[0]!;
}

describe('Rekor v2', () => {
  it('an append is answered with the entry, proved under an Ed25519 checkpoint of this host', async () => {
    const artifact = await signedArtifact(sandbox());
    const { status, json } = await call(url('log/entries'), hashedRekordV2(artifact));
    expect(status).toBe(201);
    expect(json).toMatchObject({
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      integratedTime: '0',
      inclusionPromise: null,
    });
    const body = Buffer.from(json.canonicalizedBody, 'base64');
    const { data, signature } = JSON.parse(body.toString()).spec.hashedRekordV002;
    expect(data).toEqual({ algorithm: 'SHA2_256', digest: artifact.digest.toString('base64') });
    expect(Object.keys(signature)).toEqual(['content', 'verifier']);

    const { publicKey, logId } = sandbox().parts.rekorV2;
    const expectedId = createHash('sha256')
      .update('127.0.0.1\n\x01')
      .update(spkiOf(publicKey).subarray(-32))
      .digest();
    expect(logId).toEqual(expectedId);
    expect(json.logId.keyId).toBe(expectedId.toString('base64'));
    const [text, line] = json.inclusionProof.checkpoint.envelope.split('\n\n');
    const blob = Buffer.from(line.trim().split(' ')[2], 'base64');
    expect(text.split('\n')[0]).toBe('127.0.0.1');
    expect(blob.subarray(0, 4)).toEqual(expectedId.subarray(0, 4));
    expect(verify(null, Buffer.from(`${text}\n`), publicKey, blob.subarray(4))).toBe(true);
  });

  it('a wrong signature, another key kind, a duplicate and other entries are refused', async () => {
    const artifact = await signedArtifact(sandbox());
    const digest = createHash('sha256').update('something else').digest();
    const wrong = await call(url('log/entries'), hashedRekordV2({ ...artifact, digest }));
    expect([wrong.status, wrong.json.message]).toEqual([400, 'invalid hashedrekord request']);
    const request = JSON.stringify(hashedRekordV2(artifact));
    const p384 = JSON.parse(request.replace('P256_SHA_256', 'P384_SHA_384'));
    expect((await call(url('log/entries'), p384)).status).toBe(400);
    expect((await call(url('log/entries'), JSON.parse(request))).status).toBe(201);
    expect((await call(url('log/entries'), JSON.parse(request))).status).toBe(409);
    expect((await call(url('log/entries'), { dsseRequestV002: {} })).status).toBe(400);
  });

  it('the tiles lead to the checkpoint', async () => {
    const login = await sandbox().issueSignature(Buffer.from('payload'), { rekor: 2 });
    const { keys, certificate } = login;
    for (let i = 0; i < 300; i += 1)
      await sandbox().issueSignature(Buffer.from(`payload ${i}`), { rekor: 2, keys, certificate });
    const [, size, root] = (await bytes('checkpoint')).toString().split('\n');
    const width = Number(size) - 256;
    const hashes = Buffer.concat([await bytes('tile/0/000'), await bytes(`tile/0/001.p/${width}`)]);
    const leaves = Array.from({ length: Number(size) }, (_, i) =>
      hashes.subarray(32 * i, 32 * i + 32),
    );
    expect(rootOf(leaves).toString('base64')).toBe(root);
    expect(await bytes('tile/1/000.p/1')).toEqual(rootOf(leaves.slice(0, 256)));
    const bundle = await bytes('tile/entries/000');
    expect(leafHash(bundle.subarray(2, 2 + bundle.readUInt16BE(0)))).toEqual(leaves[0]);
    expect((await fetch(url('tile/0/001'))).status).toBe(404);
    expect((await fetch(url(`tile/0/001.p/${width + 1}`))).status).toBe(404);
    expect((await fetch(url('tile/entries/001'))).status).toBe(404);
  });

  it('a tile has one spelling', () => {
    expect(parseTileIndex('067')).toEqual({ index: 67, width: 256 });
    expect(parseTileIndex('x001/x234/067.p/8')).toEqual({ index: 1_234_067, width: 8 });
    for (const path of ['67', 'x000/001', '001.p/0', '001.p/256', '001/002', '']) {
      expect(parseTileIndex(path)).toBeUndefined();
    }
  });
});
