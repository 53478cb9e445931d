/** Where the policy comes from: no author admits their own commits, by any source. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const mallory = { email: 'mallory@example.test' };
const bob = { email: 'bob@example.test' };

/** main holds a policy of alice and bob, which only alice may change; `pr` is the proposed change. */
async function scene(name: string) {
  const made = policyScene(name, sandbox());
  const rules = 'changes: [alice]\nsequence: 5\n';
  const policy = made.policy(rules, made.bob);
  const root = await made.commit({ subject: 'start', files: { '.signet.yaml': policy } });
  const base = await made.commit({
    subject: 'base',
    parents: [root],
    files: { '.signet.yaml': policy, a: '1' },
  });
  made.branch('main', base);
  const file = made.file(policy);
  const sources: Readonly<Record<string, readonly string[]>> = {
    'from base': ['--policy-from', 'main'],
    'a file': ['--policy', file],
    'the parents': ['--policy-from', 'parents', '--since', root],
  };
  const inAll = async (tip: string): Promise<Record<string, unknown>> => {
    made.branch('pr', tip);
    const answers: Record<string, unknown> = {};
    for (const [source, args] of Object.entries(sources)) {
      const { exit, said } = await made.verify(...args, 'main..pr');
      answers[source] = { exit, said: [...said.values()].sort() };
    }
    return answers;
  };
  const everywhere = (exit: number, ...said: string[]) =>
    Object.fromEntries(Object.keys(sources).map((source) => [source, { exit, said: said.sort() }]));
  const change = (text: string, more: object = {}) =>
    made.commit({ parents: [base], subject: 'policy', files: { '.signet.yaml': text }, ...more });
  return { ...made, root, base, policyText: policy, inAll, everywhere, change };
}

const withMallory = (text: string, issuer: string, sequence = 6): string =>
  text
    .replace('sequence: 5', `sequence: ${sequence}`)
    .replace(
      'changes:',
      `  - {name: mallory, identity: mallory@example.test, issuer: '${issuer}'}\nchanges:`,
    );

describe('a policy that is not there', () => {
  it('a base without a policy is told how to get its first', async () => {
    const { commit, branch, verify } = policyScene('no-policy', sandbox());
    const base = await commit({});
    branch('main', base);
    branch('pr', await commit({ parents: [base] }));
    const { exit, talk } = await verify('--policy-from', 'main', 'main..pr');
    expect(exit).toBe(2);
    expect(talk).toContain('main:.signet.yaml: there is no such file in that revision\n');
    expect(talk).toContain('merge it first: git signet policy init --write\n');
  });

  it('a base that a shallow clone lacks is told what deepens the clone, in CI too', async () => {
    const { repository, base } = await scene('shallow-base');
    const root = repository.must('rev-parse', `${base}^`);
    const path = join(repository.home, 'clone');
    const from = pathToFileURL(repository.path).href;
    repository.must('clone', '-q', '--depth=1', '--branch', 'main', from, path);
    const clone = { path, env: repository.env };
    for (const args of [
      ['--policy-from', root, 'main'],
      ['--unsafe-any-identity', `${root}..main`],
    ]) {
      const { exit, talk } = await signet(clone, ['verify', ...args]);
      expect(exit).toBe(2);
      expect(talk).toContain('this clone is shallow, so run: git fetch --unshallow');
      expect(talk).toContain('fetch-depth: 0 on GitHub, GIT_DEPTH: "0" on GitLab');
    }
  });

  it('a base that a whole clone lacks is told to fetch it', async () => {
    const { verify } = await scene('lacking-base');
    const { exit, talk } = await verify('--policy-from', 'origin/main', 'main');
    expect(exit).toBe(2);
    expect(talk).toContain('if a remote has origin/main, run: git fetch\n');
  });
});

