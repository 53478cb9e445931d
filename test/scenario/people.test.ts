/** Signer, author and committer are three people until a rule says otherwise: what is reported, and what signing refuses. */

import { describe, expect, it } from 'vitest';
import { scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signer, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const MALLORY = 'Mallory <mallory@example.test> 1000000000 +0000';

function history() {
  const repository = scratchRepository('people');
  return { repository, make: signer(repository, sandbox()) };
}

describe('verify', () => {
  it('verify reports signer, author and committer separately (G14)', async () => {
    const { repository, make } = history();
    const commit = await make.commit({ author: MALLORY });
    const answered = await signet(repository, [
      'verify',
      '--format',
      'jsonl',
      ...make.allow(),
      commit,
    ]);
    const [result] = resultsOf(answered);
    expect(result?.signer?.value).toBe('alice@example.test');
    expect(JSON.stringify(result?.author)).toContain('mallory@example.test');
    expect(JSON.stringify(result?.committer)).toContain('alice@example.test');
  });

  it('matchCommitter notes a signer that is not the committer, to git and in a range (G14)', async () => {
    const { repository, make } = history();
    const commit = await make.commit({}, { email: 'bob@example.test' });
    const trust = { SIGNET_TRUST: sandbox().files.trustedRoot };
    const env = { ...trust, SIGNET_MATCH_COMMITTER: 'true' };
    const told = repository.gitWith({ env }, 'verify-commit', commit);
    expect(told.exit).toBe(0);
    expect(told.err).toContain(
      '; the committer is alice@example.test, the signer bob@example.test',
    );
    expect(repository.gitWith({ env: trust }, 'verify-commit', commit).err).not.toContain('alice');
    repository.must('config', 'signet.matchCommitter', 'true');
    const args = [
      'verify',
      '--format',
      'jsonl',
      '--unsafe-any-identity',
      ...make.allow().slice(0, 2),
      commit,
    ];
    const [result] = resultsOf(await signet(repository, args));
    expect(JSON.stringify(result)).toContain('"committer-differs"');
  });

  it('verify reports the proven time, whatever dates the commit claims (G15)', async () => {
    const { repository, make } = history();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const commit = await make.commit({ author: MALLORY });
    const after = Date.now();
    const [result] = resultsOf(
      await signet(repository, ['verify', '--format', 'jsonl', ...make.allow(), commit]),
    );
    const proven = result?.times?.[0]?.time ?? '';
    expect(Date.parse(String(proven))).toBeGreaterThanOrEqual(before);
    expect(Date.parse(String(proven))).toBeLessThanOrEqual(after);
    expect(JSON.stringify(result?.author)).not.toContain(String(proven));
  });

  it('a good commit elsewhere does not replace one in the range (G16)', async () => {
    const { repository, make } = history();
    const base = await make.commit({ subject: 'base' });
    const unsigned = make.unsigned({ parents: [base], subject: 'never signed' });
    const elsewhere = await make.commit({ subject: 'signed, on another branch' });
    repository.must('branch', 'other', elsewhere);
    const answered = await signet(repository, [
      ...['verify', '--format', 'jsonl', ...make.allow()],
      `${base}..${unsigned}`,
    ]);
    expect(resultsOf(answered).map(({ objectId, status }) => [objectId, status])).toEqual([
      [unsigned, 'unsigned'],
    ]);
    expect(answered.exit).toBe(5);
  });
});

describe('signing', () => {
  const commit = async (matchCommitter: string, email: string) => {
    const { repository } = history();
    const token = await sandbox().mintToken({ email: 'alice@example.test' });
    const env = {
      ...sandbox().env,
      SIGSTORE_ID_TOKEN: token,
      SIGNET_MATCH_COMMITTER: matchCommitter,
      GIT_COMMITTER_EMAIL: email,
    };
    return repository.gitMeanwhile({ env }, 'commit', '--allow-empty', '-S', '-m', 'who am I');
  };

  it('signing refuses a committer that is not the signer, if a setting says so (G14)', async () => {
    const before = sandbox().requests.fulcio;
    const refused = await commit('true', 'mallory@example.test');
    expect(refused.exit).not.toBe(0);
    expect(sandbox().requests.fulcio).toBe(before);
    expect((await commit('true', 'alice@example.test')).exit).toBe(0);
    expect((await commit('false', 'mallory@example.test')).exit).toBe(0);
  });
});
