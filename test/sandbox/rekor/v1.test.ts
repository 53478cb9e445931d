import { createHash, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newKeys } from '../../../src/sandbox/index.ts';
import { leafHash, nodeHash } from '../../../src/sandbox/rekor/merkle-tree.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { call, hashedRekordV1, pemOf, signedArtifact } from '../../support/sandbox-requests.ts';

const sandbox = useSandbox();
const entries = (): string => `${sandbox().urls.rekor}/api/v1/log/entries`;

// biome-ignore lint/suspicious/noExplicitAny: the value beside the UUID
const only = (answer: { json: any }): any => Object.values(answer.json)[0];

/** RFC 9162 §2.1.3.2, as a verifier walks it. */
function rootFrom(hash: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer {
  let [fn, sn, root] = [index, size - 1, hash];
  for (const step of path) {
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(step, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else root = nodeHash(root, step);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return root;
}

describe('Rekor v1', () => {
  it('an append is answered with a proof, a checkpoint and a promise that hold', async () => {
    for (let i = 0; i < 5; i += 1)
      await call(entries(), hashedRekordV1(await signedArtifact(sandbox())));
    const proposed = hashedRekordV1(await signedArtifact(sandbox()));
    const answer = await call(entries(), proposed);
    expect(answer.status).toBe(201);
    const [uuid] = Object.keys(answer.json);
    const entry = only(answer);
    expect(answer.headers.get('location')).toBe(`/api/v1/log/entries/${uuid}`);
    const body = Buffer.from(entry.body, 'base64');
    expect(JSON.parse(body.toString())).toEqual(proposed);
    expect(uuid).toHaveLength(80);
    expect(uuid!.slice(16)).toBe(leafHash(body).toString('hex'));

    const { inclusionProof, signedEntryTimestamp } = entry.verification;
    const path = inclusionProof.hashes.map((hash: string) => Buffer.from(hash, 'hex'));
    const root = rootFrom(leafHash(body), inclusionProof.logIndex, inclusionProof.treeSize, path);
    expect(root.toString('hex')).toBe(inclusionProof.rootHash);

    const { publicKey } = sandbox().parts.rekor;
    const [text, line] = inclusionProof.checkpoint.split('\n\n');
    const [origin, size, rootText] = text.split('\n');
    expect(origin).toMatch(/^127\.0\.0\.1 - \d+$/);
    expect([size, rootText]).toEqual([String(inclusionProof.treeSize), root.toString('base64')]);
    const blob = Buffer.from(line.trim().split(' ')[2], 'base64');
    expect(blob.subarray(0, 4)).toEqual(Buffer.from(entry.logID, 'hex').subarray(0, 4));
    expect(verify('sha256', Buffer.from(`${text}\n`), publicKey, blob.subarray(4))).toBe(true);

    const promised = JSON.stringify({
      body: entry.body,
      integratedTime: entry.integratedTime,
      logID: entry.logID,
      logIndex: entry.logIndex,
    });
    const promise = Buffer.from(signedEntryTimestamp, 'base64');
    expect(verify('sha256', Buffer.from(promised), publicKey, promise)).toBe(true);
    expect(
      verify(
        'sha256',
        Buffer.from(promised.replace('"logIndex":', '"logIndex":1')),
        publicKey,
        promise,
      ),
    ).toBe(false);
  });

  it('a signature that does not hold over the digest is refused', async () => {
    const artifact = await signedArtifact(sandbox());
    const digest = createHash('sha256').update('something else').digest();
    const answer = await call(entries(), hashedRekordV1({ ...artifact, digest }));
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 400 });
    const stranger = await call(
      entries(),
      hashedRekordV1({ ...artifact, certificatePem: pemOf(newKeys().publicKey) }),
    );
    expect(stranger.status).toBe(400);
  });

  it('other kinds, short digests and bodies that are not JSON are refused', async () => {
    const proposed = hashedRekordV1(await signedArtifact(sandbox()));
    expect((await call(entries(), { ...proposed, kind: 'rekord' })).status).toBe(400);
    const spec = {
      ...(proposed.spec as object),
      data: { hash: { algorithm: 'sha256', value: 'abcd' } },
    };
    expect((await call(entries(), { ...proposed, spec })).status).toBe(400);
    expect((await fetch(entries(), { method: 'POST', body: '{' })).status).toBe(400);
  });

  it('a duplicate is answered with 409 and the place of the first entry', async () => {
    const proposed = hashedRekordV1(await signedArtifact(sandbox()));
    const first = await call(entries(), proposed);
    const second = await call(entries(), proposed);
    expect(second.status).toBe(409);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    const again = await call(`${sandbox().urls.rekor}${second.headers.get('location')}`);
    expect(only(again).body).toBe(only(first).body);
  });

  it('entries are found by certificate, digest and e-mail, and by two of them at once', async () => {
    const artifact = await signedArtifact(sandbox());
    const [uuid] = Object.keys((await call(entries(), hashedRekordV1(artifact))).json);
    const search = async (query: unknown) =>
      (await call(`${sandbox().urls.rekor}/api/v1/index/retrieve`, query)).json;
    const publicKey = {
      format: 'x509',
      content: Buffer.from(artifact.certificatePem).toString('base64'),
    };
    const hash = `sha256:${artifact.digest.toString('hex')}`;
    expect(await search({ publicKey })).toEqual([uuid]);
    expect(await search({ hash })).toEqual([uuid]);
    expect(await search({ hash: artifact.digest.toString('hex') })).toEqual([uuid]);
    expect(await search({ email: 'alice@example.test' })).toContain(uuid);
    expect(await search({ publicKey, hash, operator: 'and' })).toEqual([uuid]);
    expect(await search({ publicKey, hash: `sha256:${'0'.repeat(64)}`, operator: 'and' })).toEqual(
      [],
    );
    expect(await search({ hash: `sha256:${'0'.repeat(64)}` })).toEqual([]);
  });

  it('entries are given by UUID, by index and by list, and missing ones are not', async () => {
    const answer = await call(entries(), hashedRekordV1(await signedArtifact(sandbox())));
    const [uuid] = Object.keys(answer.json);
    const { logIndex, body } = only(answer);
    expect(only(await call(`${entries()}?logIndex=${logIndex}`)).body).toBe(body);
    expect(only(await call(`${entries()}/${uuid!.slice(16)}`)).body).toBe(body);
    const list = await call(`${entries()}/retrieve`, {
      logIndexes: [logIndex],
      entryUUIDs: [uuid],
    });
    expect(list.json.map((item: object) => Object.keys(item)[0])).toEqual([uuid, uuid]);
    expect((await call(`${entries()}?logIndex=99999`)).status).toBe(404);
    expect((await call(`${entries()}/${'0'.repeat(80)}`)).status).toBe(404);
    expect((await call(`${entries()}/nonsense`)).status).toBe(404);
  });

  it('the log tells its size, key and consistency', async () => {
    const base = `${sandbox().urls.rekor}/api/v1/log`;
    const info = (await call(base)).json;
    expect(info.signedTreeHead).toContain(`127.0.0.1 - ${info.treeID}\n${info.treeSize}\n`);
    expect((await call(`${base}/publicKey`)).text).toBe(pemOf(sandbox().parts.rekor.publicKey));
    const proof = await call(`${base}/proof?firstSize=1&lastSize=${info.treeSize}`);
    expect(proof.json.rootHash).toBe(info.rootHash);
    expect((await call(`${base}/proof?firstSize=1&lastSize=${info.treeSize + 1}`)).status).toBe(
      400,
    );
  });
});
