/** What was verified once stays verified, for this user, this trust root and this build. The policy is judged anew each time. */

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';
import { whileLocked } from '../support/store/locked.ts';
import { type Answered, signer, signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const COMMITS = 6;

/** A base and six commits by alice, of which one is unsigned. */
async function history() {
  const repository = scratchRepository('proof-store');
  const make = signer(repository, sandbox());
  let tip = await make.commit({ subject: 'base' });
  repository.must('update-ref', 'refs/heads/base', tip);
  for (let number = 1; number < COMMITS; number += 1)
    tip = await make.commit({ parents: [tip], subject: `change ${number}` });
  tip = await make.commit({ parents: [make.unsigned({ parents: [tip] })], subject: 'the tip' });
  repository.must('update-ref', 'refs/heads/main', tip);
  const cache = join(repository.home, 'cache');
  const env = { ...repository.env, XDG_CACHE_HOME: cache };
  const here = { ...repository, env };
  const verify = (...args: readonly string[]): Promise<Answered> =>
    signetProcess(here, ['verify', '--offline', ...args, 'base..main']);
  return { here, make, verify, store: join(cache, 'git-signet/store/proofs.db') };
}

const reused = ({ out }: Answered): number | undefined =>
  (JSON.parse(out) as { readonly store?: { readonly reused: number } }).store?.reused;

/** The report without how much came from the store. */
const withoutStore = ({ out }: Answered): object => {
  const { store: _, ...rest } = JSON.parse(out) as Record<string, unknown>;
  return rest;
};

const set = ({ must }: ScratchRepository, scope: string, value: string): void =>
  void must('config', scope, 'signet.store', value);

describe('the proof store', () => {
  it('changes no verdict, and the report says how much came from it', async () => {
    const { make, verify, here } = await history();
    const allow = [...make.allow(), '--format', 'json'];
    const without = await verify(...allow, '--no-store');
    const first = await verify(...allow);
    const second = await verify(...allow);
    expect([without.exit, first.exit, second.exit]).toEqual([5, 5, 5]);
    expect(first.out).toBe(without.out);
    expect(withoutStore(second)).toEqual(withoutStore(without));
    // the tip is judged anew each time, and an unsigned commit has no proof
    expect([reused(without), reused(first), reused(second)]).toEqual([
      undefined,
      undefined,
      COMMITS - 1,
    ]);
    const text = await verify(...make.allow());
    expect(text.out).toContain('5 proofs verified before');
    const status = await signetProcess(here, ['store', 'status']);
    expect(status.out).toContain('proofs: 6 commits');
  });

  it('keeps no word of a policy: another policy judges the same evidence anew (H9)', async () => {
    const { make, verify } = await history();
    await verify(...make.allow());
    const other = make.allow().map((word) => word.replace('alice@', 'mallory@'));
    const judged = await verify(...other, '--format', 'json');
    expect(judged.exit).toBe(6);
    expect(reused(judged)).toBe(COMMITS - 1);
    const clean = await verify(...other, '--format', 'json', '--no-store');
    expect(withoutStore(judged)).toEqual(withoutStore(clean));
  });

  it('answers nothing under other checks (H5)', async () => {
    const { make, verify } = await history();
    const allow = [...make.allow(), '--format', 'json'];
    await verify(...allow, '--insecure-ignore-sct');
    expect(reused(await verify(...allow))).toBeUndefined();
    expect(reused(await verify(...allow, '--insecure-ignore-sct'))).toBe(COMMITS - 1);
  });

  it('is removed with its key by git signet store clear, and pruned by prune', async () => {
    const { make, verify, here, store } = await history();
    await verify(...make.allow());
    const pruned = await signetProcess(here, ['store', 'prune']);
    expect([pruned.exit, pruned.talk]).toEqual([0, '']);
    expect(reused(await verify(...make.allow(), '--format', 'json'))).toBe(COMMITS - 1);
    expect((await signetProcess(here, ['store', 'clear'])).exit).toBe(0);
    expect(existsSync(store)).toBe(false);
    expect((await signetProcess(here, ['store', 'status'])).out).toContain('(none yet)');
  });
});

it('a folder in place of the key or of the file is named, and stays', async () => {
  const { make, verify, here, store } = await history();
  const key = join(here.home, 'git-signet/store.key');
  for (const path of [store, key]) {
    rmSync(path, { force: true });
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'mine'), '');
    const judged = await verify(...make.allow());
    expect([judged.exit, judged.out.includes('proofs verified')]).toEqual([5, false]);
    const cleared = await signetProcess(here, ['store', 'clear']);
    expect(cleared.exit).toBe(2);
    expect(cleared.talk).toContain(path);
    expect(existsSync(join(path, 'mine'))).toBe(true);
    rmSync(path, { recursive: true });
  }
});

it.each(['all', 'writers'] as const)(
  'a store that another process locks for %s changes no verdict, and one line says so (H11)',
  async (whom) => {
    const { make, verify, store } = await history();
    const allow = [...make.allow(), '--format', 'json'];
    const without = await verify(...allow, '--no-store');
    await verify(...allow);
    const during = await whileLocked(store, whom, () => verify(...allow));
    expect(during.exit).toBe(without.exit);
    expect(withoutStore(during)).toEqual(withoutStore(without));
    expect(reused(during)).toBe(whom === 'all' ? undefined : COMMITS - 1);
    const said = during.talk.split('\n').filter((line) => line.includes('proof store'));
    expect(said).toEqual([expect.stringContaining('another process has locked it')]);
    const after = await verify(...allow);
    expect(reused(after)).toBe(COMMITS - 1);
    expect(after.talk).not.toContain('proof store');
  },
);

describe('the proof store is off in CI, and no repository turns it on (H10)', () => {
  it('a job in CI makes none, and uses none', async () => {
    const { make, here, verify, store } = await history();
    const job = { ...here, env: { ...here.env, CI: 'true' } };
    const args = ['verify', '--offline', '--format', 'json', ...make.allow(), 'base..main'];
    await signetProcess(job, args);
    expect(existsSync(store)).toBe(false);
    await verify(...make.allow());
    expect(reused(await signetProcess(job, args))).toBeUndefined();
    const status = await signetProcess(job, ['store', 'status']);
    expect(status.out).toMatch(/uses it here: no \(.*SIGNET_STORE=on.*\)$/m);
    set(here, '--local', 'on');
    const told = await signetProcess(job, args);
    expect(reused(told)).toBeUndefined();
    expect(told.talk).toContain('ignored what this repository sets: signet.store');
    set(here, '--global', 'on');
    expect(reused(await signetProcess(job, args))).toBe(COMMITS - 1);
  });

  it('a repository may turn it off', async () => {
    const { make, here, verify, store } = await history();
    set(here, '--local', 'off');
    await verify(...make.allow());
    expect(existsSync(store)).toBe(false);
    const status = await signetProcess(here, ['store', 'status']);
    expect(status.out).toContain('uses it here: no (signet.store is off)');
  });
});
