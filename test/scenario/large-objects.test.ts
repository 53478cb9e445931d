/** Commits of unusual size: up to 32 MiB they are signed, with the login that is there, and verified. Larger commits are undecided. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { countLogins, type Machine, useMachine } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';
import { commitPayload, withSignature } from '../support/verify-scenario.ts';

const MIB = 1024 * 1024;
const sandbox = useSandbox();
let machine: Machine;
let work = '';
useMachine(sandbox, (made, at) => {
  machine = made;
  work = at;
});

function commit(bytes: number) {
  const message = join(machine.home, 'message');
  writeFileSync(message, 'a line of a long message\n'.repeat(bytes / 25));
  const quiet = ['commit', '-q', '--allow-empty', '--cleanup=verbatim'];
  return machine.git(work, [...quiet, '-F', message]);
}

it('a commit of 30 MB is signed by the agent without another login, and verifies (D29)', async () => {
  const logins = countLogins(sandbox());
  const small = await machine.git(work, ['commit', '-q', '--allow-empty', '-m', 'small']);
  expect(small.exit, small.err).toBe(0);
  const large = await commit(30e6);
  expect([large.exit, large.err]).toEqual([0, '']);
  expect(logins.count().logins).toBe(1);
  const verified = await machine.git(work, ['verify-commit', 'HEAD']);
  expect(verified.err).toMatch(/good signature by alice@example\.test/);
  const listed = await machine.git(work, ['log', '-1', '--format=%G?']);
  expect(listed.out).toBe('U\n');
});

it('a commit of more than 32 MiB is not signed: no verifier would take it (D29)', async () => {
  expect((await commit(33 * MIB)).exit).not.toBe(0);
  // git swallows what its signing program says
  const input = commitPayload({ subject: 'x'.repeat(32 * MIB) });
  const ours = await machine.signet(work, ['--status-fd=2', '-bsau', 'x'], { input });
  expect([ours.exit, ours.out]).toEqual([2, '']);
  expect(ours.err).toBe('git-signet: standard input is longer than 33488896 bytes\n');
});

it('an object of more than 32 MiB is undecided, by `verify` and by `git verify-commit` (I05)', async () => {
  const payload = commitPayload({ subject: 'x'.repeat(32 * MIB) });
  const { armor } = await sandbox().issueSignature(Buffer.from(payload), {});
  const object = join(machine.home, 'object');
  writeFileSync(object, withSignature(payload, armor));
  const written = await machine.git(work, ['hash-object', '-t', 'commit', '-w', object]);
  const id = written.out.trim();
  const trust = ['--trusted-root', sandbox().files.trustedRoot];
  const ours = await machine.signet(work, ['verify', '--unsafe-any-identity', ...trust, id]);
  expect([ours.exit, ours.err, ours.out]).toEqual([
    3,
    '',
    expect.stringMatching(/larger than 33554432 bytes/),
  ]);
  const gits = await machine.git(work, ['verify-commit', '--raw', id]);
  expect(gits.exit).toBe(1);
  expect(gits.err).toMatch(/ERRSIG .*TRUST_UNDEFINED/s);
  expect(gits.err).not.toMatch(/GOODSIG/);
});
