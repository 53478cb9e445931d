/** What a verification by git loads on Bun, in a process without a terminal. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { writeSample } from '../../scripts/build-parts/sample.ts';
import { RUNTIMES } from '../support/runtimes.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const home = scratchDirectory('verify-loads');
const preload = join(home, 'preload.js');
writeFileSync(
  preload,
  `const load = process.getBuiltinModule;
process.getBuiltinModule = (name) => {
  if (/fs|path|tty/.test(name)) console.error('loads ' + name);
  return load(name);
};`,
);

function loadedBy(args: readonly string[], input: Uint8Array | string, env: object) {
  const ran = spawnSync(RUNTIMES.bun, ['--preload', preload, main, ...args], {
    ...{ cwd: home, input, encoding: 'utf8', timeout: 30_000 },
    // a session of its own has no controlling terminal
    ...{ detached: true, env: { ...env, GIT_CONFIG_NOSYSTEM: '1' } },
  } as const);
  return { status: ran.status, loads: ran.stderr.match(/^loads .*$/gm) ?? [], out: ran.stdout };
}

describe.runIf(process.platform === 'linux')('what git’s call loads on Bun', () => {
  const { args, input, env } = writeSample(home);

  it('a verification asks for no module of Node for files, paths or terminals', () => {
    const ran = loadedBy(args, input, env);
    expect([ran.status, ran.loads]).toEqual([0, []]);
    expect(ran.out).toContain('GOODSIG');
  });
  it('--version asks for none either', () => {
    const ran = loadedBy(['--version'], '', env);
    expect([ran.status, ran.loads]).toEqual([0, []]);
  });
  it('a signature that cannot be read is refused by node:fs', () => {
    const absent = args.map((arg) => (arg.endsWith('/signature') ? `${home}/absent` : arg));
    const ran = loadedBy(absent, input, env);
    expect(ran.status).toBe(2);
    expect(ran.loads).toContain('loads node:fs');
  });
});
