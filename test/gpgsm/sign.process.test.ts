/** Own output: what signing made is verified before git sees a byte of it (threat F8, S02). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, it, vi } from 'vitest';
import { splitSignedObject } from '../../src/core/git/signed-object.ts';
import { run } from '../../src/gpgsm/gpgsm.ts';
import type { SignResult } from '../../src/signing/sign.ts';
import { bareEnvironment, catchInvocation, noAnswer } from '../support/invocation.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const vectors = fileURLToPath(new URL('../vectors/gitsign/', import.meta.url));
const home = scratchDirectory('gpgsm-sign');
const raw = readFileSync(join(vectors, 'offline/01-plain.commit'));
const split = splitSignedObject('commit', raw, 'sha1');
if (split === undefined) throw new Error('the vector is signed');
const { payload, signature } = split;

const made: { armor: string; error?: Error } = { armor: '' };
vi.mock('../../src/signing/sign.ts', () => ({
  signPayload: () => {
    if (made.error !== undefined) return Promise.reject(made.error);
    const result: Omit<SignResult, 'logEntry'> = {
      signature: made.armor,
      certificateSha1: 'ab'.repeat(20),
      signingTime: 7,
      identity: 'alice@example.test',
      issuer: 'x',
      logIndex: '1',
      publicKeyAlgorithm: 19,
      certificateHashAlgorithm: 9,
      freshLogin: false,
    };
    return Promise.resolve(result);
  },
}));
beforeEach(() => {
  made.armor = Buffer.from(signature).toString('latin1');
  delete made.error;
});

function sign(...args: string[]) {
  const caught = catchInvocation({
    args,
    env: { ...bareEnvironment(home), SIGNET_TRUST: join(vectors, 'trust/trusted_root.json') },
    cwd: home,
    input: payload,
  });
  return { caught, done: run(caught.invocation, noAnswer) };
}

it('what verifies goes out, status first on its own channel', async () => {
  const { caught, done } = sign('--status-fd=2', '-bsau', 'x');
  expect(await done).toBe(0);
  expect(caught.output()).toBe(made.armor);
  expect(caught.descriptor(2)).toBe(
    `[GNUPG:] BEGIN_SIGNING\n[GNUPG:] SIG_CREATED D 19 9 00 7 ${'ab'.repeat(20)}\n`,
  );
});

it.each([
  ['for other content', () => made.armor.replace(/\n/, '\n'), Buffer.from('x')],
  [
    'with one character changed',
    () =>
      `${made.armor.slice(0, 300)}${made.armor[300] === 'A' ? 'B' : 'A'}${made.armor.slice(301)}`,
    undefined,
  ],
  ['that is empty', () => '', undefined],
  ['that begins with talk', () => `opening the browser\n${made.armor}`, undefined],
])('a signature %s does not (F8 S09)', async (_name, change, add) => {
  made.armor = change();
  const caught = catchInvocation({
    args: ['--status-fd=2', '-bsau', 'x'],
    env: { ...bareEnvironment(home), SIGNET_TRUST: join(vectors, 'trust/trusted_root.json') },
    cwd: home,
    input: add === undefined ? payload : Buffer.concat([payload, add]),
  });
  await expect(run(caught.invocation, noAnswer)).rejects.toMatchObject({
    code: 'SELF_VERIFICATION',
    exitCode: 1,
  });
  expect([caught.output(), caught.descriptor(2)]).toEqual(['', '']);
});

it('an exception while signing leaves both channels empty (S01)', async () => {
  made.error = new TypeError('injected');
  const { caught, done } = sign('--status-fd=2', '-bsau', 'x');
  await expect(done).rejects.toThrow('injected');
  expect([caught.output(), caught.descriptor(2)]).toEqual(['', '']);
});
