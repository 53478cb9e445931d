/**
 * What a signature leaves in the log: one entry for each that git gets, and none where something failed that could be
 * known before the log was asked. In place and by the agent, for both kinds of log and both forms.
 */

import { describe, expect, it } from 'vitest';
import type { Intercept } from '../../src/sandbox/index.ts';
import { runMeanwhile } from '../support/git-repository.ts';
import { countLogins, type Machine, useMachine } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
let machine: Machine;
let work = '';
useMachine(sandbox, (made, at) => {
  machine = made;
  work = at;
});

type Environment = Readonly<Record<string, string>>;

/** Entries in Rekor v1 and v2. */
const entries = (): readonly number[] => [
  sandbox().parts.rekor.tree.size,
  sandbox().parts.rekorV2.tree.size,
];
const PAYLOAD = `tree ${'0'.repeat(40)}\nauthor A <a@x.test> 1 +0000\ncommitter A <a@x.test> 1 +0000\n\nx\n`;
const down: Intercept = (service) => (service === 'tsa' ? { status: 503 } : undefined);
const commit = (env: Environment) =>
  machine.git(work, ['commit', '-q', '--allow-empty', '-m', 'subject'], env);

const FORMS: Readonly<Record<string, () => Environment>> = {
  'Rekor v1': () => ({ SIGNET_TIMESTAMP: 'always' }),
  'Rekor v1, rekorMode = online': () => ({
    SIGNET_TIMESTAMP: 'always',
    SIGNET_REKOR_MODE: 'online',
  }),
  'Rekor v2': () => sandbox().environment({ rekorVersion: 2 }),
};
const PLACES = { 'by the agent': { SIGNET_AGENT: 'yes' }, 'in place': { SIGNET_AGENT: 'no' } };
const ways = Object.entries(PLACES).flatMap(([place, agent]) =>
  Object.entries(FORMS).map(([form, settings]) => ({ place, form, agent, settings })),
);

describe('publication', () => {
  it.each(ways)(
    '$form, $place: three attempts without a timestamp authority leave no entry, the next one leaves one (R21)',
    async ({ form, agent, settings }) => {
      const env = { ...settings(), ...agent };
      const before = entries();
      sandbox().intercept(down);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect((await commit(env)).exit).not.toBe(0);
        expect(entries()).toEqual(before);
      }
      sandbox().intercept(undefined);
      const made = await commit(env);
      expect(made.exit, made.err).toBe(0);
      const verified = await machine.git(work, ['verify-commit', 'HEAD'], env);
      expect(verified.exit, verified.err).toBe(0);
      const [one = 0, two = 0] = before;
      expect(entries()).toEqual(form === 'Rekor v2' ? [one, two + 1] : [one + 1, two]);
    },
  );

  it('three commits in the online form by one agent cost one login and three entries (R21)', async () => {
    const [one = 0, two = 0] = entries();
    const logins = countLogins(sandbox());
    for (let round = 0; round < 3; round += 1) {
      const made = await commit({ SIGNET_REKOR_MODE: 'online' });
      expect(made.exit, made.err).toBe(0);
    }
    expect(logins.count().logins).toBe(1);
    expect(entries()).toEqual([one + 3, two]);
  });

  it.each([
    ['that is closed', '9>&-'],
    ['that is open for reading only', '9</dev/null'],
  ])(
    'a status descriptor %s is refused before anything is published (R21)',
    async (_name, nine) => {
      const before = entries();
      const asked = { ...sandbox().requests };
      const line = `"${programUnderTest()}" --status-fd=9 -bsau x ${nine}`;
      const ran = await runMeanwhile('sh', ['-c', line], {
        cwd: work,
        env: machine.env,
        input: Buffer.from(PAYLOAD),
      });
      expect([ran.exit, ran.out]).toEqual([2, '']);
      expect(ran.err).toContain('--status-fd 9 is not open for writing');
      expect(entries()).toEqual(before);
      expect(sandbox().requests).toEqual(asked);
    },
  );
});
