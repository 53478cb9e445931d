/**
 * python-tuf's tests of its update client, with ours in its place: how roots rotate, who must have signed, what is a
 * rollback, a freeze, or of the wrong length. Its tests of delegations, of targets by any name and of its Python
 * interface are not run: our client has none of these.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { say } from './cache.ts';
import { TUF_FAILURES } from './expected.ts';
import type { Outcome, TestResult } from './outcome.ts';
import { tufSource } from './tuf-source.ts';

const MODULES = [
  'test_updater_consistent_snapshot',
  'test_updater_key_rotations',
  'test_updater_top_level_update',
];
const TRUSTED_ROOT = resolve(
  import.meta.dirname,
  '../../test/vectors/gitsign/trust/trusted_root.json',
);

/** Runs them; `only` names modules. @throws Unavailable */
export async function runTufSuite(only: readonly string[]): Promise<Outcome> {
  const { version, python, source } = tufSource();
  const since = performance.now();
  const modules = MODULES.filter((name) => only.length === 0 || only.includes(name));
  const work = mkdtempSync(join(tmpdir(), 'tuf-suite-'));
  say(`running ${modules.length} modules of python-tuf ${version} ...`);
  try {
    const client = join(import.meta.dirname, 'tuf-client.ts');
    const script = join(import.meta.dirname, 'tuf_suite.py');
    const args = ['-B', script, source, process.execPath, client, TRUSTED_ROOT, ...modules];
    const { status, stdout, stderr } = spawnSync(python, args, {
      encoding: 'utf8',
      timeout: 10 * 60_000,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, TMPDIR: work },
    });
    const lines = stdout.split('\n').filter((line) => line !== '');
    const results: TestResult[] = lines.map((line) => JSON.parse(line) as TestResult);
    if (status !== 0) {
      const log = stderr.slice(-2000);
      results.push({ file: 'tuf_suite.py', name: 'runs to its end', state: 'failed', log });
    }
    const expected = TUF_FAILURES.filter(({ file }) => modules.includes(file));
    const seconds = (performance.now() - since) / 1000;
    return { title: `python-tuf ${version}`, results, expected, seconds };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
