/** `verify --since vsa`: a run begins at a signed summary only if nothing that it leaves out was left unjudged. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type TreeEntry, treeBytes } from '../support/loose-objects.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { issueStatement, type StatementSigning } from '../support/statement-bundle.ts';
import { resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const URI = 'git+https://git.example.test/team/parser';
const GATE = { email: 'bob@example.test' };
const NAMED = ['--repository-uri', URI];

interface Said {
  readonly of: string;
  readonly without?: readonly string[];
  readonly predicate?: object;
  readonly run?: object;
  readonly sourceRefs?: readonly string[];
}

/** A line of four commits. The second one is unsigned, so a run that judges all of them fails. */
async function scene(name: string, more = 'vsa: {by: [bob]}\n', until = '') {
  const made = policyScene(name, sandbox());
  const { repository, commit, policy, bob, file, branch } = made;
  const signers = until === '' ? bob : bob.replace('}', `, until: ${until}}`);
  const text = policy(more, signers);
  const base = await commit({});
  const one = await commit({ parents: [base], subject: 'one', by: 'nobody' });
  const two = await commit({ parents: [one], subject: 'two' });
  const three = await commit({ parents: [two], subject: 'three' });
  branch('main', three);
  const who = file(text);
  const trusted = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const run = ['verify', ...trusted, '--policy', who, '--ref', 'refs/heads/main', ...NAMED];
  const { out } = await signet(repository, [...run, '--format', 'vsa', `${two}..main`]);
  const real = JSON.parse(out);
  const statementOf = ({
    of,
    without = [base],
    predicate,
    run: about,
    sourceRefs,
  }: Said): string => {
    const copy = structuredClone(real);
    const [subject] = copy.subject;
    subject.digest = { gitCommit: of };
    Object.assign(subject.annotations, sourceRefs === undefined ? {} : { sourceRefs });
    Object.assign(subject.annotations.gitSignet, { without, ...about });
    Object.assign(copy.predicate, {
      ...{ verificationResult: 'PASSED', verifiedLevels: ['SLSA_SOURCE_LEVEL_1'], ...predicate },
    });
    return JSON.stringify(copy);
  };
  const tree = (mode: TreeEntry['mode'], entries: readonly (readonly [string, string])[]): string =>
    repository.write('tree', treeBytes(entries.map(([name, id]) => ({ mode, name, id }))));
  const kept = new Map<string, [string, string][]>();
  /** Keeps bundles where the program looks for them, without the program. */
  const keep = (of: string, bundle: string): void => {
    const digest = createHash('sha256').update(bundle).digest('hex');
    const blob = repository.write('blob', Buffer.from(bundle));
    kept.set(of, [...(kept.get(of) ?? []), [`${digest}.sigstore.json`, blob]]);
    const folders = [...kept].map(([id, files]) => [id, tree('100644', files)] as const);
    const top = repository.must('commit-tree', tree('40000', folders), '-m', 'kept');
    repository.must('update-ref', 'refs/attestations/commits', top);
  };
  const vouch = async (said: Said, signing: StatementSigning = GATE): Promise<string> => {
    const bundle = await issueStatement(sandbox(), statementOf(said), signing);
    keep(said.of, bundle);
    return createHash('sha256').update(bundle).digest('hex');
  };
  const judge = async (range: string, ...args: string[]) => {
    const answered = await signet(repository, [
      ...run,
      '--since',
      'vsa',
      '--format',
      'jsonl',
      ...args,
      range,
    ]);
    const judged = answered.exit === 2 ? [] : resultsOf(answered).map(({ objectId }) => objectId);
    return { exit: answered.exit, judged, talk: answered.talk };
  };
  return { ...made, base, one, two, three, who, run, real, statementOf, keep, vouch, judge, text };
}

type Scene = Awaited<ReturnType<typeof scene>>;

