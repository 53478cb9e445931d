/** The search index of Rekor v1, as the sandbox serves it: hits are proved, and what is hidden is noticed. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClient } from '../../src/http/http.ts';
import { createEntryJudge } from '../../src/monitor/logged-signature.ts';
import { searchIndex } from '../../src/monitor/search.ts';
import { namedRule, watchFor } from '../../src/monitor/watch.ts';
import { MerkleTree } from '../../src/sandbox/rekor/merkle-tree.ts';
import { checkpoint } from '../../src/sandbox/rekor/signed-note.ts';
import { json, type Reply } from '../../src/sandbox/service.ts';
import { loadKey } from '../../src/sandbox/state.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { monitorEvents } from '../support/monitor-sandbox.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT, signRequest } from '../support/signing.ts';

const sandbox = useSandbox();
let client: HttpClient;
beforeEach(() => {
  client = createHttpClient();
});
afterEach(() => {
  sandbox().intercept(undefined);
  client.close();
});

let people = 0;
/** An address that no other test of this file signs with. */
function person(): string {
  people += 1;
  return `person-${people}@example.test`;
}

/** An entry in an answer of the log. */
interface Answered {
  readonly body: string;
  readonly verification: { readonly inclusionProof: object };
}

async function search(email: string, seen: readonly string[] = []) {
  const { trust } = await signRequest(sandbox());
  const log = trust.tlogs.find(({ key }) => key.kind === 'p256');
  if (log === undefined) throw new Error('the sandbox has a Rekor v1');
  const judge = createEntryJudge(watchFor([namedRule(email)]), crypto, trust);
  const isExplained = async () => false;
  const { rekor: url } = sandbox().urls;
  return searchIndex({
    ...{ url, send: client.send, log, crypto, judge, isExplained, seen: new Set(seen) },
  });
}

/** Changes the JSON of answers to this path. */
function altered(path: RegExp, change: (value: unknown) => unknown): void {
  sandbox().intercept(async (_service, request, proceed): Promise<Reply | undefined> => {
    if (!path.test(request.path)) return undefined;
    const { body = '' } = await proceed();
    return json(200, change(JSON.parse(Buffer.from(body).toString())));
  });
}

