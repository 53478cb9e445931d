/** A run in shards under rules that look beyond one commit: carried commits, approvals, statements, later revocations, pinned keys. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withApprovals } from '../support/approval-scene.ts';
import { carriedForge } from '../support/carried-forge.ts';
import { onlineCommit } from '../support/online-commits.ts';
import { sshPerson } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { type Answered, resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const FORMATS = ['text', 'json', 'jsonl', 'github', 'sarif', 'junit', 'html', 'vsa'];
const REF = ['--ref', 'refs/heads/main'];
const URI = ['--repository-uri', 'git+https://example.test/a'];
const email = (name: string) => ({ email: `${name}@example.test` });

async function history() {
  const forge = carriedForge('shards-rules', sandbox());
  const { approve, treeOf } = withApprovals(forge, sandbox());
  const { repository, work, squash, pull, commit, policy, bob, issuer, now, branch } = forge;
  const ssh = sshPerson(repository, 'carol');
  const time = (at: number): string => new Date(at * 1000).toISOString().replace('.000', '');
  const signers = `${bob}  - {name: dave, identity: dave@example.test, issuer: '${issuer}'}\n  - {name: carol, ssh: '${ssh.line}'}\n`;
  const rules =
    'commits: [{refs: [refs/heads/main], carried: {how: [squash]}, approvals: {count: 1}}]\n' +
    'attestations: [{type: test-result, refs: [refs/heads/main], by: [bob]}]\n';
  const entry = `{identity: dave@example.test, issuer: '${issuer}', from: '${time(now - 3600)}', until: '${time(now + 3600)}', reason: lost}`;
  const text = (sequence: number, more = '') =>
    policy(`sequence: ${sequence}\nchanges: [alice]\n${rules}${more}`, signers);
  const base = await work(undefined, { '.signet.yaml': text(1), a: 'a\n' });
  const since = await work(base, { b: 'b\n' });
  const head = await work(since, { c: 'c\n' });
  pull(1, head);
  const carried = await squash(since, head, 'Add c (#1)');
  const bare = await squash(carried, await work(carried, { d: 'd\n' }), 'Add d (#2)');
  const keyed = await work(bare, { e: 'e\n' }, { by: { armor: ssh.armor } });
  const revoked = await work(keyed, { f: 'f\n' }, { by: email('dave') });
  const online = await commit({
    parents: [revoked],
    tree: treeOf(revoked),
    by: {
      armor: async (payload) =>
        Buffer.from((await onlineCommit(sandbox(), payload)).signature).toString(),
    },
  });
  const alone = await work(online, { g: 'g\n' });
  const revoking = await work(alone, { '.signet.yaml': text(2, `revoked: [${entry}]\n`) });
  const tip = await work(revoking, { h: 'h\n' }, { by: email('bob') });
  await approve(carried, { base: since });
  await approve(keyed, { base: bare });
  await approve(online, { base: revoked });
  await approve(revoking, { base: alone });
  await approve(tip, { by: 'alice@example.test', base: revoking });
  branch('main', tip);
  const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Answered> =>
    signet(repository, args, { now: now + 60, env: { ...sandbox().env, ...env } });
  return { ...forge, run, base, since, carried, bare, keyed, revoked, online, alone, tip };
}

let made: Awaited<ReturnType<typeof history>>;
beforeAll(async () => {
  made = await history();
}, 120_000);

/** Runs the shards, and returns the paths of their files. */
async function shards(count: number, args: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for (let at = 1; at <= count; at += 1) {
    const { exit, out, talk } = await made.run(['verify', ...args, `--shard=${at}/${count}`]);
    expect(exit, talk).toBe(0);
    const path = join(made.repository.home, `${at}-of-${count}.shard`);
    writeFileSync(path, out);
    paths.push(path);
  }
  return paths;
}

const trusting = (): readonly string[] => ['--trusted-root', sandbox().files.trustedRoot];

/** Compares one run with its shards, in every format. Returns the reason or status of each commit. */
async function compare(count: number, args: readonly string[]) {
  const paths = await shards(count, args);
  const said = new Map<string, string>();
  for (const format of FORMATS) {
    const named = format === 'vsa' ? [...URI, ...args] : args;
    const files = format === 'vsa' ? await shards(count, named) : paths;
    const alone = await made.run(['verify', '--no-store', '--format', format, ...named]);
    const merged = await made.run(['merge-reports', '--format', format, ...files]);
    expect([format, merged]).toEqual([format, alone]);
    expect(alone.exit).not.toBe(2);
    if (format !== 'jsonl') continue;
    for (const { objectId, code, status } of resultsOf(alone)) said.set(objectId, code ?? status);
  }
  return said;
}

describe('rules beyond one commit', { timeout: 300_000 }, () => {
  it.each([1, 3, 16])('%i shards give the report of one run in eight formats (U1)', async (n) => {
    const { base, carried, bare, keyed, revoked, online, alone, tip } = made;
    const said = await compare(n, [...trusting(), '--policy-from', base, ...REF, `${base}..main`]);
    const expected = { carried: 'verified', bare: 'unsigned', keyed: 'verified' };
    const beyond = { revoked: 'revoked', online: 'verified', alone: 'too-few-approvals' };
    expect(
      Object.fromEntries(
        Object.entries({ carried, bare, keyed, revoked, online, alone, tip }).map(([name, id]) => [
          name,
          said.get(id),
        ]),
      ),
    ).toEqual({ ...expected, ...beyond, tip: 'attestation-missing' });
  });

  it('policies by parents with since give the report of one run (U1)', async () => {
    const { since } = made;
    const parents = [...trusting(), '--policy-from', 'parents', '--since', since];
    const said = await compare(3, [...parents, ...REF, 'main']);
    expect(said.has(since)).toBe(false);
    expect([...said.values()]).toContain('revoked');
  });

  it('a tag is judged as its commit, in shards as in one run (U1)', async () => {
    const { base, tag, keyed } = made;
    await tag('v1', keyed);
    const args = [...trusting(), '--policy-from', base, ...REF];
    expect([...(await compare(3, [...args, 'v1', 'main~1'])).values()]).toContain(
      'attestation-missing',
    );
  });
});
