/**
 * An upgrade under a running agent: the files that it was started from are gone, in either built form. It goes on with what
 * it has loaded, through renewals and servers that fail, and leaves when it holds nothing.
 */

import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runMeanwhile } from '../support/git-repository.ts';
import { agentsOf, countLogins, type Machine, useMachine } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LIFETIME = 8;
const sandbox = useSandbox({ certificateLifetimeSeconds: LIFETIME });
let machine: Machine;
let work = '';
useMachine(sandbox, (made, at) => {
  machine = made;
  work = at;
});

/** A copy of a built form below the machine's home, and the words that start it. */
function installed(form: 'executable' | 'Node bundle'): readonly [string, ...string[]] {
  const place = join(machine.home, 'installed');
  mkdirSync(place);
  if (form === 'executable') {
    cpSync(join(root, 'dist/git-signet'), join(place, 'git-signet'));
    return [join(place, 'git-signet')];
  }
  cpSync(join(root, 'dist/node'), join(place, 'node'), { recursive: true });
  return [process.execPath, join(place, 'node/git-signet.cjs')];
}

const agent = async () => (await agentsOf(machine))[0];

const commit = (more: Record<string, string> = {}) =>
  machine.git(work, ['commit', '-q', '--allow-empty', '-m', 'change'], more);

describe.each(['executable', 'Node bundle'] as const)('an agent of the %s', (form) => {
  it('an agent whose files are gone signs and renews, and ends when it has no login (D24)', {
    timeout: 60_000,
  }, async () => {
    const [program, ...words] = installed(form);
    const started = await runMeanwhile(program, [...words, 'agent', 'start'], {
      ...{ cwd: work, env: { ...machine.env } },
    });
    expect(started.exit, started.err).toBe(0);
    const logins = countLogins(sandbox());
    expect((await commit()).exit).toBe(0);
    const before = await agent();
    rmSync(join(machine.home, 'installed'), { recursive: true });
    expect((await commit()).exit).toBe(0);
    // its certificate has ended by then: the next one takes the issuer, the CA and the trust root
    await new Promise((resolve) => setTimeout(resolve, (LIFETIME + 1) * 1000));
    const ran = await commit();
    expect(ran.exit, ran.err).toBe(0);
    const tagged = await machine.git(work, ['tag', '-s', '-m', 'v1', 'v1']);
    expect(tagged.exit, tagged.err).toBe(0);
    const verified = await machine.git(work, ['verify-commit', 'HEAD']);
    expect(verified.exit, verified.err).toBe(0);
    const after = await agent();
    expect([after?.pid, logins.count().logins]).toEqual([before?.pid, 1]);
    expect(after?.credentials).toMatchObject([{ signatures: 4, renewable: true }]);
    expect(after?.credentials[0]?.renewals).toBeGreaterThan(0);
    expect((await machine.signet(work, ['logout'])).exit).toBe(0);
    await expect.poll(agent, { timeout: 20_000 }).toBeUndefined();
    // the next one is of the program that is there
    expect((await commit()).exit).toBe(0);
    expect(logins.count().logins).toBe(2);
  });

  it('an agent whose files are there goes on although it has no login (D24)', {
    timeout: 60_000,
  }, async () => {
    const [program, ...words] = installed(form);
    const options = { cwd: work, env: { ...machine.env } };
    await runMeanwhile(program, [...words, 'agent', 'start'], options);
    const before = await agent();
    expect(before?.pid).toBeGreaterThan(0);
    // two looks of its own clock
    await new Promise((resolve) => setTimeout(resolve, 4500));
    expect((await agent())?.pid).toBe(before?.pid);
  });
});
