/**
 * Runs programs and prints how long each took: a line of JSON in, a line out. It is a separate process on Bun, because a
 * large process needs a millisecond more to start a child, and that time is the measurer's, not the child's. Streams are
 * files, because pipes would add the reader's time.
 */

import type { Lap, Started } from './measure.ts';

interface BunRuntime {
  readonly file: (path: string) => unknown;
  readonly spawnSync: (
    command: readonly string[],
    options: object,
  ) => { readonly exitCode: number };
}
const { Bun: bun } = globalThis as unknown as { readonly Bun: BunRuntime };

function lap({ command, env, cwd, input }: Started): Lap {
  const stdin = bun.file(input);
  const start = performance.now();
  const { exitCode } = bun.spawnSync(command, {
    env,
    cwd,
    stdin,
    stdout: 'ignore',
    stderr: 'ignore',
  });
  return { milliseconds: performance.now() - start, exitCode };
}

let rest = '';
process.stdin.on('data', (chunk: Buffer) => {
  const lines = (rest + chunk.toString()).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    process.stdout.write(`${JSON.stringify(lap(JSON.parse(line) as Started))}\n`);
  }
});
