/** Signatures that a policy takes back: in every command that judges, and against all ways to bring them back. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useGatedServer } from '../support/gated-server.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const alice = { email: 'alice@example.test' };
const bob = { email: 'bob@example.test' };
const HOUR = 3600;

/** A history of alice and bob whose policy only they may change, and entries about alice's account around now. */
function scene(name: string) {
  const made = policyScene(name, sandbox());
  const at = (seconds: number): string =>
    `'${new Date(seconds * 1000).toISOString().slice(0, 19)}Z'`;
  const account = `identity: alice@example.test, issuer: '${made.issuer}'`;
  const window = `from: ${at(made.now - HOUR)}, until: ${at(made.now + HOUR)}`;
  const entry = (more = ''): string => `{${account}, ${window}, reason: taken over${more}}`;
  const policyWith = (sequence: number, ...entries: readonly string[]): string =>
    made.policy(
      `sequence: ${sequence}\nchanges: [alice, bob]\n${entries.length === 0 ? '' : `revoked: [${entries.join(', ')}]\n`}`,
      made.bob,
    );
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const run = (...args: readonly string[]) => signet(made.repository, args);
  return { ...made, account, entry, policyWith, trust, run };
}

describe('each command that judges knows what is revoked', () => {
  it('verify, verify-tag, verify-archive, explain, log and git verify-commit say revoked', async () => {
    const { commit, tag, branch, file, entry, policyWith, trust, run, repository } =
      scene('commands');
    const one = await commit({ by: bob, files: { a: '1' } });
    const two = await commit({ parents: [one], by: alice, files: { a: '2' }, subject: 'evil' });
    branch('main', two);
    await tag('v1', two, bob);
    const archive = join(repository.home, 'a.tar');
    repository.must('archive', '-o', archive, 'v1');
    const policy = file(policyWith(1, entry()));
    const judging = ['--policy', policy, ...trust];
    const verified = await run('verify', ...judging, `${one}..main`);
    expect(verified.exit).toBe(6);
    expect(verified.out).toContain('revoked: taken over (from ');
    const [json] = resultsOf(await run('verify', ...judging, '--format', 'jsonl', 'main'));
    expect(json).toMatchObject({ status: 'not-allowed', check: 'policy', code: 'revoked' });
    for (const format of ['html', 'junit', 'sarif', 'github', 'json']) {
      const report = await run('verify', ...judging, '--format', format, `${one}..main`);
      expect(report.exit, format).toBe(6);
      expect(report.out, format).toContain('revoked: taken over');
    }
    const tagged = await run('verify-tag', ...judging, 'v1');
    expect(tagged.exit).toBe(6);
    expect(tagged.out).toMatch(/verified.*bob.*not allowed.*alice.*revoked: taken over/s);
    const packed = await run('verify-archive', ...judging, 'v1', archive);
    expect(packed.exit).toBe(6);
    expect(packed.talk).toContain('the archive was not read');
    const explained = await run('policy', 'explain', ...judging, 'main');
    expect(explained.exit).toBe(6);
    expect(explained.out).toContain('no   revoked[0]: revoked: taken over');
    expect(explained.out).toContain('yes  signer alice');
    const env = { SIGNET_POLICY: policy, SIGNET_TRUST: sandbox().files.trustedRoot };
    const git = repository.gitWith(
      { env },
      ...['-c', 'gpg.format=x509', '-c', `gpg.x509.program=${programUnderTest()}`],
      ...['verify-commit', 'main'],
    );
    expect(git.exit).not.toBe(0);
    expect(git.err).toContain('NOT ALLOWED: revoked: taken over');
    repository.must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
    repository.must('config', '--global', 'signet.policy', policy);
    const listed = await run('log', '--oneline', '-2', 'main');
    repository.must('config', '--global', '--unset', 'signet.policy');
    expect(listed.out, listed.talk).toMatch(/not allowed.*evil/);
    const vouched = file(policyWith(1, entry(`, except: ['${two}']`)), 'vouched.yaml');
    expect((await run('verify', '--policy', vouched, ...trust, `${one}..main`)).exit).toBe(0);
    expect((await run('verify-archive', '--policy', vouched, ...trust, 'v1', archive)).exit).toBe(
      0,
    );
    const excepted = repository.gitWith(
      { env: { ...env, SIGNET_POLICY: vouched } },
      ...['-c', 'gpg.format=x509', '-c', `gpg.x509.program=${programUnderTest()}`],
      ...['verify-commit', 'main'],
    );
    expect(excepted.exit, excepted.err).toBe(0);
  });

  it('a certificate and a log entry are revoked as results name them', async () => {
    const { commit, file, policyWith, trust, run } = scene('names');
    const [one, two] = [await commit({ subject: 'one' }), await commit({ subject: 'two' })];
    const [result] = resultsOf(
      await run('verify', '--unsafe-any-identity', ...trust, '--format', 'jsonl', one),
    );
    const { certificate, logEntry } = result ?? {};
    for (const [index, entry] of [
      `{certificate: ${certificate?.sha256}, reason: r}`,
      `{log: ${logEntry?.logId}, index: ${logEntry?.logIndex}, reason: r}`,
      `{log: ${logEntry?.logId}, index: '${logEntry?.logIndex}', reason: r}`,
    ].entries()) {
      const policy = file(policyWith(1, entry), `${index}.yaml`);
      expect((await run('verify', '--policy', policy, ...trust, one)).exit).toBe(6);
      expect((await run('verify', '--policy', policy, ...trust, two)).exit).toBe(0);
    }
  });
});

