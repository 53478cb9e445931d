/** Breaks the policy's judgement in one place after another. The second model must find each fault. */

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POLICY_MUTANTS, type PolicyMutant } from '../support/policy-model/mutants.ts';
import { WORLD_MUTANTS } from '../support/policy-model/world-mutants.ts';
import { DEEP, sampled } from '../support/sample.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Cases for each fault. Most are found within a hundred. */
const CASES = 12_000;
const run = promisify(execFile);
let copy = '';

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'policy-mutants-'));
  for (const part of [
    'src',
    'schema',
    'package.json',
    'test/support/policy-model',
    'test/support/forge',
  ]) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Cases with pull requests for each fault. */
const WORLDS = 6000;

async function firstDifference(count: number, ...kind: readonly 'worlds'[]): Promise<string> {
  const script = join(copy, 'test/support/policy-model/run.ts');
  const words = ['--no-warnings', script, '1', String(count), ...kind];
  // all files but one are those of the run before
  const env = { ...process.env, NODE_COMPILE_CACHE: join(copy, 'compiled') };
  const { stdout } = await run(process.execPath, words, { env });
  return stdout.trim();
}

describe('each fault of the policy’s judgement is found by the second model', () => {
  it('the sound source differs from the model in none of the cases', {
    timeout: 240_000,
  }, async () => {
    // policy-model.test.ts runs more of them
    expect(await firstDifference(DEEP ? CASES : 500)).toBe('none');
  });

  const finds = async ({ file, from, to }: PolicyMutant, ...kind: readonly 'worlds'[]) => {
    const path = join(copy, file);
    const sound = readFileSync(path, 'utf8');
    expect(sound.split(from).length, `${from} stands once in ${file}`).toBe(2);
    writeFileSync(
      path,
      sound.replace(from, () => to),
    );
    try {
      expect(await firstDifference(kind.length === 0 ? CASES : WORLDS, ...kind)).toMatch(/^\d+$/);
    } finally {
      writeFileSync(path, sound);
    }
  };

  it.each(sampled(POLICY_MUTANTS))('$name', { timeout: 240_000 }, (mutant) => finds(mutant));

  it.each(sampled(WORLD_MUTANTS))(
    '$name, in histories with pull requests',
    {
      timeout: 240_000,
    },
    (mutant) => finds(mutant, 'worlds'),
  );
});
