/**
 * Signatures in no log: only where policy (`unlogged: allowed`) and configuration (`signet.log = none`) both say so,
 * with a timestamp, and never because a log was away. Each missing half is refused, signing and verifying.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SignatureRequest } from '../../src/sandbox/issue-signature.ts';
import { type Ran, runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { schemaFaults } from '../support/json-schema.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { commitPayload, resultsOf, signet, withSignature } from '../support/verify-scenario.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schema/verify-result.schema.json', import.meta.url), 'utf8'),
);
const sandbox = useSandbox();
const repository = scratchRepository('unlogged');
const strict = join(repository.home, 'strict.yaml');
const lax = join(repository.home, 'lax.yaml');
let env: Record<string, string> = {};

/** Both halves, by name. */
const BOTH = { SIGNET_LOG: 'none', SIGNET_POLICY: lax };
const HALVES: readonly [string, Record<string, string>][] = [
  ['only the configuration says so', { SIGNET_LOG: 'none', SIGNET_POLICY: strict }],
  ['only the policy says so', { SIGNET_POLICY: lax }],
  ['there is no policy', { SIGNET_LOG: 'none' }],
];

beforeAll(async () => {
  env = { ...sandbox().env, SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
  const signers = `signers:\n  - name: alice\n    identity: alice@example.test\n    issuer: ${sandbox().urls.issuer}\n`;
  writeFileSync(strict, `version: 1\n${signers}`);
  writeFileSync(lax, `version: 1\nunlogged: allowed\n${signers}`);
});

const commit = (more: Record<string, string>): Promise<Ran> =>
  repository.gitMeanwhile(
    { env: { ...env, ...more } },
    ...['commit', '-q', '--allow-empty', '-S', '-m', 'subject'],
  );
const verify = (more: Record<string, string>, ...flags: string[]): Promise<Ran> =>
  repository.gitMeanwhile({ env: { ...env, ...more } }, 'verify-commit', ...flags, 'HEAD');
const directly = (more: Record<string, string>): Promise<Ran> =>
  runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'x'], {
    cwd: repository.path,
    env: { ...repository.env, ...env, ...more },
    input: Buffer.from(commitPayload({})),
  });

/** A commit as another client may write it. */
async function written(request: SignatureRequest): Promise<string> {
  const payload = commitPayload({ subject: `made with ${Object.keys(request)}` });
  const { armor } = await sandbox().issueSignature(Buffer.from(payload), request);
  return repository.write('commit', withSignature(payload, armor));
}

async function judged(id: string, more: Record<string, string>) {
  const args = ['verify', '--format', 'jsonl', '--trusted-root', sandbox().files.trustedRoot, id];
  const answered = await signet(repository, args, { env: { ...env, ...more } });
  return { exit: answered.exit, talk: answered.talk, result: resultsOf(answered)[0] };
}

describe('where both say so', () => {
  it('a signature without a log has a timestamp, and signing says so', async () => {
    const before = { ...sandbox().requests };
    const made = await directly(BOTH);
    expect(made.exit, made.err).toBe(0);
    expect(made.err).toMatch(/signed as alice@example\.test, IN NO LOG \(signet\.log = none\)/);
    const { rekor, rekorV2, tsa } = sandbox().requests;
    expect([rekor, rekorV2, tsa - before.tsa]).toEqual([before.rekor, before.rekorV2, 1]);
  });

  it('a signature without a log verifies for git, with IN NO LOG in the message', async () => {
    expect((await commit(BOTH)).exit).toBe(0);
    const before = sandbox().requests.rekor;
    const ran = await verify(BOTH);
    expect(ran.exit, ran.err).toBe(0);
    expect(ran.err).toMatch(
      /good signature .*, IN NO LOG \(unlogged: allowed, signet\.log = none\)/,
    );
    expect((await verify(BOTH, '--raw')).err).toMatch(/TRUST_FULLY/);
    expect(sandbox().requests.rekor).toBe(before);
  });

  it('a signature without a log verifies in a range, with a finding', async () => {
    const { exit, talk, result } = await judged('HEAD', BOTH);
    expect([exit, result?.status, result?.rule]).toEqual([0, 'verified', 'alice']);
    expect(result?.findings).toMatchObject([{ code: 'unlogged', severity: 'note' }]);
    expect(result).not.toHaveProperty('logEntry');
    expect(schemaFaults(result, schema)).toEqual([]);
    expect(schemaFaults({ ...result, findings: [] }, schema)).not.toEqual([]);
    expect(talk).toMatch(/signatures IN NO LOG count here/);
  });

  it.each<[string, SignatureRequest]>([
    ['no timestamp either', { rekor: 'none' }],
    [
      'a timestamp after the certificate’s end',
      { rekor: 'none', timestamp: true, stampedAfter: 3_600_000 },
    ],
    [
      'an entry that does not hold',
      { timestamp: true, entry: (entry) => ({ ...entry, logIndex: 7 }) } as SignatureRequest,
    ],
    ['no certificate timestamp', { rekor: 'none', timestamp: true, leaf: { scts: () => [] } }],
    ['another signer', { rekor: 'none', timestamp: true, email: 'bob@example.test' }],
  ])('a signature without a log is refused: %s', async (_name, request) => {
    const { exit, result } = await judged(await written(request), BOTH);
    expect(result?.status).toMatch(/refused|not-allowed/);
    expect(exit).not.toBe(0);
  });

  it('the nearest good signature without a log is accepted', async () => {
    const { exit } = await judged(await written({ rekor: 'none', timestamp: true }), BOTH);
    expect(exit).toBe(0);
  });
});

describe.each(HALVES)('where %s', (_name, half) => {
  it('nothing is signed without a log if only one side allows it', async () => {
    const before = sandbox().requests.rekor;
    const made = await directly(half);
    if (half['SIGNET_LOG'] === undefined) {
      expect(made.exit, made.err).toBe(0);
      expect(sandbox().requests.rekor).toBe(before + 1);
      return;
    }
    expect([made.exit, made.out]).toEqual([2, '']);
    expect(made.err).toMatch(/nothing was signed: signet\.log = none, but .* unlogged: allowed/);
  });

  it('a signature without a log does not count if only one side allows it', async () => {
    const id = await written({ rekor: 'none', timestamp: true });
    repository.must('update-ref', 'refs/heads/main', id);
    const ran = await verify(half, '--raw');
    expect(ran.exit).not.toBe(0);
    expect(ran.err).toMatch(/ERRSIG/);
    if (half['SIGNET_POLICY'] === undefined) return;
    const { exit, result, talk } = await judged(id, half);
    expect([exit, result?.status, result?.code]).toEqual([1, 'refused', 'log-entry-not-found']);
    expect(talk).not.toMatch(/IN NO LOG/);
  });
});

it('an outage of the log fails signing, and leaves verifying undecided', async () => {
  const away = { SIGNET_REKOR_URL: 'http://127.0.0.1:9', SIGNET_POLICY: lax };
  const made = await directly(away);
  expect([made.exit, made.out]).toEqual([3, '']);
  const { exit, result } = await judged(await written({ rekor: 'none', timestamp: true }), away);
  expect([exit, result?.status]).toEqual([3, 'undecided']);
});