describe('a pull request that edits the policy (P04, P16)', () => {
  it('a good change of the policy passes under all sources', async () => {
    const { commit, base, inAll, everywhere, policyText } = await scene('good');
    const files = { '.signet.yaml': policyText, b: '2' };
    const one = await commit({ parents: [base], files });
    const two = await commit({ parents: [one], by: bob, files });
    expect(await inAll(two)).toEqual(everywhere(0, 'verified alice', 'verified bob'));
  });

  it('a change that admits its own author is refused, and does not judge later commits', async () => {
    const { change, commit, inAll, everywhere, policyText, issuer } = await scene('admit');
    const text = withMallory(policyText, issuer);
    const admitted = await change(text, { by: mallory });
    const after = await commit({
      parents: [admitted],
      by: mallory,
      files: { '.signet.yaml': text, b: '2' },
    });
    expect(await inAll(after)).toEqual(
      everywhere(6, 'identity-not-allowed', 'identity-not-allowed'),
    );
  });

  it('a change by a signer that may not change the policy is refused, and admits no one', async () => {
    const { change, commit, inAll, everywhere, policyText, issuer } = await scene('friend');
    const text = withMallory(policyText, issuer);
    const changed = await change(text, { by: bob });
    const after = await commit({
      parents: [changed],
      by: mallory,
      files: { '.signet.yaml': text, b: '2' },
    });
    expect(await inAll(after)).toEqual(
      everywhere(6, 'policy-change-not-allowed', 'identity-not-allowed'),
    );
  });

  it('an unsigned or tampered change is refused, and does not count', async () => {
    const { change, commit, inAll, everywhere, policyText, issuer } = await scene('unsigned');
    const text = withMallory(policyText, issuer);
    for (const [more, code, exit] of [
      [{ by: 'nobody' }, 'unsigned', 6],
      [{ tampered: true }, 'content-digest-differs', 1],
    ] as const) {
      const changed = await change(text, more);
      const after = await commit({
        parents: [changed],
        by: mallory,
        files: { '.signet.yaml': text },
      });
      expect(await inAll(after)).toEqual(everywhere(exit, code, 'identity-not-allowed'));
    }
  });

  it('a change by an entitled signer counts for later commits, and at once with parents', async () => {
    const { change, commit, inAll, everywhere, policyText, issuer } = await scene('rightly');
    const text = withMallory(policyText, issuer);
    const changed = await change(text);
    const after = await commit({
      parents: [changed],
      by: mallory,
      files: { '.signet.yaml': text, b: '2' },
    });
    expect(await inAll(after)).toEqual({
      ...everywhere(6, 'verified alice', 'identity-not-allowed'),
      'the parents': { exit: 0, said: ['verified alice', 'verified mallory'] },
    });
  });

  it('removing the policy is refused for every signer', async () => {
    const { commit, base, inAll, everywhere } = await scene('remove');
    const removed = await commit({ parents: [base], files: { b: '2' } });
    expect(await inAll(removed)).toEqual(everywhere(6, 'policy-removed'));
    const after = await commit({ parents: [removed], by: mallory, files: { b: '3' } });
    expect(await inAll(after)).toEqual(everywhere(6, 'policy-removed', 'identity-not-allowed'));
  });

  it('an older policy, or another one with the same sequence, is refused for every signer', async () => {
    const { change, inAll, everywhere, policyText, issuer } = await scene('back');
    for (const sequence of [4, 5]) {
      const back = await change(withMallory(policyText, issuer, sequence));
      expect(await inAll(back)).toEqual(everywhere(6, 'policy-rolled-back'));
    }
    const none = await change(policyText.replace('sequence: 5\n', ''));
    expect(await inAll(none)).toEqual(everywhere(6, 'policy-rolled-back'));
  });

  it('a policy that cannot be read is refused', async () => {
    const { change, inAll, everywhere } = await scene('broken');
    expect(await inAll(await change('version: 1\nsigners: [\n'))).toEqual(
      everywhere(6, 'policy-invalid'),
    );
  });

  it('a merge cannot bring back an old policy, nor a new one', async () => {
    const { commit, base, root, inAll, policyText, issuer, branch, everywhere, verify } =
      await scene('merge');
    const newer = policyText.replace('sequence: 5', 'sequence: 6');
    const ahead = await commit({ parents: [base], files: { '.signet.yaml': newer } });
    branch('main', ahead);
    const side = await commit({
      parents: [base],
      by: bob,
      files: { '.signet.yaml': policyText, c: '1' },
    });
    const merge = (text: string, by: object = bob) =>
      commit({
        parents: [ahead, side],
        by: by as typeof bob,
        files: { '.signet.yaml': text, c: '1' },
      });
    expect(await inAll(await merge(newer))).toEqual(everywhere(0, 'verified bob', 'verified bob'));
    expect(await inAll(await merge(policyText))).toMatchObject({
      'from base': { exit: 6, said: ['policy-rolled-back', 'verified bob'] },
    });
    const own = withMallory(policyText, issuer, 7);
    expect(await inAll(await merge(own))).toMatchObject({
      'from base': { exit: 6, said: ['policy-change-not-allowed', 'verified bob'] },
      'the parents': { exit: 6, said: ['policy-change-not-allowed', 'verified bob'] },
    });
    // the old line takes the new policy over by merging: nothing to refuse
    const other = await commit({
      parents: [side, ahead],
      by: bob,
      files: { '.signet.yaml': newer, c: '1' },
    });
    expect(
      (
        await verify(
          '--policy-from',
          'parents',
          '--since',
          root,
          `${ahead}..${branch('pr', other)}`,
        )
      ).exit,
    ).toBe(0);
  });

  it('a merge must be allowed by the policies of all its parents', async () => {
    const { commit, base, root, policyText, branch, verify, bob: line } = await scene('expelled');
    const without = policyText.replace(line, '').replace('sequence: 5', 'sequence: 6');
    const ahead = await commit({ parents: [base], files: { '.signet.yaml': without } });
    branch('main', ahead);
    const own = await commit({
      parents: [base],
      by: bob,
      files: { '.signet.yaml': policyText, b: '1' },
    });
    const merge = await commit({
      parents: [own, ahead],
      by: bob,
      files: { '.signet.yaml': without, b: '1' },
    });
    branch('pr', merge);
    const { said } = await verify('--policy-from', 'parents', '--since', root, 'main..pr');
    expect(said.get(merge)).toBe('identity-not-allowed');
  });

  it('a separate history with its own policy is refused', async () => {
    const { commit, base, root, policyText, issuer, branch, verify, policy } =
      await scene('orphan');
    const own = policy(
      '',
      `  - {name: mallory, identity: mallory@example.test, issuer: '${issuer}'}\n`,
    );
    const orphan = await commit({ by: mallory, files: { '.signet.yaml': own } });
    const child = await commit({
      parents: [orphan],
      files: { '.signet.yaml': own, x: '1' },
    });
    const merge = await commit({
      parents: [base, child],
      files: { '.signet.yaml': policyText, x: '1' },
    });
    branch('pr', merge);
    const { exit, said } = await verify('--policy-from', 'parents', '--since', root, 'main..pr');
    expect(exit).toBe(6);
    expect([said.get(orphan), said.get(child)]).toEqual(['identity-not-allowed', 'policy-missing']);
  });
});

