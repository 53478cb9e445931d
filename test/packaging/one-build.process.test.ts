import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { scratchDirectory } from '../support/sandbox.ts';

const MODULE = new URL('../../scripts/build-parts/one-build.ts', import.meta.url);
const PROGRAM = `import { takeTurn } from '${MODULE}';
takeTurn(process.argv[1], () => process.stdout.write('waits '));
process.stdout.write('builds');
process.stdin.resume();`;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that takes its turn, and builds until its input ends. */
function builder(path: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return { child, said: () => said };
}

it.each([
  ['ends', (child: ChildProcess) => child.stdin?.end()],
  ['is killed', (child: ChildProcess) => child.kill('SIGKILL')],
])('a second build in a folder waits until the first one %s', async (_name, end) => {
  const path = join(scratchDirectory('one-build'), 'dist', 'build.lock');
  const first = builder(path);
  await expect.poll(first.said, { timeout: 20_000 }).toBe('builds');
  const second = builder(path);
  await expect.poll(second.said, { timeout: 20_000 }).toBe('waits ');
  const ended = once(first.child, 'exit');
  end(first.child);
  await ended;
  await expect.poll(second.said, { timeout: 20_000 }).toBe('waits builds');
});
