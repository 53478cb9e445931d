/** `--format vsa --attest`: a run signs its summary and keeps it, and a clone believes it. */

import { beforeAll, describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const NAMED = ['--repository-uri', 'git+https://git.example.test/team/parser'];
let env: Record<string, string>;
beforeAll(async () => {
  env = { ...sandbox().env, SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
});

async function scene(name: string, by: 'nobody' | undefined = undefined) {
  const made = policyScene(name, sandbox());
  const { repository, commit, policy, file, branch } = made;
  const base = await commit({});
  const more = by === undefined ? {} : { by };
  const id = await commit({ parents: [base], subject: 'a second change', ...more });
  branch('main', id);
  const trust = ['--trusted-root', sandbox().files.trustedRoot];
  const who = [...trust, '--policy', file(policy('vsa: {by: [alice]}\n'))];
  const run = async (args: readonly string[], token = true) => {
    const { requests } = sandbox();
    const before = requests.fulcio;
    const answered = await signet(repository, args, token ? { env } : {});
    return { ...answered, certificates: requests.fulcio - before };
  };
  const attest = (...args: string[]) =>
    run(['verify', ...who, ...NAMED, '--format', 'vsa', ...args, `${base}..main`]);
  const believe = (path = repository.path) =>
    signet({ path, env: repository.env }, ['verify-vsa', ...who, ...NAMED, '--format', 'json', id]);
  return { ...made, base, id, who, run, attest, believe };
}

const statementIn = (bundle: string) =>
  JSON.parse(Buffer.from(JSON.parse(bundle).dsseEnvelope.payload, 'base64').toString());

describe('a run that signs its summary', () => {
  it('the bundle is printed and kept, and a clone that fetched it believes it', async () => {
    const { attest, believe, repository, id } = await scene('attest');
    const { exit, out, talk } = await attest('--attest', '--notes');
    expect(exit).toBe(0);
    expect(statementIn(out).subject[0].digest).toEqual({ gitCommit: id });
    expect(talk).toContain('refs/attestations/commits, refs/notes/commits');
    expect(repository.must('notes', 'show', id)).toContain('dsseEnvelope');
    expect((await believe()).exit).toBe(0);
    const clone = `${repository.home}/clone`;
    repository.must('clone', '-q', `file://${repository.path}`, clone);
    expect((await believe(clone)).exit).toBe(5);
    const from = '+refs/attestations/*:refs/attestations-from/origin/*';
    repository.must('-C', clone, 'fetch', '-q', 'origin', from);
    const { exit: believed, out: said } = await believe(clone);
    expect([believed, JSON.parse(said).summary.names]).toEqual([0, ['alice']]);
  });

  it('a run that fails signs FAILED, keeps its own exit code, and is not believed (Z4)', async () => {
    const { attest, believe } = await scene('attest-failed', 'nobody');
    const { exit, out } = await attest('--attest');
    expect([exit, statementIn(out).predicate.verificationResult]).toEqual([5, 'FAILED']);
    const { exit: believed, out: said } = await believe();
    expect([believed, JSON.parse(said).verdicts[0].code]).toEqual([6, 'summary-not-met']);
  });

  it('a tag and its commit have one summary, and each of them leads to it', async () => {
    const { tag, id, who, run, repository } = await scene('attest-tag');
    const tagId = await tag('v1', id);
    const asked = ['verify-tag', ...who, ...NAMED, '--format', 'vsa', '--attest', 'v1'];
    expect((await run(asked)).exit).toBe(0);
    for (const each of ['v1', tagId, id]) {
      const believed = ['verify-vsa', ...who, ...NAMED, '--ref', 'refs/tags/v1', each];
      expect((await signet(repository, believed)).exit).toBe(0);
    }
  });

  it('a mistake in arguments is found before any login, and nothing is signed', async () => {
    const { run, who, base, repository } = await scene('attest-mistakes');
    const range = `${base}..main`;
    for (const args of [
      ['verify', ...who, '--attest', range],
      ['verify', ...who, '--format', 'json', '--attest', range],
      ['verify', ...who, ...NAMED, '--format', 'vsa', '--notes', range],
      ['verify', ...who, '--format', 'vsa', '--attest', range],
      ['verify', ...who, ...NAMED, '--format', 'vsa', '--attest', 'main..main'],
      ['verify-tag', ...who, ...NAMED, '--format', 'vsa', '--attest', '--no-target', 'main'],
    ]) {
      const { exit, out, certificates } = await run(args);
      expect({ exit, out, certificates }).toEqual({ exit: 2, out: '', certificates: 0 });
    }
    expect(repository.must('for-each-ref', 'refs/attestations')).toBe('');
  });
});
