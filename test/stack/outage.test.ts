/** A server that is down, or silent, in the middle of work: no commit, an honest exit code, and on again afterwards. */

import { describe, expect, it } from 'vitest';
import type { ChildOptions } from '../../src/sandbox/environment.ts';
import {
  allow,
  forms,
  frozen,
  judged,
  type StackRepository,
  signPayload,
  stackRepository,
  tokenOf,
  without,
} from '../support/stack.ts';

/** Fails to commit and leaves no trace; what was said when the program was called alone. */
async function failsCleanly(
  repository: StackRepository,
  options: ChildOptions = {},
): Promise<string> {
  const head = repository.must('rev-parse', 'HEAD');
  await expect(repository.commit('during', options)).rejects.toThrow(
    /failed to write commit object/,
  );
  expect(repository.must('rev-parse', 'HEAD')).toBe(head);
  const { exit, out, err } = await signPayload(repository, { ...options, token: await tokenOf() });
  expect([exit, out]).toEqual([3, '']);
  expect(err).not.toContain('SIG_CREATED');
  return err;
}

describe.each(forms)('the $name', (form) => {
  it.each([
    ['rekor-server', {}, /the log .*127\.0\.0\.1:\d+/],
    ['rekor-server-posix', { rekorVersion: 2 }, /the log .*127\.0\.0\.1:\d+/],
    ['timestamp-server', { rekorVersion: 2 }, /timestamp.*127\.0\.0\.1:\d+/],
    ['fulcio', {}, /the certificate authority .*127\.0\.0\.1:\d+/],
  ] as const)(
    'without %s makes no commit, leaves no log entry and says who is missing (R21)',
    async (server, options, says) => {
      const repository = stackRepository(form);
      const logIndexOf = async (id: string): Promise<number> => {
        const verdict = await judged(repository, [...allow(), id]);
        expect(verdict).toMatchObject({ status: 'verified' });
        return Number(verdict.logEntry?.logIndex);
      };
      const first = await repository.commit('before', options);
      const said = await without(server, async () => {
        // what was signed before verifies all the same
        expect(await judged(repository, [...allow(), first])).toMatchObject({ status: 'verified' });
        return failsCleanly(repository, options);
      });
      expect(said).toMatch(says);
      const last = await repository.commit('after', options);
      // no other client writes to these logs
      expect(await logIndexOf(last)).toBe((await logIndexOf(first)) + 1);
    },
  );

  it('does not call a signature forged because the log that holds it is down', async () => {
    const repository = stackRepository(form);
    const id = await repository.commit('a change', { gitConfig: { 'signet.rekorMode': 'online' } });
    const verdict = await without('rekor-server', async () => judged(repository, [...allow(), id]));
    expect(verdict).toMatchObject({ status: 'undecided' });
    expect(await judged(repository, [...allow(), id])).toMatchObject({ status: 'verified' });
  });
});

describe.each(forms)('the $name, given five seconds', (form) => {
  const nothingSigned = async (): Promise<string> => {
    const { exit, out, err } = await signPayload(
      stackRepository(form),
      { token: await tokenOf() },
      { SIGNET_TIMEOUT: '5' },
    );
    expect([exit, out]).toEqual([3, '']);
    return err;
  };

  it.each([
    ['rekor-server', /the log .*did not answer in 5 s .*127\.0\.0\.1:\d+/],
    ['fulcio', /the certificate authority .*did not answer in 5 s .*127\.0\.0\.1:\d+/],
  ] as const)('waits no longer for a %s that is silent', async (server, says) => {
    expect(await frozen(server, nothingSigned)).toMatch(says);
  });

  // it waits for its CT log longer than we for it
  it('waits no longer for a Fulcio without its CT log', async () => {
    expect(await without('ct_server', nothingSigned)).toMatch(/the certificate authority/);
  });
});
