/**
 * For the unit tests: a process that one of them starts is an error. What needs a process says so by its file's
 * name: it ends with `.process.test` and the usual ending. The laws about the tree may ask git for the names of its files.
 */

import child from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

const STARTERS = [
  'spawn',
  'spawnSync',
  'exec',
  'execSync',
  'execFile',
  'execFileSync',
  'fork',
] as const;

// this file runs again before each test file. A test may have put a git of its own in front of the guard by then
const GUARDED = Symbol.for('git-signet: no process');
const starters = Reflect.get(child, GUARDED) === true ? [] : STARTERS;
Reflect.set(child, GUARDED, true);

for (const name of starters) {
  const start = child[name] as (...words: readonly unknown[]) => unknown;
  Object.assign(child, {
    [name]: (program: unknown, args: unknown, ...more: readonly unknown[]) => {
      if (program === 'git' && Array.isArray(args) && args[0] === 'ls-files')
        return start(program, args, ...more);
      throw new Error(`a unit test starts a process: ${name}(${String(program)})`);
    },
  });
}
syncBuiltinESMExports();