describe('the search index', () => {
  it('finds signatures by their address, proved and with the time that the log signed', async () => {
    const email = person();
    const { entry } = await sandbox().issueSignature(COMMIT, { email });
    await sandbox().issueSignature(COMMIT, { email: person() });
    const { found, named } = await search(email);
    expect(found).toMatchObject([
      {
        is: 'signature',
        signature: {
          signer: { value: email },
          kind: 'hashedrekord 0.0.1',
          index: String(entry?.logIndex),
          logged: entry?.integratedTime,
        },
      },
    ]);
    expect((await search(email, named)).found).toEqual([]);
  });

  it('is not believed about an entry that is not in the signed tree (M09)', async () => {
    const email = person();
    await sandbox().issueSignature(COMMIT, { email });
    await sandbox().issueSignature(COMMIT, { email: person() });
    const lies: readonly ((entry: Answered) => unknown)[] = [
      ({ verification, ...entry }) => {
        const { inclusionProof, ...promise } = verification;
        const proof = { ...inclusionProof, rootHash: '00'.repeat(32) };
        return { ...entry, verification: { ...promise, inclusionProof: proof } };
      },
      ({ verification, ...entry }) => {
        const { inclusionProof, ...promise } = verification;
        const { hashes } = inclusionProof as { readonly hashes: readonly string[] };
        const proof = { ...inclusionProof, hashes: hashes.map(() => '00'.repeat(32)) };
        return { ...entry, verification: { ...promise, inclusionProof: proof } };
      },
      ({ body, ...entry }) => {
        const text = Buffer.from(body, 'base64').toString().replace('"kind"', '"kinD"');
        return { ...entry, body: Buffer.from(text).toString('base64') };
      },
    ];
    for (const [at, lie] of lies.entries()) {
      altered(/entries\/retrieve$/, (value) =>
        (value as Record<string, Answered>[]).map((item) =>
          Object.fromEntries(Object.entries(item).map(([uuid, entry]) => [uuid, lie(entry)])),
        ),
      );
      const failed = search(email);
      if (at < 2) await expect(failed).rejects.toMatchObject({ kind: 'not-in-tree' });
      else await expect(failed).rejects.toThrow();
    }
  });

  it('that names an entry and does not give it is not read', async () => {
    const email = person();
    await sandbox().issueSignature(COMMIT, { email });
    altered(/entries\/retrieve$/, () => []);
    await expect(search(email)).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
  });

  it('that hides an entry which the ledger knows is not silence, and --scan finds it (M19)', async () => {
    const email = person();
    await sandbox().issueSignature(COMMIT, { email });
    const [hit] = (await search(email)).found;
    if (hit?.is !== 'signature') throw new Error('the entry is there');
    const { leaf, index } = hit.signature;
    const line = { time: 1, identity: email, log: sandbox().urls.rekor, leaf, index };
    altered(/index\/retrieve$/, () => []);
    const events = await monitorEvents(sandbox(), client.send, { email, ledger: [line] });
    expect(events).toMatchObject([
      { event: 'unread-log', detail: expect.stringContaining(`does not name entry ${index}`) },
    ]);
    const scanned = await monitorEvents(sandbox(), client.send, { email, scan: true });
    expect(scanned).toMatchObject([{ event: 'unexplained-entry', entry: { leaf } }]);
  });

  it('knows no workflow, which is said, and --scan finds it (M05)', async () => {
    const name = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main';
    const principal = {
      san: { kind: 'uri', value: name },
      challenge: name,
      issuer: 'https://token.actions.githubusercontent.com',
      extensions: { 12: 'https://github.com/acme/app' },
    } as const;
    await sandbox().issueSignature(COMMIT, { principal });
    const events = await monitorEvents(sandbox(), client.send, { email: name });
    expect(events).toMatchObject([{ event: 'unread-log', detail: expect.stringContaining(name) }]);
    const scanned = await monitorEvents(sandbox(), client.send, { email: name, scan: true });
    expect(scanned).toMatchObject([
      { event: 'unexplained-entry', entry: { signer: { value: name, kind: 'uri' } } },
    ]);
  });

  it('of a log that has ended a shard is one index, and both shards are read in order (M11)', async () => {
    const email = person();
    await sandbox().issueSignature(COMMIT, { email });
    const { rekor } = sandbox().parts;
    const [ended, size] = [rekor.checkpoint(), rekor.tree.size];
    const [name = ''] = ended.split(' - ');
    const { privateKey } = loadKey(sandbox().dir, 'rekor', 'p256');
    const signer = { origin: `${name} - 77`, name, keyHint: rekor.logId, key: privateKey };
    const active = checkpoint(signer, 0, new MerkleTree().root());
    altered(/api\/v1\/log$/, () => ({
      inactiveShards: [{ treeID: rekor.treeId, treeSize: size, signedTreeHead: ended }],
      ...{ treeID: '77', treeSize: 0, signedTreeHead: active },
    }));
    const events = await monitorEvents(sandbox(), client.send, { email, scan: true });
    expect(events).toMatchObject([
      { event: 'unexplained-entry', entry: { signer: { value: email } } },
    ]);
  });

  it('of a log whose tree is gone, neither growing nor ended, is a lie (M02)', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'git-signet-monitor-test-'));
    try {
      const email = person();
      await monitorEvents(sandbox(), client.send, { email, directory });
      const { rekor } = sandbox().parts;
      const [name = ''] = rekor.checkpoint().split(' - ');
      const { privateKey } = loadKey(sandbox().dir, 'rekor', 'p256');
      const signer = { origin: `${name} - 78`, name, keyHint: rekor.logId, key: privateKey };
      const signedTreeHead = checkpoint(signer, 0, new MerkleTree().root());
      altered(/api\/v1\/log$/, () => ({ treeID: '78', treeSize: 0, signedTreeHead }));
      const events = await monitorEvents(sandbox(), client.send, { email, directory });
      expect(events).toMatchObject([{ event: 'lying-log', kind: 'another-tree' }]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
