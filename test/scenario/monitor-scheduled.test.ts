/** The scheduled jobs of docs/monitor.md, run as they stand there: state travels, and only the secret makes it count. */

import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runMeanwhile } from '../support/git-repository.ts';
import { type Machine, useMachines } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT } from '../support/signing.ts';

const sandbox = useSandbox();
const newMachine = useMachines(sandbox);
const page = readFileSync(fileURLToPath(new URL('../../docs/monitor.md', import.meta.url)), 'utf8');

interface Job {
  readonly on?: { readonly schedule: unknown };
  readonly jobs?: { readonly monitor: { readonly if: string; readonly steps: readonly Step[] } };
  readonly monitor?: {
    readonly script: readonly string[];
    readonly rules: readonly { if: string }[];
  };
}
interface Step {
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const [github, gitlab] = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
  ([, text = '']) => parse(text) as Job,
);
const steps = github?.jobs?.monitor.steps ?? [];
const scripts = {
  GitHub: steps.map(({ run }) => run ?? '').join(''),
  GitLab: (gitlab?.monitor?.script ?? []).join('\n'),
};
const KEY = '8c1f'.repeat(16);

/** A checkout of a project whose policy names alice, on a machine that has never signed. */
async function checkout(machine: Machine): Promise<string> {
  const work = await machine.repository('work');
  const policy = `version: 1\nsigners:\n  - name: alice\n    identity: alice@example.test\n    issuer: ${sandbox().urls.issuer}\n`;
  writeFileSync(join(work, '.signet.yaml'), policy);
  await machine.must(
    machine.home,
    'config',
    '--global',
    'signet.trust',
    sandbox().files.trustedRoot,
  );
  symlinkSync(programUnderTest(), join(machine.directory('bin'), 'git-signet'));
  return work;
}

describe.each(Object.entries(scripts))('the scheduled job on %s', (_forge, script) => {
  it('is silent, then fails for a signature that the repository does not hold, and takes no forged state (M14)', {
    timeout: 120_000,
  }, async () => {
    const machine = await newMachine();
    const work = await checkout(machine);
    const { SIGNET_TRUST: _, ...own } = machine.env;
    const run = (more: Readonly<Record<string, string>>) =>
      runMeanwhile('/bin/sh', ['-e', '-c', script], {
        cwd: work,
        env: { ...own, PATH: `${machine.home}/bin:${own['PATH']}`, INIT: 'false', ...more },
      });
    const secret = { SIGNET_MONITOR_KEY: KEY };
    expect((await run({ INIT: 'true', SIGNET_MONITOR_KEY: '' })).exit).toBe(1);
    expect((await run(secret)).exit, 'no state yet').toBe(1);
    const first = await run({ ...secret, INIT: 'true' });
    expect([first.exit, first.out], first.err).toEqual([0, '']);
    // a signature that this repository holds
    const made = await machine.git(work, ['commit', '-q', '--allow-empty', '-m', 'mine']);
    expect(made.exit, made.err).toBe(0);
    rmSync(join(own['XDG_STATE_HOME'] ?? '', 'git-signet', 'ledger.jsonl'));
    const quiet = await run(secret);
    expect([quiet.exit, quiet.out], quiet.err).toEqual([0, '']);
    cpSync(join(work, '.monitor'), join(machine.home, 'kept'), { recursive: true });
    await sandbox().issueSignature(COMMIT, { rekor: 2 });
    const alarm = await run(secret);
    expect(alarm.exit, alarm.err).toBe(6);
    expect(alarm.out).toContain('a signature as alice@example.test');
    expect((await run(secret)).exit).toBe(0);

    // older state only tells again
    rmSync(join(work, '.monitor'), { recursive: true });
    cpSync(join(machine.home, 'kept'), join(work, '.monitor'), { recursive: true });
    expect((await run(secret)).exit).toBe(6);
    const other = await run({ SIGNET_MONITOR_KEY: KEY.replaceAll('8', '9') });
    expect([other.exit, other.err]).toEqual([2, expect.stringContaining('SIGNET_MONITOR_KEY')]);
    for (const name of readdirSync(join(work, '.monitor')))
      if (name.endsWith('.json')) appendFileSync(join(work, '.monitor', name), ' ');
    expect((await run(secret)).exit).toBe(2);
  });
});

describe('the scheduled jobs', () => {
  it('run on the default branch only, and give the secret to one step', () => {
    expect(github?.on?.schedule).toBeDefined();
    expect(github?.jobs?.monitor.if).toContain('github.event.repository.default_branch');
    expect(gitlab?.monitor?.rules[0]?.if).toContain('$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH');
    const secrets = steps.filter(({ env }) => JSON.stringify(env ?? {}).includes('secrets.'));
    expect(secrets).toHaveLength(1);
    expect(secrets[0]?.run).toContain('git signet monitor');
  });
});