describe('a server', () => {
  const { gated, home } = useGatedServer('policy-revoked', sandbox);

  it('a push of a revoked commit is refused, and of an excepted one taken', async () => {
    const { issuer } = sandbox().urls;
    const account = `identity: alice@example.test, issuer: '${issuer}'`;
    const policy = (more: string): string =>
      `version: 1\nsigners: [{name: alice, ${account}}, {name: bob, identity: b, issuer: i}]\nrevoked: [{${account}, reason: taken over${more}}]\n`;
    const path = join(home().home, 'server.yaml');
    writeFileSync(path, policy(''));
    const { push, make, tree, base } = await gated('taken-over', ['--policy', path]);
    const held = await make.commit({ tree, parents: [base], subject: 'held back' });
    const refused = await push(`${held}:refs/heads/main`);
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toMatch(/not allowed.*held back.*revoked: taken over/);
    writeFileSync(path, policy(`, except: ['${held}']`));
    expect((await push(`${held}:refs/heads/main`)).exit).toBe(0);
  });
});

describe('a revocation in a history', () => {
  /** What each source of the policy says of `main..pr`, with the codes in the order of the commits' names. */
  const sourcesOf = (made: ReturnType<typeof scene>, root: string, policyText: string) => {
    const policy = made.file(policyText);
    const sources: Readonly<Record<string, readonly string[]>> = {
      'from base': ['--policy-from', 'main'],
      'a file': ['--policy', policy],
      'the parents': ['--policy-from', 'parents', '--since', root],
    };
    return async (tip: string, names: Readonly<Record<string, string>>) => {
      made.branch('pr', tip);
      const all: Record<string, unknown> = {};
      for (const [source, args] of Object.entries(sources)) {
        const { said } = await made.verify(...args, 'main..pr');
        all[source] = Object.fromEntries(
          Object.entries(names).map(([name, id]) => [name, said.get(id)]),
        );
      }
      const [first, ...others] = Object.values(all);
      for (const other of others) expect(other).toEqual(first);
      return first;
    };
  };

  async function based(name: string, ...entries: readonly string[]) {
    const made = scene(name);
    const text = made.policyWith(5, ...entries);
    const root = await made.commit({ by: bob, subject: 'start', files: { '.signet.yaml': text } });
    made.branch('main', root);
    const change = (parents: readonly string[], policy: string, more: object = {}) =>
      made.commit({ parents, files: { '.signet.yaml': policy }, subject: 'policy', ...more });
    return { ...made, text, root, change, inAll: sourcesOf(made, root, text) };
  }

  it('the policy of a later commit revokes an earlier one of the same range (V10)', async () => {
    const { inAll, change, root, text, policyWith, entry } = await based('later');
    const early = await change([root], text, { subject: 'by a thief' });
    const changed = await change([early], policyWith(6, entry()), { by: bob });
    const late = await change([changed], policyWith(6, entry()), { subject: 'held back' });
    expect(await inAll(late, { early, changed, late })).toEqual({
      early: 'revoked',
      changed: 'verified bob',
      late: 'revoked',
    });
  });

  it('an entry that is taken back still counts for the range, and not behind it (V10)', async () => {
    const { inAll, change, root, entry, policyWith, text, branch, verify } = await based('back');
    const changed = await change([root], policyWith(6, entry()), { by: bob });
    const back = await change([changed], policyWith(7), { by: bob });
    const after = await change([back], policyWith(7), { by: alice });
    expect(await inAll(after, { changed, back, after })).toEqual({
      changed: 'verified bob',
      back: 'verified bob',
      after: 'revoked',
    });
    branch('main', back);
    expect((await verify('--policy-from', 'main', 'main..pr')).said.get(after)).toBe(
      'verified alice',
    );
    expect(text).not.toContain('revoked');
  });

  it('a policy change that is refused revokes no commit of others (V11)', async () => {
    const made = await based('refused');
    const { inAll, change, root, text, policyWith, issuer } = made;
    const aboutBob = `{identity: bob@example.test, issuer: '${issuer}', until: '2099-01-01T00:00Z', reason: x}`;
    const own = await change([root], text, { by: bob, subject: 'good work' });
    const unsigned = await change([own], policyWith(6, aboutBob), { by: 'nobody' });
    expect(await inAll(unsigned, { own, unsigned })).toEqual({
      own: 'verified bob',
      unsigned: 'unsigned',
    });
    const stranger = await change([own], policyWith(6, aboutBob), {
      by: { email: 'mallory@example.test' },
    });
    expect(await inAll(stranger, { own, stranger })).toEqual({
      own: 'verified bob',
      stranger: 'identity-not-allowed',
    });
    const entitled = await change([own], policyWith(6, aboutBob), { by: alice });
    expect(await inAll(entitled, { own, entitled })).toEqual({
      own: 'revoked',
      entitled: 'verified alice',
    });
  });

  it('taking an entry back needs a larger sequence, and a signer that it is not about (V3, V10)', async () => {
    const past = (issuer: string): string =>
      `{identity: alice@example.test, issuer: '${issuer}', until: '2026-01-01T00:00Z', reason: last year}`;
    const { issuer } = scene('issuer');
    const { inAll, change, root, policyWith } = await based('removal', past(issuer));
    const said = async (text: string, by: object): Promise<unknown> => {
      const changed = await change([root], text, { by });
      return (await inAll(changed, { changed })) as unknown;
    };
    expect(await said(policyWith(6), bob)).toEqual({ changed: 'verified bob' });
    expect(await said(policyWith(6), alice)).toEqual({ changed: 'policy-change-not-allowed' });
    expect(await said(policyWith(5), bob)).toEqual({ changed: 'policy-rolled-back' });
    const shorter = past(issuer).replace('2026-01-01', '2025-12-31');
    expect(await said(policyWith(6, shorter), alice)).toEqual({
      changed: 'policy-change-not-allowed',
    });
    const longer = past(issuer).replace('2026-01-01', '2026-01-02');
    expect(await said(policyWith(6, longer), alice)).toEqual({ changed: 'verified alice' });
  });

  it('a branch from before the entry does not bring the old policy back (V10)', async () => {
    const { inAll, change, root, text, policyWith, entry } = await based('branch');
    const changed = await change([root], policyWith(6, entry()), { by: bob });
    const side = await change([root], text, { by: bob, subject: 'side' });
    const merge = await change([changed, side], text, { by: bob, subject: 'merge' });
    expect(await inAll(merge, { changed, side, merge })).toEqual({
      changed: 'verified bob',
      side: 'verified bob',
      merge: 'policy-rolled-back',
    });
  });

  it('without a sequence, an entry is never taken back unnoticed (V10)', async () => {
    const made = scene('no-sequence');
    const { commit, branch, policy, verify, entry } = made;
    const plain = policy('changes: [alice, bob]\n', made.bob);
    const revoking = policy(`changes: [alice, bob]\nrevoked: [${entry()}]\n`, made.bob);
    const root = await commit({ by: bob, files: { '.signet.yaml': revoking } });
    branch('main', root);
    const back = await commit({ parents: [root], by: bob, files: { '.signet.yaml': plain } });
    branch('pr', back);
    const { said } = await verify('--policy-from', 'main', 'main..pr');
    expect(said.get(back)).toBe('policy-rolled-back');
  });
});
