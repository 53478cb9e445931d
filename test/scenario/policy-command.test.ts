/** `git signet policy`: write one, look one over, ask one why. */

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openPgpPerson, policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const trust = () => ['--trusted-root', sandbox().files.trustedRoot, '--offline'];

describe('policy init', () => {
  it('policy init lists the signers of verified commits, and its policy lets them pass', async () => {
    const { repository, commit, branch, verify } = policyScene('init', sandbox());
    const one = await commit({ committer: '1+alice@users.noreply.example.test' });
    const two = await commit({ parents: [one], by: { email: 'b"ob\u202e@example.test' } });
    const three = await commit({ parents: [two], by: 'nobody' });
    branch('main', await commit({ parents: [three] }));
    const init = (...args: string[]) => signet(repository, ['policy', 'init', ...trust(), ...args]);
    const dry = await init('main');
    expect(dry.exit).toBe(0);
    expect(dry.out).toContain('# 2 commits');
    expect(dry.out).toContain(`# 1 commit up to here is unsigned.`);
    expect(dry.out).toContain(`since: ${three}`);
    expect(dry.out).toContain('# committed as: "1+alice@users.noreply.example.test"');
    const { signers } = parse(dry.out) as { signers: { identity: string }[] };
    expect(signers.map(({ identity }) => identity)).toEqual([
      'alice@example.test',
      'b"ob\u202e@example.test',
    ]);
    const path = join(repository.path, '.signet.yaml');
    expect(existsSync(path)).toBe(false);
    expect((await init('main', '--write', '--github-web-flow')).exit).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('preset: github-web-flow');
    expect([...(await verify('--policy', path, `${one}..main`)).said.values()]).toEqual([
      'verified alice',
    ]);
    const all = readFileSync(path, 'utf8').replace(/^since: .*\n/m, '');
    writeFileSync(path, all);
    expect([...(await verify('--policy', path, `${one}..main`)).said.values()].sort()).toEqual([
      'unsigned',
      'verified alice',
      expect.stringMatching(/^verified b-ob/),
    ]);
    writeFileSync(path, 'mine');
    expect((await init('main', '--write')).exit).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('the first line of a new policy names the published schema beside it', async () => {
    const { repository, commit, branch } = policyScene('schema', sandbox());
    branch('main', await commit({}));
    const init = () => signet(repository, ['policy', 'init', ...trust(), 'main', '--write']);
    expect((await init()).exit).toBe(0);
    const [policy, schema] = ['.signet.yaml', '.signet.schema.json'].map((name) =>
      join(repository.path, name),
    ) as [string, string];
    const [, named] =
      /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(policy, 'utf8')) ?? [];
    expect(resolve(dirname(policy), named ?? '')).toBe(schema);
    const published = new URL('../../schema/policy.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(schema, 'utf8'))).toEqual(
      JSON.parse(readFileSync(published, 'utf8')),
    );
    rmSync(policy);
    writeFileSync(schema, 'mine');
    expect(await init()).toMatchObject({
      exit: 0,
      talk: expect.stringContaining('.signet.schema.json, which was there, stays as it is'),
    });
    expect(readFileSync(schema, 'utf8')).toBe('mine');
  });

  it('a policy of policy init passes policy check, also with the keys of GitHub alone', async () => {
    const { repository, commit, branch } = policyScene('init-check', sandbox());
    const one = await commit({});
    branch('main', await commit({ parents: [one], by: { email: 'b"ob@example.test' } }));
    branch('bare', await commit({ by: 'nobody' }));
    const path = join(repository.path, '.signet.yaml');
    for (const [changes, ...args] of [
      [['b-ob', 'alice'], 'main'],
      [['b-ob', 'alice'], 'main', '--github-web-flow'],
      [['github-web-flow'], 'bare', '--github-web-flow'],
    ] as const) {
      const init = await signet(repository, ['policy', 'init', ...trust(), ...args, '--write']);
      expect(init.exit, init.talk).toBe(0);
      expect(parse(readFileSync(path, 'utf8'))).toMatchObject({ changes });
      expect(await signet(repository, ['policy', 'check'])).toMatchObject({
        exit: 0,
        out: expect.stringContaining('nothing odd'),
      });
      rmSync(path);
    }
  });

  it('policy init on a history without signers is an error (P05)', async () => {
    const { repository, commit, branch } = policyScene('nobody', sandbox());
    branch('main', await commit({ by: 'nobody' }));
    expect(await signet(repository, ['policy', 'init', ...trust(), 'main'])).toMatchObject({
      exit: 2,
      out: '',
    });
  });
});

describe('policy check', () => {
  const check = async (text: string) => {
    const { repository, file } = policyScene('check', sandbox());
    return signet(repository, ['policy', 'check', file(text)]);
  };
  const careful = (more = '', signers = '') =>
    `version: 1\nsequence: 1\nchanges: [alice]\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: i}\n${signers}${more}`;

  it('policy check finds nothing odd in a careful policy', async () => {
    expect(await check(careful())).toMatchObject({
      exit: 0,
      out: '1 signer, 0 rules: nothing odd\n',
    });
  });

  it.each<[string, string, string]>([
    ['no sequence', careful().replace('sequence: 1\n', ''), "policy: there is no 'sequence'"],
    ['no changes', careful().replace('changes: [alice]\n', ''), "policy: there is no 'changes'"],
    [
      'a signer past his dates',
      careful('', '  - {name: bob, identity: b, issuer: i, until: 2020-01-01}\n'),
      'bob: may no longer sign',
    ],
    [
      'a pattern for all',
      careful('', "  - {name: all, identity-pattern: '.*', issuer: i}\n"),
      'all: the pattern matches every account',
    ],
    [
      'a pattern with an open end',
      careful('', "  - {name: s, identity-pattern: 'a@example\\.test.*', issuer: i}\n"),
      's: the pattern has an open end',
    ],
    [
      'a live dot',
      careful('', "  - {name: s, identity-pattern: '[a-z]+@example.test', issuer: i}\n"),
      's: an unescaped dot',
    ],
    [
      'the same signer twice',
      careful('', '  - {name: al, identity: alice@example.test, issuer: i}\n'),
      'al: it is the same as alice',
    ],
    [
      'a rule that nothing reaches',
      careful('commits: [{}, {refs: [refs/heads/x]}]\n'),
      'commits[1]: never reached: commits[0]',
    ],
    [
      'a tag rule that nothing reaches',
      careful("tags: [{names: ['v*', w]}, {names: ['v*']}]\n"),
      'tags[1]: never reached',
    ],
    [
      'a signer without anything to sign',
      careful(
        'commits: [{by: [alice]}]\ntags: [{by: [alice]}]\n',
        '  - {name: bob, identity: b, issuer: i}\n',
      ),
      'bob: no rule lets',
    ],
    [
      'more signers due than there are',
      careful('commits: [{distinct-signers: 3}]\n'),
      'policy: distinct-signers: 3, but there are 1',
    ],
    ['unlogged', careful('unlogged: allowed\n'), 'policy: signatures in no log'],
    [
      'a workflow that signs summaries and may sign commits',
      careful(
        'vsa: {by: [gate]}\ncommits: [{refs: [refs/heads/main], by: [alice]}]\n',
        '  - {name: gate, workflow: {repository: acme/app, file: .github/workflows/gate.yml, ref: refs/heads/main, trigger: push}}\n',
      ),
      'gate: it signs summaries, and a ref without a rule lets it sign commits too',
    ],
  ])('%s', async (_name, text, says) => {
    const { exit, out } = await check(text);
    expect(exit).toBe(6);
    expect(out).toContain(says);
  });

  it('policy check on an unreadable policy exits with 2, with line and column (X11)', async () => {
    const answered = await check(careful('commits: [{by: [bob]}]\n'));
    expect(answered).toMatchObject({ exit: 2, out: '' });
    expect(answered.talk).toMatch(/line 6, column \d+: there is no signer or role 'bob'/);
    const armor = (await openPgpPerson('x')).indented.replace(
      /\n {6}[A-Za-z0-9+/]{20}/,
      '\n      AAAAAAAAAAAAAAAAAAAA',
    );
    expect((await check(careful('', `  - name: k\n    openpgp: |\n${armor}\n`))).exit).toBe(2);
  });

  it('a policy that cannot be read is named once, with a next step that is not the same command', async () => {
    const { repository, file } = policyScene('unread', sandbox());
    const asked = async (path: string) => {
      const { exit, talk } = await signet(repository, ['policy', 'check', path]);
      expect([exit, talk.split(path)]).toEqual([2, [expect.any(String), expect.any(String)]]);
      return talk;
    };
    expect(await asked('/nowhere/policy.yaml')).toContain('there is no such file (ENOENT)');
    expect(await asked(repository.home)).toContain('it is a directory (EISDIR)');
    const broken = await asked(file(careful('odd: x\n')));
    expect(broken).toContain('git signet help policy');
    expect(broken).not.toContain('policy check');
    expect((await signet(repository, ['policy', 'check', 'no:.signet.yaml'])).talk).toContain(
      'no:.signet.yaml: there is no such revision',
    );
  });

  it('policy check reads the policy of a revision, and by default the work tree’s', async () => {
    const { repository, commit, branch } = policyScene('rev', sandbox());
    branch('main', await commit({ files: { '.signet.yaml': careful() } }));
    expect((await signet(repository, ['policy', 'check', 'main:.signet.yaml'])).exit).toBe(0);
    expect((await signet(repository, ['policy', 'check'])).exit).toBe(2);
    expect((await signet(repository, ['policy', 'chek'])).exit).toBe(2);
  });
});

describe('policy explain', () => {
  it('policy explain gives a reason for each signer and each rule', async () => {
    const { repository, commit, branch, file, policy, bob } = policyScene('explain', sandbox());
    branch(
      'main',
      await commit({ committer: 'x@example.test', by: { email: 'bob@example.test' } }),
    );
    const path = file(
      policy(
        'commits:\n  - {refs: [refs/heads/main], by: [alice]}\n  - {committer: match}\n  - {refs: [refs/heads/x]}\n',
        bob,
      ),
    );
    const explain = (...args: string[]) =>
      signet(repository, ['policy', 'explain', ...trust(), '--policy', path, 'main', ...args]);
    const onMain = await explain('--ref', 'refs/heads/main');
    expect(onMain.exit).toBe(6);
    const lines = onMain.out.split('\n');
    expect(lines.slice(0, 6)).toEqual([
      'no   signer alice: another identity',
      'yes  signer bob',
      'no   commits[0]: bob may not commit to refs/heads/main (commits[0])',
      '-    commits[1]: does not govern refs/heads/main',
      '-    commits[2]: does not govern refs/heads/main',
      '-    default (every signer may sign): does not govern refs/heads/main',
    ]);
    expect(lines[6]).toMatch(/^NOT ALLOWED: bob may not commit to refs\/heads\/main/);
    const stranger = file(policy(), 'none.yaml');
    const unlisted = await explain('--policy', stranger);
    expect(unlisted.exit).toBe(6);
    expect(unlisted.out.split('\n').slice(0, 2)).toEqual([
      'no   signer alice: another identity',
      `no   bob@example.test is not listed in ${stranger}`,
    ]);
    const elsewhere = await explain('--ref', 'refs/heads/y');
    expect(elsewhere.out).toContain(
      'no   commits[1]: the committer is x@example.test, and that is no address of the signer',
    );
  });

  it('policy explain says whether pushes to the ref must be signed', async () => {
    const { repository, commit, branch, file, policy } = policyScene('explain-push', sandbox());
    branch('main', await commit({}));
    const path = file(policy('push: {refs: [refs/heads/main]}\n'));
    const explain = async (...args: string[]) => {
      const asked = ['policy', 'explain', ...trust(), '--policy', path, 'main', ...args];
      return (await signet(repository, asked)).out.split('\n')[0];
    };
    expect(await explain('--ref', 'refs/heads/main')).toBe(
      '-    push: pushes to refs/heads/main must be signed',
    );
    expect(await explain('--ref', 'refs/heads/x')).toBe(
      '-    push: pushes to refs/heads/x may be unsigned',
    );
    expect(await explain()).toBe('-    push: it depends on --ref');
  });
});