describe('where history starts (P16)', () => {
  it('since leaves out only the start and its ancestors', async () => {
    const { commit, policy, branch, file, verify } = policyScene('since', sandbox());
    const old = await commit({ by: 'nobody', subject: 'old' });
    const start = await commit({ by: 'nobody', parents: [old], subject: 'start' });
    const tip = await commit({ parents: [start] });
    branch('main', tip);
    const path = file(policy(`since: ${start}\n`));
    const { exit, said, talk } = await verify('--policy', path, `${old}..main`);
    expect([exit, [...said.keys()]]).toEqual([0, [tip]]);
    expect(talk).toContain(`${start.slice(0, 12)} and what lies before it are not judged`);
    expect((await verify('--policy', path, `${start}..main`)).talk).toBe('');
    const typed = await verify(
      '--policy',
      file(policy(), 'other.yaml'),
      '--since',
      start,
      `${old}..main`,
    );
    expect([typed.exit, [...typed.said.keys()]]).toEqual([0, [tip]]);
    // asked for by itself, a commit is judged, wherever it lies
    expect((await verify('--policy', path, start)).exit).toBe(5);
    expect((await verify('--policy', path, `${old}..${start}`)).exit).toBe(2);
  });

  it('a start that is no ancestor of the range is an error', async () => {
    const { commit, policy, branch, file, verify } = policyScene('beside', sandbox());
    const root = await commit({});
    const tip = branch('main', await commit({ parents: [root], by: 'nobody' }));
    const ahead = await commit({ parents: [tip] });
    for (const since of [ahead, await commit({ parents: [root], subject: 'beside' })]) {
      const path = file(policy(`since: ${since}\n`));
      const answered = await verify('--policy', path, `${root}..main`);
      expect(answered).toMatchObject({ exit: 2, out: '' });
      expect(answered.talk).toContain('does not descend from');
    }
    expect(
      (await verify('--policy', file(policy()), '--since', 'nowhere', `${root}..main`)).exit,
    ).toBe(2);
  });

  it('since of a pull request does not count, because the base decides where history starts', async () => {
    const { commit, policy, branch, verify } = policyScene('moved', sandbox());
    const root = await commit({ files: { '.signet.yaml': policy('changes: [alice]\n') } });
    branch('main', root);
    const bad = await commit({
      parents: [root],
      by: 'nobody',
      files: { '.signet.yaml': policy('changes: [alice]\n') },
    });
    const moved = await commit({
      parents: [bad],
      files: { '.signet.yaml': policy(`changes: [alice]\nsince: ${bad}\n`) },
    });
    branch('pr', moved);
    const { exit, said } = await verify('--policy-from', 'main', 'main..pr');
    expect([exit, said.get(bad)]).toEqual([5, 'unsigned']);
  });

  it('--policy-from parents needs a start, which must hold a policy', async () => {
    const { commit, branch, verify, policy, repository } = policyScene('start', sandbox());
    const bare = await commit({});
    const start = await commit({ parents: [bare], files: { '.signet.yaml': policy() } });
    const tip = branch(
      'main',
      await commit({ parents: [start], files: { '.signet.yaml': policy() } }),
    );
    expect((await verify('--policy-from', 'parents', 'main')).exit).toBe(2);
    expect((await verify('--policy-from', 'parents', '--since', bare, 'main')).exit).toBe(2);
    expect((await verify('--policy-from', 'parents', '--since', start, '--stdin')).exit).toBe(2);
    // a single revision stands for all from the start
    const { said } = await verify('--policy-from', 'parents', '--since', start, 'main');
    expect([...said]).toEqual([[tip, 'verified alice']]);
    repository.must('config', '--global', 'signet.since', start);
    expect((await verify('--policy-from', 'parents', 'main')).exit).toBe(0);
    expect((await verify('--policy-from', 'parents', `${start}..${start}`)).exit).toBe(2);
  });

  it('commits on a base before the start are judged by the start’s policy', async () => {
    const { commit, branch, verify, policy, issuer } = policyScene('before', sandbox());
    const loose = policy(
      '',
      `  - {name: mallory, identity: mallory@example.test, issuer: '${issuer}'}\n`,
    );
    const old = await commit({ files: { '.signet.yaml': loose } });
    const start = await commit({ parents: [old], files: { '.signet.yaml': policy() } });
    const side = await commit({
      parents: [old],
      by: mallory,
      files: { '.signet.yaml': loose, x: '1' },
    });
    const merge = await commit({
      parents: [start, side],
      files: { '.signet.yaml': policy(), x: '1' },
    });
    branch('main', merge);
    const { said } = await verify('--policy-from', 'parents', '--since', start, 'main');
    expect([said.get(side), said.get(merge)]).toEqual(['identity-not-allowed', 'verified alice']);
  });
});

describe('what a report says of a run', () => {
  it('another policy gives another verdict, and the report holds the digests of policy and trust root (P15)', async () => {
    const { repository, commit, policy, branch, file } = policyScene('digests', sandbox());
    const root = await commit({});
    branch('main', await commit({ parents: [root], by: bob }));
    const { signet } = await import('../support/verify-scenario.ts');
    const ask = async (path: string) => {
      const trust = [
        '--trusted-root',
        sandbox().files.trustedRoot,
        '--offline',
        '--format',
        'json',
      ];
      const { exit, out } = await signet(repository, [
        'verify',
        ...trust,
        '--policy',
        path,
        `${root}..main`,
      ]);
      const report = JSON.parse(out) as { policy: { digest: string }; trust: { digest: string } };
      return { exit, policy: report.policy.digest, trust: report.trust.digest };
    };
    const without = await ask(file(policy()));
    const withBob = await ask(file(policy('', policyScene('x', sandbox()).bob)));
    expect([without.exit, withBob.exit]).toEqual([6, 0]);
    expect(without.policy).not.toBe(withBob.policy);
    expect(without.trust).toBe(withBob.trust);
  });
});
