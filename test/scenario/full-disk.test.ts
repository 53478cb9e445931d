/** No room, no inodes, or a read-only file system, for real: signing needs none of it, and what does says so in words. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Machine, useMachines } from '../support/machine.ts';
import { mountsHere, useMounts } from '../support/mounts.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const machine = useMachines(sandbox);
const PAYLOAD = `tree ${'0'.repeat(40)}\nauthor A <a@x.test> 1 +0000\ncommitter Alice <alice@example.test> 1 +0000\n\nx\n`;

const mount = useMounts();
const possible = mountsHere();

type Case = readonly [name: string, options: string, words: string];
const CASES: readonly Case[] = [
  ['without inodes', 'size=64k,nr_inodes=1', 'the disk is full, or has no room for more files'],
  ['that is read-only', 'size=64k,ro', 'the file system is read-only'],
];

describe.skipIf(!possible).each(CASES)('a file system %s', (_name, options, words) => {
  /** All that is kept between calls lies there. */
  async function placesOf(one: Machine): Promise<Record<string, string>> {
    const full = one.directory('full');
    mount(options, full);
    const names = ['XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'XDG_STATE_HOME', 'TMPDIR'];
    return Object.fromEntries(names.map((name) => [name, full]));
  }

  it('a commit is signed all the same, in place, with one warning', async () => {
    const one = await machine();
    const at = await one.repository('work');
    const env = await placesOf(one);
    const ran = await one.signet(at, ['--status-fd=2', '-bsau', 'x'], { env, input: PAYLOAD });
    expect([ran.exit, ran.out]).toEqual([0, expect.stringMatching(/^-----BEGIN SIGNED MESSAGE/)]);
    expect(ran.err).toContain('signing without it');
  });

  it('a command that cannot write names the place and ends with 2 before a login', async () => {
    const one = await machine();
    const at = await one.repository('work');
    const env = await placesOf(one);
    const full = env['TMPDIR'] ?? '';
    const cases: readonly (readonly [readonly string[], Record<string, string>])[] = [
      [['login'], {}],
      [['agent', 'start'], {}],
      [['sandbox', 'start', '--dir', join(full, 'sandbox')], {}],
      [['sandbox', 'run', '--', 'true'], {}],
      [['trust', 'init', '--from', sandbox().files.trustedRoot], { XDG_DATA_HOME: full }],
      [['-bsau', 'x'], { SIGNET_LOG_PATH: join(full, 'log') }],
    ];
    for (const [args, more] of cases) {
      const ran = await one.signet(at, args, { env: { ...env, ...more }, input: PAYLOAD });
      expect([args, ran.exit, ran.out]).toEqual([args, 2, '']);
      expect(ran.err).toContain(words);
      expect(ran.err).toContain(full);
      expect(ran.err).not.toMatch(/internal error|needs a login|logging in/);
    }
  });
});