describe('a run that begins at a summary', () => {
  it('a summary that judged all before it is the start, and only what lies behind it is judged', async () => {
    const { base, two, three, vouch, judge } = await scene('start-good');
    await vouch({ of: two });
    const { exit, judged, talk } = await judge(`${base}..main`);
    expect({ exit, judged }).toEqual({ exit: 0, judged: [three] });
    expect(talk).toContain('says a summary by bob');
  });

  it('without a summary the whole range is judged, and nothing passes that would not pass alone', async () => {
    const { base, judge } = await scene('start-none');
    const { exit, judged, talk } = await judge(`${base}..main`);
    expect([exit, judged.length]).toEqual([5, 3]);
    expect(talk).toContain('the whole range is judged');
  });

  it('the summary of such a run names its start and the summaries that prove it', async () => {
    const { base, two, repository, run, vouch } = await scene('start-said');
    const digest = await vouch({ of: two });
    const asked = [...run, '--since', 'vsa', '--format', 'vsa', `${base}..main`];
    const { predicate, subject } = JSON.parse((await signet(repository, asked)).out);
    expect(predicate.inputAttestations).toEqual([{ digest: { sha256: digest } }]);
    const { without, startedBy } = subject[0].annotations.gitSignet;
    expect({ without, startedBy }).toEqual({ without: [two], startedBy: [digest] });
  });

  it('a chain of summaries, each behind the other, proves a start', async () => {
    const { base, one, two, three, vouch, judge } = await scene('start-chain');
    await vouch({ of: one });
    await vouch({ of: two, without: [one] });
    expect(await judge(`${base}..main`)).toMatchObject({ exit: 0, judged: [three] });
  });

  it('a chain of more summaries than the policy allows is no start', async () => {
    const { base, one, two, vouch, judge } = await scene(
      'start-links',
      'vsa: {by: [bob], links: 1}\n',
    );
    await vouch({ of: one });
    await vouch({ of: two, without: [one] });
    const { exit, judged } = await judge(`${base}..main`);
    // the older summary alone is still a start, and what lies behind it is judged
    expect([exit, judged.length]).toEqual([0, 2]);
  });

  it('a shallow clone without the first commit begins at a summary', async () => {
    const made = await scene('start-shallow');
    const { base, two, three, vouch, repository, file, text } = made;
    const who = file(`since: ${base}\n${text}`, 'since.yaml');
    const sha256 = createHash('sha256').update(`since: ${base}\n${text}`).digest('hex');
    await vouch({ of: two, predicate: { policy: { uri: 'urn:p', digest: { sha256 } } } });
    const clone = `${repository.home}/shallow`;
    repository.must(
      'clone',
      '-q',
      '--depth',
      '2',
      '--branch',
      'main',
      `file://${repository.path}`,
      clone,
    );
    repository.must(
      '-C',
      clone,
      'fetch',
      '-q',
      'origin',
      'refs/attestations/*:refs/attestations/*',
    );
    const trusted = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const asked = ['verify', ...trusted, '--policy', who, '--ref', 'refs/heads/main', ...NAMED];
    const here = { path: clone, env: repository.env };
    const answered = await signet(here, [...asked, '--since', 'vsa', '--format', 'jsonl', 'HEAD']);
    expect(answered.exit).toBe(0);
    expect(resultsOf(answered).map(({ objectId }) => objectId)).toEqual([three]);
  });
});

describe('a summary that is no start: all commits are judged, and the run fails as it does without the summary', () => {
  const day = 86400_000;
  it.each<[string, (made: Scene) => Promise<unknown>]>([
    [
      'by a signer whom the policy does not name for summaries (Z2)',
      ({ vouch, two }) => vouch({ of: two }, { email: 'alice@example.test' }),
    ],
    ['by a stranger (Z2)', ({ vouch, two }) => vouch({ of: two }, { email: 'eve@example.test' })],
    [
      'that was forged (Z2)',
      async ({ keep, statementOf, two, three }) => {
        const instead = statementOf({ of: three });
        keep(two, await issueStatement(sandbox(), statementOf({ of: two }), { ...GATE, instead }));
      },
    ],
    [
      'of another commit that is kept under this one (Z3)',
      async ({ keep, statementOf, two, base }) =>
        keep(two, await issueStatement(sandbox(), statementOf({ of: base }), GATE)),
    ],
    [
      'of another repository (Z3)',
      ({ vouch, two }) => vouch({ of: two, predicate: { resourceUri: `${URI}-fork` } }),
    ],
    [
      'for another ref (Z3)',
      ({ vouch, two }) => vouch({ of: two, run: { ref: 'refs/heads/topic' } }),
    ],
    [
      'by another verifier (Z4)',
      ({ vouch, two }) => vouch({ of: two, predicate: { verifier: { id: 'urn:other' } } }),
    ],
    [
      'of an unknown version (Z4)',
      ({ vouch, two }) => vouch({ of: two, predicate: { slsaVersion: '2.0' } }),
    ],
    [
      'that says FAILED (Z4)',
      ({ vouch, two }) =>
        vouch({ of: two, predicate: { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] } }),
    ],
    [
      'without a level (Z4)',
      ({ vouch, two }) =>
        vouch({ of: two, predicate: { verifiedLevels: ['SLSA_SOURCE_LEVEL_0'] } }),
    ],
    [
      'by another policy (Z5)',
      ({ vouch, two }) =>
        vouch({
          of: two,
          predicate: { policy: { uri: 'urn:p', digest: { sha256: 'd'.repeat(64) } } },
        }),
    ],
    [
      'by another trust root (Z5)',
      ({ vouch, two }) => vouch({ of: two, run: { trustDigest: 'd'.repeat(64) } }),
    ],
    [
      'of a run that left out a check (Z5)',
      ({ vouch, two }) => vouch({ of: two, run: { leftOut: ['sct'] } }),
    ],
    ['of another form (Z5)', ({ vouch, two }) => vouch({ of: two, run: { format: 2 } })],
    ['of a single commit (Z6)', ({ vouch, two }) => vouch({ of: two, without: [] })],
    ['of a shorter range (Z6)', ({ vouch, two, one }) => vouch({ of: two, without: [one] })],
    [
      'of a commit that is not on the line of the ref (Z6)',
      async ({ vouch, commit, base }) =>
        vouch({ of: await commit({ parents: [base], subject: 'side' }) }),
    ],
    [
      'with a newer one of the same commit that says FAILED (Z7)',
      async ({ vouch, two }) => {
        await vouch({ of: two }, { ...GATE, at: Date.now() - day });
        await vouch({ of: two, predicate: { verificationResult: 'FAILED' } });
      },
    ],
    [
      'with a newer one of a later commit that says FAILED, even under another policy (Z7)',
      async ({ vouch, two, three }) => {
        await vouch({ of: two }, { ...GATE, at: Date.now() - day });
        const policy = { uri: 'urn:p', digest: { sha256: 'd'.repeat(64) } };
        await vouch({ of: three, predicate: { verificationResult: 'FAILED', policy } });
      },
    ],
  ])('a summary %s', async (_, prepare) => {
    const made = await scene('start-refused');
    await prepare(made);
    const { exit, judged, talk } = await made.judge(`${made.base}..main`);
    expect([exit, judged.length]).toEqual([5, 3]);
    expect(talk).toContain('the whole range is judged');
  });

  it('a summary by a signer who was not in force, or whose account is revoked (Z8)', async () => {
    const late = await scene('start-dates', 'vsa: {by: [bob]}\n', '2026-01-01');
    await late.vouch({ of: late.two });
    expect((await late.judge(`${late.base}..main`)).exit).toBe(5);
    const { issuer } = late;
    const entry = `revoked: [{identity: bob@example.test, issuer: '${issuer}', reason: taken over}]\n`;
    const gone = await scene('start-revoked', `vsa: {by: [bob]}\n${entry}`);
    await gone.vouch({ of: gone.two });
    expect((await gone.judge(`${gone.base}..main`)).exit).toBe(5);
  });

  it('a summary with a commit behind it that changes the policy, because it may revoke what passed (Z9)', async () => {
    const { base, two, commit, branch, vouch, judge, policy } = await scene('start-policy');
    await vouch({ of: two });
    const files = { '.signet.yaml': policy('sequence: 1\n') };
    branch('main', await commit({ parents: [two], subject: 'a policy', files }));
    const { exit, judged, talk } = await judge(`${base}..main`);
    expect([exit, judged.length]).toEqual([5, 3]);
    expect(talk).toContain('changes the policy');
  });

  it('a FAILED summary that is older than the good one does not end it', async () => {
    const { base, two, three, vouch, judge } = await scene('start-mended');
    const at = Date.now() - day;
    await vouch({ of: two, predicate: { verificationResult: 'FAILED' } }, { ...GATE, at });
    await vouch({ of: two });
    expect(await judge(`${base}..main`)).toMatchObject({ exit: 0, judged: [three] });
  });
});

