/** A thief had an account for an hour: what it signed, the entry that takes it back, and what holds afterwards. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useMachines } from '../support/machine.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT } from '../support/signing.ts';
import { resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const newMachine = useMachines(sandbox);
const MINUTE = 60;
const COUNT = 200;
const STEP = 5 * MINUTE;

const iso = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

interface Signed {
  readonly id: string;
  readonly who: 'alice' | 'bob';
  /** Unix seconds. */
  readonly time: number;
}

/** A history of 200 commits, five minutes apart. alice and bob take turns. Both may change the policy. */
async function twoHundred() {
  const made = policyScene('take-over', sandbox());
  const { repository, commit, branch, now } = made;
  const text = (sequence: number, more = ''): string =>
    made.policy(`sequence: ${sequence}\nchanges: [alice, bob]\n${more}`, made.bob);
  const files = { '.signet.yaml': text(1) };
  const start = now - (COUNT + 5) * STEP;
  const first = await commit({
    by: { email: 'bob@example.test', at: start * 1000 },
    date: start,
    files,
    subject: 'start',
  });
  const history: Signed[] = [];
  let tip = first;
  for (let index = 0; index < COUNT; index += 1) {
    const who = index % 2 === 0 ? 'alice' : 'bob';
    const time = start + (index + 1) * STEP;
    const by = { email: `${who}@example.test`, at: time * 1000 };
    tip = await commit({ parents: [tip], by, date: time, files, subject: `change ${index}` });
    history.push({ id: tip, who, time });
  }
  branch('main', tip);
  return { ...made, repository, text, files, first, tip, history };
}

describe('the story of a taken-over account', () => {
  it('incident lists its hour, and the entry takes back exactly that', async () => {
    const { repository, tag, commit, branch, first, tip, history, text, issuer } =
      await twoHundred();
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const run = (...args: readonly string[]) => signet(repository, args);
    const table = async (from: string, to: string): Promise<ReadonlyMap<string, string>> => {
      const args = ['--policy-from', 'main', ...trust, '--format', 'jsonl', `${from}..${to}`];
      const results = resultsOf(await run('verify', ...args));
      return new Map(results.map((one) => [one.objectId, one.code ?? one.rule ?? one.status]));
    };
    const before = await table(first, tip);
    expect(before).toEqual(new Map([...history].reverse().map(({ id, who }) => [id, who])));

    // the account was the thief's from change 100 until before change 112
    const [from, until] = [history[100]?.time ?? 0, history[112]?.time ?? 0];
    const inHour = history.filter(
      ({ who, time }) => who === 'alice' && time >= from && time < until,
    );
    expect(inHour).toHaveLength(6);
    await tag('v1', history[90]?.id ?? '', { email: 'bob@example.test' });
    await tag('v2', history[105]?.id ?? '', { email: 'bob@example.test' });
    const asked = [
      ...['incident', '--identity', 'alice@example.test', '--issuer', issuer, ...trust],
      ...['--from', iso(from), '--until', iso(until)],
    ];
    const found = await run(...asked, '--format', 'json');
    expect(found.exit).toBe(6);
    const report = JSON.parse(found.out) as {
      repositories: { objects: number; hits: { id: string }[]; tags: { name: string }[] }[];
      unexplained: unknown;
    };
    const [here] = report.repositories;
    expect(here?.objects).toBe(COUNT + 3);
    expect(here?.hits.map(({ id }) => id).sort()).toEqual(inHour.map(({ id }) => id).sort());
    expect(here?.tags.map(({ name }) => name)).toEqual(['v2']);
    expect(report.unexplained).toBeNull();

    // alice knows two of the six
    const [mine, alsoMine] = inHour;
    const vouch = ['--vouch', mine?.id ?? '', '--vouch', `${alsoMine?.id.slice(0, 12)}`];
    const told = await run(...asked, ...vouch, '--reason', "alice's account was taken over");
    expect(told.exit).toBe(6);
    expect(told.out.match(/^vouched /gm)).toHaveLength(2);
    expect(told.out.match(/^hit /gm)).toHaveLength(4);
    expect(told.out).toContain('tags that reach them: v2');
    const entry = told.out.slice(told.out.indexOf('revoked:\n'));

    // bob merges the entry, and policy check reads it
    const policy = text(2, entry);
    writeFileSync(join(repository.path, 'new.yaml'), policy);
    expect((await run('policy', 'check', 'new.yaml')).out).toContain('nothing odd');
    const changed = await commit({
      parents: [tip],
      by: { email: 'bob@example.test' },
      files: { '.signet.yaml': policy },
      subject: 'take the hour back',
    });
    branch('fix', changed);
    expect((await table('main', 'fix')).get(changed)).toBe('bob');
    branch('main', changed);
    const lost = new Set(inHour.slice(2).map(({ id }) => id));
    const after = await table(first, tip);
    const expected = history.map(({ id, who }) => [id, lost.has(id) ? 'revoked' : who] as const);
    expect(after).toEqual(new Map(expected.reverse()));
    const released = await run('verify-tag', '--policy-from', 'main', ...trust, 'v2');
    expect(released.exit, released.out).toBe(0);
    expect([...after.values()].filter((code) => code === 'revoked')).toHaveLength(4);
    const one = await run('verify', '--policy-from', 'main', ...trust, [...lost][0] ?? '');
    expect(one.exit).toBe(6);
    expect(one.out + one.talk).toContain("revoked: alice's account was taken over (from ");
  }, 180_000);
});

