/**
 * Old signatures in gitsign's online form: fifty commits under one certificate, looked up once, kept, then verified
 * without a log to ask. Requests are counted at the log.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { onlineCommit } from '../support/online-commits.ts';
import { useSandbox } from '../support/sandbox.ts';
import { commitPayload, resultsOf, signet, withSignature } from '../support/verify-scenario.ts';

const COUNT = 50;
const MOST = 60;
const sandbox = useSandbox();
let repository: ScratchRepository;

beforeAll(async () => {
  repository = scratchRepository('online-history');
  let like: Parameters<typeof onlineCommit>[2];
  let parents: string[] = [];
  for (let at = 0; at < COUNT; at += 1) {
    const payload = commitPayload({ subject: `change ${at}`, parents });
    const made = await onlineCommit(sandbox(), Buffer.from(payload), like);
    like = made.issued;
    const armor = Buffer.from(made.signature).toString();
    parents = [repository.write('commit', withSignature(payload, armor))];
  }
  repository.must('update-ref', 'refs/heads/main', parents[0] ?? '');
});

const forget = (): void =>
  rmSync(join(repository.home, 'git-signet'), { recursive: true, force: true });

/** How many requests reached the log meanwhile. */
async function requestsOf(work: () => Promise<void>): Promise<number> {
  const before = sandbox().requests.rekor;
  await work();
  return sandbox().requests.rekor - before;
}

describe('fifty commits under one certificate', async () => {
  const log = async (count: number, more: Record<string, string> = {}): Promise<void> => {
    const ran = await repository.gitMeanwhile(
      { env: { ...sandbox().env, ...more } },
      ...['log', `-${count}`, '--format=%G?'],
    );
    expect(ran.out.split('\n').slice(0, -1)).toEqual(new Array(count).fill('U'));
  };

  it('git log with one process a commit sends at most 60 requests, and none the next time', async () => {
    forget();
    const first = await requestsOf(() => log(COUNT));
    console.log(`git log -${COUNT}: ${first} requests`);
    expect(first).toBeLessThanOrEqual(MOST);
    expect(await requestsOf(() => log(10, { SIGNET_OFFLINE: 'true' }))).toBe(0);
  });

  it('verify over a range gives the same verdicts, and works offline after it', async () => {
    forget();
    const allowed = ['--certificate-identity', 'alice@example.test'];
    const issuer = ['--certificate-oidc-issuer', sandbox().urls.issuer];
    const trusting = ['--trusted-root', sandbox().files.trustedRoot];
    const input = repository.must('rev-list', 'main');
    const verify = async (exit: number, ...flags: string[]): Promise<void> => {
      const args = [
        'verify',
        '--stdin',
        '--format',
        'jsonl',
        ...trusting,
        ...allowed,
        ...issuer,
        ...flags,
      ];
      const answered = await signet(repository, args, { env: sandbox().env, input });
      expect(answered.exit, answered.talk).toBe(exit);
      expect(resultsOf(answered)).toHaveLength(COUNT);
    };
    const first = await requestsOf(() => verify(0));
    console.log(`verify over ${COUNT}: ${first} requests`);
    expect(first).toBeLessThanOrEqual(MOST);
    expect(await requestsOf(() => verify(0, '--offline'))).toBe(0);
    forget();
    // without a kept entry and a log to ask it is not decided
    await verify(3, '--offline');
  });
});
