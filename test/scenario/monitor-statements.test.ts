/** A person reads the logs on a machine without a ledger: statements in a named repository are known there, and others are told. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Machine, useMachines } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const newMachine = useMachines(sandbox);

/** One run without a ledger and without state: which kinds of entries it tells. */
async function kindsTold(machine: Machine, ...args: readonly string[]) {
  const state = join(machine.home, 'fresh');
  const trust = ['--trusted-root', sandbox().files.trustedRoot];
  const who = ['--identity', 'alice@example.test', '--state', state, '--format', 'jsonl'];
  const { exit, out, err } = await machine.signet(machine.home, [
    'monitor',
    ...trust,
    ...who,
    ...args,
  ]);
  rmSync(state, { recursive: true, force: true });
  const lines = out.split('\n').filter((line) => line !== '');
  const kinds = lines.map((line): string => JSON.parse(line).entry.kind).toSorted();
  return { exit, kinds, err };
}

/** Signs a commit, a statement about it and an approval, in one of the logs. */
async function signAll(machine: Machine, at: string, rekorVersion: 1 | 2): Promise<void> {
  const env = { ...sandbox().environment({ rekorVersion }) };
  const predicate = join(machine.home, 'predicate.json');
  writeFileSync(predicate, JSON.stringify({ result: 'PASSED', configuration: [] }));
  const committed = await machine.git(at, ['commit', '-q', '--allow-empty', '-m', 'change'], env);
  expect(committed.exit, committed.err).toBe(0);
  await machine.must(at, 'branch', '-f', 'base', 'HEAD');
  const next = await machine.git(at, ['commit', '-q', '--allow-empty', '-m', 'more'], env);
  expect(next.exit, next.err).toBe(0);
  const trust = ['--trusted-root', sandbox().files.trustedRoot];
  for (const words of [
    ['attest', '--type', 'test-result', '--predicate', predicate, '--notes'],
    ['approve', ...trust, 'HEAD', '--for', 'refs/heads/base'],
  ]) {
    const { exit, err } = await machine.signet(at, words, { env });
    expect(exit, err).toBe(0);
  }
}

it('is silent about statements of a named repository in both logs, and tells those of another (M20)', {
  timeout: 180_000,
}, async () => {
  const machine = await newMachine();
  const [named, other] = [await machine.repository('named'), await machine.repository('other')];
  await signAll(machine, named, 1);
  await signAll(machine, named, 2);
  const state = machine.env['XDG_STATE_HOME'] ?? join(machine.home, '.local', 'state');
  const forget = () => rmSync(join(state, 'git-signet', 'ledger.jsonl'));
  forget();
  const v1 = ['dsse 0.0.1', 'dsse 0.0.1', 'hashedrekord 0.0.1', 'hashedrekord 0.0.1'];
  const v2 = Array.from({ length: 4 }, () => 'hashedrekord 0.0.2');
  for (const way of [[], ['--scan']]) {
    const all = await kindsTold(machine, ...way);
    expect([all.exit, all.kinds], all.err).toEqual([6, [...v1, ...v2]]);
    const quiet = await kindsTold(machine, '--repository', named, ...way);
    expect([quiet.exit, quiet.kinds], quiet.err).toEqual([0, []]);
  }
  await signAll(machine, other, 1);
  forget();
  for (const way of [[], ['--scan']]) {
    const told = await kindsTold(machine, '--repository', named, ...way);
    expect([told.exit, told.kinds], told.err).toEqual([6, v1]);
  }
});