describe('incident', () => {
  it('names the signatures of the window that a monitor could not explain', async () => {
    const machine = await newMachine();
    const work = await machine.repository('work');
    const { issuer } = sandbox().urls;
    const trust = ['--trusted-root', sandbox().files.trustedRoot];
    const monitor = (...more: readonly string[]) =>
      machine.signet(work, ['monitor', ...trust, '--identity', 'alice@example.test', ...more]);
    expect((await monitor('--init')).exit).toBe(0);
    const hour = Math.floor(Date.now() / 1000) - 3600;
    const asked = [
      ...['incident', '--identity', 'alice@example.test', '--issuer', issuer, ...trust],
      ...['--offline', '--from'],
    ];
    const quiet = await machine.signet(work, [...asked, iso(hour)]);
    expect([quiet.exit, quiet.out], quiet.err).toEqual([
      0,
      expect.stringContaining('no signature that your repositories do not explain'),
    ]);
    await sandbox().issueSignature(COMMIT, { rekor: 1 });
    expect((await monitor()).exit).toBe(6);
    const told = await machine.signet(work, [...asked, iso(hour)]);
    expect(told.out).toContain('logs: 1 signature that no repository explains');
    expect(told.out).toContain(`${sandbox().urls.rekor} `);
    const later = await machine.signet(work, [...asked, iso(hour + 7200)]);
    expect(later.out).toContain('no signature that your repositories do not explain');
    const elsewhere = await machine.signet(work, [...asked, iso(hour), '--state', 'nothing-here']);
    expect(elsewhere.out).toContain('no monitor has read them here');
  });

  it('looks in several repositories, and names tags that the account signed, and no text of a commit acts in its report (V14)', async () => {
    const [one, two] = [policyScene('one', sandbox()), policyScene('two', sandbox())];
    const { now, issuer } = one;
    const plain = await one.commit({ by: { email: 'bob@example.test' } });
    one.branch('main', plain);
    await one.tag('v1', plain);
    const hit = await two.commit({ subject: 'by <script>\u202ealert(1)' });
    two.branch('topic', hit);
    two.repository.must('tag', 'light', hit);
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const asked = [
      ...['incident', '--identity', 'alice@example.test', '--issuer', issuer, ...trust],
      ...['--from', iso(now - 3600), '--repository', one.repository.path],
    ];
    const found = await signet(one.repository, [...asked, '--repository', two.repository.path]);
    expect(found.exit).toBe(6);
    expect(found.out).toContain('1 of 2 commits and tags hit');
    expect(found.out).toContain('tags that reach them: v1 (signed by this account)');
    expect(found.out).toContain('1 of 1 commit or tag hit');
    expect(found.out).toContain('tags that reach them: light');
    expect(found.out).not.toContain('\u202e');
    expect(found.talk).toContain('without --until');
    const page = await signet(one.repository, [
      ...asked,
      ...['--repository', two.repository.path, '--format', 'html'],
    ]);
    expect(page.out).toContain('2 signatures are hit, 2 not vouched for');
    expect(page.out).not.toContain('<script');
    expect(page.out).toContain("default-src 'none'");
    const vouched = await signet(one.repository, [...asked, '--vouch', 'v1']);
    expect(vouched.exit).toBe(0);
    const id = one.repository.must('rev-parse', 'v1');
    expect(vouched.out).toContain(`      - "${id}"  # "release v1"`);
    const none = await signet(one.repository, [...asked, '--vouch', 'no-such-name']);
    expect(none.exit).toBe(2);
    const idle = await signet(one.repository, [...asked, '--vouch', 'main', '--vouch', 'v1']);
    expect(idle.talk).toContain('--vouch main: it is not hit');
  });

  it('a signature of the account that cannot be judged is listed apart, with exit 3 (V15)', async () => {
    const { repository, commit, branch, now, issuer } = policyScene('unclear', sandbox());
    branch('main', await commit({ by: { email: 'alice@example.test', rekor: 'none' } }));
    const asked = [
      ...['incident', '--identity', 'alice@example.test', '--issuer', issuer, '--offline'],
      ...['--trusted-root', sandbox().files.trustedRoot, '--from', iso(now - 3600)],
    ];
    const found = await signet(repository, asked);
    expect(found.exit, found.out + found.talk).toBe(3);
    expect(found.out).toMatch(/^unclear /m);
  });

  it.each([
    [['--from', '2026-03-01']],
    [['--from', '2026-03-01T10:00+01:00']],
    [['--from', '2026-03-01T10:00Z', '--until', '2026-03-01T10:00Z']],
    [[]],
  ])('incident %j is an error of usage', async (times) => {
    const { repository } = policyScene('usage', sandbox());
    const asked = ['incident', '--identity', 'a@b.test', '--issuer', 'https://i.test', ...times];
    const { exit, out } = await signet(repository, asked);
    expect([exit, out]).toEqual([2, '']);
  });

  it('a repository without commits has nothing to list', async () => {
    const { repository, issuer } = policyScene('empty', sandbox());
    const found = await signet(repository, [
      ...['incident', '--identity', 'a@b.test', '--issuer', issuer, '--offline'],
      ...['--trusted-root', sandbox().files.trustedRoot, '--from', '2026-03-01T10:00Z'],
    ]);
    expect(found.exit, found.talk).toBe(0);
    expect(found.out).toContain('0 of 0 commits and tags hit');
  });
});
