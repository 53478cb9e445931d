/** Shards beside what else changes a run: another program or trust root, damage, the proof store, a start that a summary proves. */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { issueStatement } from '../support/statement-bundle.ts';
import { resultsOf, signet, signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const URI = ['--repository-uri', 'git+https://example.test/a'];
const bob = { email: 'bob@example.test' };

/** A line of seven commits, of which the second one is unsigned. */
async function history() {
  const scene = policyScene('shards-other', sandbox());
  const { repository, commit, policy, branch, file, now } = scene;
  const base = await commit({});
  const bad = await commit({ parents: [base], by: 'nobody', subject: 'bad' });
  const line = [base, bad];
  for (let at = 0; at < 5; at += 1) {
    line.push(await commit({ parents: line.slice(-1), subject: `change ${at}` }));
  }
  const start = line[4] ?? '';
  branch('main', line.at(-1) ?? '');
  const root = file(readFileSync(sandbox().files.trustedRoot, 'utf8'), 'root.json');
  const trusting = ['--trusted-root', root, '--offline'];
  const rules = file(policy('vsa: {by: [bob]}\n', scene.bob));
  const args = [...trusting, '--policy', rules, '--ref', 'refs/heads/main'];
  const run = (more: readonly string[]) => signet(repository, more, { now: now + 60 });
  return { ...scene, base, start, root, args, run, range: [...args, `${base}..main`] };
}

let made: Awaited<ReturnType<typeof history>>;
beforeAll(async () => {
  made = await history();
});

const kept = (name: string, text: string | Buffer): string => {
  const path = join(made.repository.home, name);
  writeFileSync(path, text);
  return path;
};

/** Runs the shards of a run, and returns the paths of their files. */
async function shards(count: number, args: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for (let at = 1; at <= count; at += 1) {
    const { exit, out, talk } = await made.run(['verify', ...args, '--shard', `${at}/${count}`]);
    expect(exit, talk).toBe(0);
    paths.push(kept(`${at}-${count}.shard`, out));
  }
  return paths;
}

const merge = (paths: readonly string[], format = 'jsonl') =>
  made.run(['merge-reports', '--format', format, ...paths]);

/** Writes a shard as a program would that was set up in another way. */
function from(path: string, change: Readonly<Record<string, string>>): string {
  const [first = '', ...rest] = readFileSync(path, 'utf8').trim().split('\n');
  const { run, ...head } = JSON.parse(first);
  const before = [JSON.stringify({ ...head, run: { ...run, ...change } }), ...rest.slice(0, -1)];
  const end = JSON.parse(rest.at(-1) ?? '');
  const values = `${end.judged} ${end.total} ${end.selection}`;
  let digest = Buffer.alloc(0);
  for (const piece of [...before, values]) {
    digest = createHash('sha256').update(digest).update(piece).digest();
  }
  const last = JSON.stringify({ ...end, lines: digest.toString('hex') });
  return kept(`other-${head.shard}.shard`, `${[...before, last].join('\n')}\n`);
}

describe('shards by another program or with other trust', () => {
  it.each([
    ['version', { version: '0.0.1' }],
    ['build', { build: '0'.repeat(64) }],
    ['trust root', { 'trust root': '0'.repeat(64) }],
    ['policy', { policy: '0'.repeat(64) }],
  ])('one or all shards of another %s are an error (U2)', async (name, change) => {
    const paths = await shards(3, made.range);
    const [first = '', second = '', third = ''] = paths;
    expect((await merge(paths.map((path) => from(path, {})))).exit).toBe(5);
    for (const set of [
      [first, from(second, change), third],
      paths.map((path) => from(path, change)),
    ]) {
      const { exit, out, talk } = await merge(set);
      expect([exit, out]).toEqual([2, '']);
      expect(talk).toContain(`${name} differs`);
    }
  });

  it('a trust root that changed between the shards and the merge is an error (U2)', async () => {
    const paths = await shards(2, made.range);
    const text = readFileSync(made.root, 'utf8');
    const { timestampAuthorities: _, ...less } = JSON.parse(text);
    writeFileSync(made.root, JSON.stringify(less));
    const other = await merge(paths);
    writeFileSync(made.root, text);
    expect([other.exit, other.out]).toEqual([2, '']);
    expect(other.talk).toContain('trust root differs');
    expect((await merge(paths)).exit).toBe(5);
  });

  it('a shard that was damaged by one byte is an error, also in its last line (U2)', async () => {
    const [only = ''] = await shards(1, made.range);
    const good = readFileSync(only);
    const places = Array.from({ length: 12 }, (_, at) => Math.floor((good.length * at) / 12));
    const last = good.lastIndexOf('\n', good.length - 2) + 1;
    for (let at = last; at < good.length - 1; at += 1) places.push(at);
    for (const at of places) {
      const bent = Buffer.from(good);
      bent[at] = (bent[at] ?? 0) ^ 1;
      const { exit, out } = await merge([kept('bent.shard', bent)]);
      expect([at, exit, out]).toEqual([at, 2, '']);
    }
  });
});

it('a merge is a run without the proof store, and differs from one with it in that fact only', async () => {
  const { repository, range } = made;
  const env = { ...repository.env, XDG_CACHE_HOME: join(repository.home, 'cache') };
  const run = (...more: readonly string[]) => signetProcess({ ...repository, env }, more);
  const json = ['verify', '--format', 'json', ...range];
  await run(...json);
  const used = await run(...json);
  const without = await run(...json, '--no-store');
  const paths: string[] = [];
  for (const at of [1, 2]) {
    const { exit, out, talk } = await run('verify', ...range, '--shard', `${at}/2`);
    expect(exit, talk).toBe(0);
    paths.push(kept(`stored-${at}.shard`, out));
  }
  const merged = await run('merge-reports', '--format', 'json', ...paths);
  expect([merged.exit, merged.out]).toEqual([without.exit, without.out]);
  const { store, ...rest } = JSON.parse(used.out);
  expect(store.reused).toBeGreaterThan(0);
  expect(JSON.parse(merged.out)).toEqual(rest);
});

it('shards of a run that begins at a summary give its report, and a summary that comes later is an error (U1, U2)', async () => {
  const { repository, run, args, base, start } = made;
  const since = [...args, ...URI, '--since', 'vsa', `${base}..main`];
  const before = await shards(3, since);
  expect((await merge(before)).exit).toBe(5);
  const { out } = await run(['verify', ...args, ...URI, '--format', 'vsa', `${start}~1..${start}`]);
  const summary = JSON.parse(out);
  summary.subject[0].annotations.gitSignet.without = [base];
  summary.subject[0].annotations.sourceRefs = ['refs/heads/main'];
  const bundle = await issueStatement(sandbox(), JSON.stringify(summary), bob);
  const put = (words: readonly string[], input: string): string =>
    repository.gitWith({ input: Buffer.from(input) }, ...words).out.trim();
  const digest = createHash('sha256').update(bundle).digest('hex');
  const blob = put(['hash-object', '-w', '--stdin'], bundle);
  const about = put(['mktree'], `100644 blob ${blob}\t${digest}.sigstore.json\n`);
  const top = repository.must(
    ...['commit-tree', put(['mktree'], `040000 tree ${about}\t${start}\n`), '-m', 'kept'],
  );
  repository.must('update-ref', 'refs/attestations/commits', top);
  const late = await merge(before);
  expect([late.exit, late.out]).toEqual([2, '']);
  const paths = await shards(3, since);
  for (const format of ['text', 'json', 'jsonl', 'vsa']) {
    const alone = await run(['verify', '--no-store', '--format', format, ...since]);
    expect([format, await merge(paths, format)]).toEqual([format, alone]);
    expect(alone.exit, alone.talk).toBe(0);
    if (format === 'jsonl') expect(resultsOf(alone)).toHaveLength(2);
  }
});