describe('a summary that says FAILED, and what it does not end', () => {
  const FAILED = { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] };

  it('a run that began at the start and failed says nothing about what lies before the start', async () => {
    const { base, two, three, commit, branch, vouch, judge } = await scene('start-own');
    await vouch({ of: two }, { ...GATE, at: Date.now() - 3600_000 });
    await vouch({ of: three, without: [two], predicate: FAILED });
    const four = branch('main', await commit({ parents: [three], subject: 'four' }));
    expect(await judge(`${base}..main`)).toMatchObject({ exit: 0, judged: [four, three] });
  });

  it('a newer FAILED between two summaries of a chain ends the chain (Z7)', async () => {
    const { base, one, two, three, commit, branch, vouch, judge } = await scene('start-between');
    const hour = 3600_000;
    await vouch({ of: one }, { ...GATE, at: Date.now() - 3 * hour });
    await vouch({ of: two, predicate: FAILED }, { ...GATE, at: Date.now() - 2 * hour });
    await vouch({ of: three, without: [one] }, { ...GATE, at: Date.now() - hour });
    branch('main', await commit({ parents: [three], subject: 'four' }));
    const { exit, judged } = await judge(`${base}..main`);
    expect([exit, judged.length]).toEqual([5, 4]);
  });
});

describe('a start that cannot be looked for', () => {
  it('without a first commit, without a policy that names signers, and with flags, it is an error', async () => {
    const { base, judge, repository, run, policy, file } = await scene('start-usage');
    const { exit, talk } = await judge('main');
    expect(exit).toBe(2);
    expect(talk).toContain('--since COMMIT');
    expect((await judge(`${base}...main`)).exit).toBe(2);
    const [command = '', ...rest] = run;
    const plain = rest.map((arg) =>
      arg.endsWith('policy.yaml') ? file(policy(), 'plain.yaml') : arg,
    );
    const vsa = ['--since', 'vsa', `${base}..main`];
    expect((await signet(repository, [command, ...plain, ...vsa])).exit).toBe(2);
    const any = ['verify', '--unsafe-any-identity', ...NAMED, ...vsa];
    expect((await signet(repository, any)).exit).toBe(2);
    const parents = ['verify', '--policy-from', 'parents', ...NAMED, ...vsa];
    expect((await signet(repository, parents)).exit).toBe(2);
  });
});
