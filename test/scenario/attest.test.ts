/** Statements about commits and tags: signed, pushed, fetched elsewhere, verified, and asked for by a policy. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram } from '../support/tools.ts';
import { signet, signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const FETCH = '+refs/attestations/*:refs/attestations-from/origin/*';
const PUSH = 'refs/attestations/*:refs/attestations/*';
const COMMITS = 'refs/attestations/commits';
const PASSED = { result: 'PASSED', configuration: [] };
let alice: Record<string, string>;
let bob: Record<string, string>;
beforeAll(async () => {
  const tokenOf = (email: string) => sandbox().mintToken({ email });
  alice = { ...sandbox().env, SIGSTORE_ID_TOKEN: await tokenOf('alice@example.test') };
  bob = { ...sandbox().env, SIGSTORE_ID_TOKEN: await tokenOf('bob@example.test') };
});

async function scene(name: string) {
  const made = policyScene(name, sandbox());
  const { repository, commit, branch, file, policy } = made;
  const base = await commit({});
  const id = branch('main', await commit({ parents: [base], subject: 'second' }));
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const who = [...trust, '--policy', file(policy())];
  const attest = async (predicate: unknown, args: readonly string[] = [], env = alice) => {
    const { requests } = sandbox();
    const before = requests.fulcio;
    const given = [
      '--type',
      'test-result',
      '--predicate',
      file(JSON.stringify(predicate), 'p.json'),
    ];
    const answered = await signet(repository, ['attest', ...given, ...args], { env });
    return { ...answered, certificates: requests.fulcio - before };
  };
  const check = (args: readonly string[], path = repository.path) =>
    signet({ path, env: repository.env }, ['verify-attestation', ...who, ...args]);
  return { ...made, base, id, trust, attest, check };
}

describe('git signet attest', () => {
  it('a statement is signed, pushed, fetched by another clone, and verified there', async () => {
    const { attest, check, repository, id } = await scene('attest-clone');
    expect((await check([id])).exit).toBe(5);
    const { exit, out, talk } = await attest(PASSED, ['--notes', id]);
    expect(exit, talk).toBe(0);
    expect(out).toContain(`attested commit ${id.slice(0, 12)}`);
    expect(talk).toContain(`git push origin '${PUSH}' refs/notes/commits`);
    const bare = join(repository.home, 'bare.git');
    const clone = join(repository.home, 'clone');
    repository.must('init', '-q', '--bare', bare);
    repository.must('push', '-q', bare, 'main', PUSH);
    repository.must('clone', '-q', '-b', 'main', bare, clone);
    expect((await check([id], clone)).exit).toBe(5);
    repository.must('-C', clone, 'fetch', '-q', 'origin', FETCH);
    const { exit: code, out: lines } = await check(
      ['--format', 'jsonl', '--type', 'test-result'],
      clone,
    );
    expect([
      code,
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ]).toMatchObject([0, [{ status: 'verified', rule: 'alice', objectId: id, predicate: PASSED }]]);
    expect((await check(['--type', 'sbom', id], clone)).exit).toBe(5);
    // here it is in a ref and in a note, and is shown once
    const here = await check(['--format', 'jsonl', id]);
    expect(here.out.trim().split('\n')).toHaveLength(1);
  });

  it('a statement that is copied to another commit is refused there (Y3)', async () => {
    const { attest, check, repository, id, base } = await scene('attest-moved');
    expect((await attest(PASSED, [id])).exit).toBe(0);
    const tree = repository.must('rev-parse', `${COMMITS}:${id}`);
    const input = Buffer.from(`040000 tree ${tree}\t${base}\n`);
    const moved = repository.gitWith({ input }, 'mktree').out.trim();
    const commit = repository.must('commit-tree', moved, '-p', COMMITS, '-m', 'x');
    repository.must('update-ref', COMMITS, commit);
    const { exit, out } = await check(['--format', 'jsonl', base]);
    expect([exit, JSON.parse(out).code]).toEqual([1, 'statement-subject-differs']);
  });

  it('a statement of a signer who is not in the policy is not allowed (Y4)', async () => {
    const { attest, check, id } = await scene('attest-bob');
    expect((await attest(PASSED, [id], bob)).exit).toBe(0);
    expect((await check([id])).exit).toBe(6);
    // a good one beside it is enough
    expect((await attest(PASSED, [id])).exit).toBe(0);
    expect((await check([id])).exit).toBe(0);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['a predicate without a required field', { result: 'PASSED' }, []],
    ['a predicate that is no object', [1], []],
    ['an object that is not here', PASSED, ['0123456789012345678901234567890123456789']],
    ['a name that is not here', PASSED, ['nothing']],
    ['a commit as a tag', PASSED, ['--object', 'tag', 'main']],
  ])('%s is refused before any login', async (name, predicate, args) => {
    const { attest, repository } = await scene(`attest ${name}`);
    const { exit, certificates } = await attest(predicate, args);
    expect([exit, certificates]).toEqual([2, 0]);
    expect(repository.must('for-each-ref', 'refs/attestations')).toBe('');
  });

  it('a ref that cannot be written is refused before any login', async () => {
    const { attest, repository } = await scene('attest-broken-ref');
    repository.must('update-ref', COMMITS, repository.write('blob', Buffer.from('x')));
    expect(await attest(PASSED)).toMatchObject({ exit: 2, certificates: 0 });
  });

  it('a program that is killed before the ref moves leaves the ref as it was (Y1)', async () => {
    const { attest, check, repository, file, id } = await scene('attest-killed');
    expect((await attest({ ...PASSED, url: 'urn:one' }, [id])).exit).toBe(0);
    const tip = repository.must('rev-parse', COMMITS);
    const bin = join(repository.home, 'bin');
    mkdirSync(bin);
    const git = findProgram('git', repository.env);
    const script = `#!/bin/sh\ncase "$*" in *update-ref*) kill -9 $PPID; exit 1;; esac\nexec ${git} "$@"\n`;
    writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
    const env = { ...repository.env, ...alice, PATH: `${bin}:${repository.env['PATH']}` };
    const args = [
      'attest',
      '--type',
      'test-result',
      '--predicate',
      file(JSON.stringify(PASSED), 'q.json'),
    ];
    const { exit } = await signetProcess({ path: repository.path, env }, [...args, id]);
    expect(exit).not.toBe(0);
    expect(repository.must('rev-parse', COMMITS)).toBe(tip);
    expect((await attest(PASSED, [id])).exit).toBe(0);
    expect((await check(['--format', 'jsonl', id])).out.trim().split('\n')).toHaveLength(2);
  });
});

describe('attestations in a policy', () => {
  it('the commit that a ref gets needs its statement, and the commits below it do not (Y4, Y5)', async () => {
    const { attest, verify, file, policy, base, id, commit, branch } = await scene('attest-gate');
    const rules = 'attestations: [{type: test-result, refs: [refs/heads/main], by: [alice]}]\n';
    const range = (to: string, ref = 'refs/heads/main') =>
      verify('--policy', file(policy(rules)), '--ref', ref, `${base}..${to}`);
    const next = branch('next', await commit({ parents: [id], subject: 'third' }));
    expect((await range(next)).said.get(next)).toBe('attestation-missing');
    expect((await range(next)).said.get(id)).toBe('verified alice');
    expect((await range(next, 'refs/heads/topic')).exit).toBe(0);
    expect((await attest(PASSED, [next], bob)).exit).toBe(0);
    expect((await attest({ ...PASSED, result: 'FAILED' }, [next])).exit).toBe(0);
    expect((await range(next)).exit).toBe(6);
    expect((await attest(PASSED, [next])).exit).toBe(0);
    expect((await range(next)).exit).toBe(0);
    const alone = await verify('--policy', file(policy(rules)), '--ref', 'refs/heads/main', id);
    expect(alone.said.get(id)).toBe('attestation-missing');
    expect((await verify('--policy', file(policy(rules)), id)).exit).toBe(2);
  });

  it('a tag needs a statement about itself or about its commit', async () => {
    const { attest, trust, repository, file, policy, id, tag } = await scene('attest-tag');
    await tag('v1', id);
    const rules = file(policy("attestations: [{type: test-result, names: ['v*']}]\n"), 'tags.yaml');
    const check = () =>
      signet(repository, ['verify-tag', ...trust, '--policy', rules, '--format', 'json', 'v1']);
    expect((await check()).exit).toBe(6);
    expect((await attest(PASSED, ['--object', 'tag', 'v1'])).exit).toBe(0);
    expect((await check()).exit).toBe(0);
    repository.must('update-ref', '-d', 'refs/attestations/tags');
    expect((await check()).exit).toBe(6);
    expect((await attest(PASSED, ['v1'])).exit).toBe(0);
    expect((await check()).exit).toBe(0);
  });
});
