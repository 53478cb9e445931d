/** The proof store in hooks: off, until the owner of the hook turns it on. */

import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useGatedServer } from '../support/gated-server.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const { gated, trusted, home } = useGatedServer('hooks-store', sandbox);
type Gated = Awaited<ReturnType<typeof gated>>;

const storeOf = (folder: string): string => join(folder, 'git-signet', 'store', 'proofs.db');
const REUSED = '3 proofs verified before';

/** Three good commits and an unsigned tip, which every push of them is refused for. */
async function refusedTip({ make, tree, base }: Gated): Promise<string> {
  let tip = base;
  for (const subject of ['one', 'two', 'three'])
    tip = await make.commit({ tree, parents: [tip], subject });
  return make.unsigned({ tree, parents: [tip], subject: 'the tip' });
}

describe('the proof store in pre-receive', () => {
  it('is off, and the configuration of the served repository does not turn it on (H10)', async () => {
    const one = await gated('off');
    const tip = await refusedTip(one);
    const push = () => one.push(`${tip}:refs/heads/main`);
    const store = storeOf(home().home);
    rmSync(store, { force: true });
    expect((await push()).exit).not.toBe(0);
    home().must('-C', one.bare, 'config', 'signet.store', 'on');
    const told = await push();
    expect(told.err).toContain('ignored what this repository sets: signet.store');
    expect((await push()).err).not.toContain(REUSED);
    expect(existsSync(store)).toBe(false);
  });

  it('is on if the configuration of the server’s user says so, and no verdict changes (H10)', async () => {
    const one = await gated('on');
    const tip = await refusedTip(one);
    home().must('config', '--global', 'signet.store', 'on');
    try {
      const first = await one.push(`${tip}:refs/heads/main`);
      const second = await one.push(`${tip}:refs/heads/main`);
      expect([first.err.includes(REUSED), second.err.includes(REUSED)]).toEqual([false, true]);
      expect(existsSync(storeOf(home().home))).toBe(true);
      expect(second.err).toMatch(/remote: unsigned {4}\w{7} {2}–\s+the tip/);
      expect(one.refs()).toBe(`refs/heads/main ${one.base}`);
      const good = `${tip}~1`;
      const taken = await one.push(`${one.client.must('rev-parse', good)}:refs/heads/main`);
      expect(taken.exit, taken.err).toBe(0);
      expect(taken.err).toContain('2 proofs verified before');
    } finally {
      home().must('config', '--global', '--unset', 'signet.store');
    }
  });

  it('is on if the hook was installed with --store on (H10)', async () => {
    const one = await gated('option', ['--store', 'on']);
    const tip = await refusedTip(one);
    await one.push(`${tip}:refs/heads/main`);
    expect((await one.push(`${tip}:refs/heads/main`)).err).toContain(REUSED);
  });
});

describe('the proof store in pre-push', () => {
  it('is off for the user who pushes, in CI too, until the global configuration turns it on (H10)', async () => {
    const one = await gated('leaving');
    const { client } = one;
    const env = { PATH: `${dirname(programUnderTest())}:${process.env['PATH']}`, CI: 'true' };
    const here = { path: client.path, env: { ...client.env, ...env } };
    await signetProcess(here, ['hooks', 'install', '--', ...trusted()]);
    const tip = await refusedTip(one);
    const push = () => client.gitMeanwhile({ env }, 'push', 'origin', `${tip}:refs/heads/main`);
    const store = storeOf(client.home);
    expect((await push()).err).toContain('nothing was pushed');
    client.must('config', '--local', 'signet.store', 'on');
    expect((await push()).err).not.toContain(REUSED);
    expect(existsSync(store)).toBe(false);
    client.must('config', '--global', 'signet.store', 'on');
    await push();
    const again = await push();
    expect(again.err).toContain(REUSED);
    expect(again.err).toContain('nothing was pushed');
    expect(existsSync(store)).toBe(true);
  });
});
