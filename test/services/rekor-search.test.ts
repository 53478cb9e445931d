import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { type LogLookup, logLookupOf } from '../../src/core/log-lookup.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { createHttpClient, type HttpClient } from '../../src/http/http.ts';
import type { HttpSend } from '../../src/http/message.ts';
import { createLogFinder, type LogSearch } from '../../src/services/rekor-search.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { onlineCommit } from '../support/online-commits.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT, signRequest } from '../support/signing.ts';

const sandbox = useSandbox();
let directory: string;
let client: HttpClient;
let asked: string[];

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'git-signet-entries-')), 'entries');
  client = createHttpClient();
  asked = [];
});
afterEach(() => {
  sandbox().intercept(undefined);
  client.close();
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

const send: HttpSend = (request) => {
  asked.push(new URL(request.url).pathname);
  return client.send(request);
};
const log = async () => ({ send, rekorUrl: sandbox().urls.rekor });
const search = () => ({ log, crypto, directory });
/** Searches as a new process does, with nothing in memory. */
const findLogEntry = (lookup: LogLookup, search: LogSearch) => createLogFinder(search).find(lookup);

/** Commits signed under one certificate, as a login that is remembered makes them. */
async function onlineCommits(count: number) {
  const first = await onlineCommit(sandbox(), COMMIT);
  const rest = Array.from({ length: count - 1 }, (_, at) =>
    onlineCommit(sandbox(), Buffer.concat([COMMIT, Buffer.from(`${at}\n`)]), first.issued),
  );
  return [first, ...(await Promise.all(rest))];
}

const context = async () => {
  const { trust, now } = await signRequest(sandbox());
  return { crypto, trust, now: now() };
};

describe('findLogEntry', async () => {
  it('the entry of an object is found, and the object then verifies', async () => {
    const { payload, signature, lookup } = await onlineCommit(sandbox(), COMMIT);
    const found = await findLogEntry(lookup, search());
    expect(await verifyDetached(payload, signature, await context(), found)).toMatchObject({
      status: 'verified',
    });
    expect(asked).toEqual(['/api/v1/index/retrieve', '/api/v1/log/entries/retrieve']);
  });

  it('a log without the entry gives none', async () => {
    const issued = await sandbox().issueSignature(COMMIT, { rekor: 'none' });
    const lookup = logLookupOf(COMMIT, utf8(issued.armor), crypto) as LogLookup;
    expect(await findLogEntry(lookup, search())).toBeUndefined();
  });

  it('each of two commits under one key gets its own entry (R02)', async () => {
    const [one, two] = await onlineCommits(2);
    const [first, second] = [
      await findLogEntry(one!.lookup, search()),
      await findLogEntry(two!.lookup, search()),
    ];
    expect(first!.logIndex).not.toBe(second!.logIndex);
    expect(
      await verifyDetached(one!.payload, one!.signature, await context(), second),
    ).toMatchObject({
      code: 'log-entry-mismatch',
    });
  });

  it('costs at most 60 requests for 50 commits under one certificate, each in a process of its own', async () => {
    for (const { lookup } of await onlineCommits(50))
      expect(await findLogEntry(lookup, search())).toBeDefined();
    expect(asked.length).toBeLessThanOrEqual(60);
    expect(asked.length).toBe(1 + 5);
  });

  it('only new entries of a certificate are asked for', async () => {
    const [one] = await onlineCommits(12);
    await findLogEntry(one!.lookup, search());
    const later = await onlineCommit(
      sandbox(),
      Buffer.concat([COMMIT, Buffer.from('later')]),
      one!.issued,
    );
    asked = [];
    expect(await findLogEntry(later.lookup, search())).toBeDefined();
    expect(asked).toEqual(['/api/v1/index/retrieve', '/api/v1/log/entries/retrieve']);
  });

  it('entries are remembered within one process if no directory is given', async () => {
    const finder = createLogFinder({ ...search(), directory: undefined });
    const commits = await onlineCommits(15);
    const found = await Promise.all(commits.map(({ lookup }) => finder.find(lookup)));
    expect(found.every((entry) => entry !== undefined)).toBe(true);
    expect(asked.length).toBe(1 + 2);
  });

  it('found entries are kept private and whole', async () => {
    const { lookup } = await onlineCommit(sandbox(), COMMIT);
    await findLogEntry(lookup, search());
    const [folder] = readdirSync(directory);
    const files = readdirSync(join(directory, folder!));
    expect(files).toHaveLength(1);
    expect(statSync(join(directory, folder!)).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, folder!, files[0]!)).mode & 0o777).toBe(0o600);
    asked = [];
    expect(await findLogEntry(lookup, search())).toBeDefined();
    expect(asked).toEqual([]);
  });

  it('gains nothing from a forged file: it is refused, and a fresh search replaces it', async () => {
    const { payload, signature, lookup } = await onlineCommit(sandbox(), COMMIT);
    await findLogEntry(lookup, search());
    const [folder] = readdirSync(directory);
    const path = join(directory, folder!, readdirSync(join(directory, folder!))[0]!);
    const forged = { ...JSON.parse(readFileSync(path, 'utf8')), integratedTime: 1 };
    writeFileSync(path, JSON.stringify(forged));
    const kept = await findLogEntry(lookup, search());
    expect(await verifyDetached(payload, signature, await context(), kept)).toMatchObject({
      status: 'refused',
    });
    const fresh = await createLogFinder(search()).find(lookup, { fresh: true });
    expect(await verifyDetached(payload, signature, await context(), fresh)).toMatchObject({
      status: 'verified',
    });
    expect(readFileSync(path, 'utf8')).not.toContain('"integratedTime":1,');
  });

  it.each(['not json', '{}', '[]', '{"body":"x"}'])(
    'a kept file that is %j is passed over',
    async (text) => {
      const { lookup } = await onlineCommit(sandbox(), COMMIT);
      await findLogEntry(lookup, search());
      const [folder] = readdirSync(directory);
      const path = join(directory, folder!, readdirSync(join(directory, folder!))[0]!);
      writeFileSync(path, text);
      expect(await findLogEntry(lookup, search())).toBeDefined();
    },
  );

  it('an entry is found although it cannot be kept', async () => {
    writeFileSync(directory, 'a file in the way');
    const { lookup } = await onlineCommit(sandbox(), COMMIT);
    expect(await findLogEntry(lookup, search())).toBeDefined();
  });

  it('an entry of another object is not taken, and nothing is called unlogged for it (R01)', async () => {
    const { lookup } = await onlineCommit(sandbox(), COMMIT);
    sandbox().intercept(async (service, { path }, proceed) => {
      if (service !== 'rekor' || !path.endsWith('/entries/retrieve')) return undefined;
      const reply = await proceed();
      const [item] = JSON.parse(String(reply.body)) as Record<string, unknown>[];
      return { ...reply, body: JSON.stringify([{ ['c'.repeat(64)]: Object.values(item!)[0] }]) };
    });
    await expect(findLogEntry(lookup, search())).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
  });

  it.each<[string, string]>([
    ['no list', '{}'],
    ['names that are paths', '["../../etc/passwd"]'],
    ['numbers', '[1]'],
    [
      'too many',
      JSON.stringify(Array.from({ length: 2001 }, (_, at) => at.toString(16).padStart(64, '0'))),
    ],
  ])('an index that answers with %s is refused (R18)', async (_name, body) => {
    const { lookup } = await onlineCommit(sandbox(), COMMIT);
    sandbox().intercept((service) =>
      service === 'rekor' ? { status: 200, headers: {}, body } : undefined,
    );
    await expect(findLogEntry(lookup, search())).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
  });

  it('an outage of the log is an outage, not a missing entry', async () => {
    const { lookup } = await onlineCommit(sandbox(), COMMIT);
    sandbox().intercept((service) =>
      service === 'rekor' ? { status: 0, destroy: true } : undefined,
    );
    await expect(findLogEntry(lookup, search())).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
      exitCode: 3,
    });
  });
});
