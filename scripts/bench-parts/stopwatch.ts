/**
 * Runs programs and prints how long each took: a line of JSON in, a line out. It is a separate process on Bun, because a
 * large process needs a millisecond more to start a child, and that time is the measurer's, not the child's. Streams are
 * files, because pipes would add the reader's time, unless they are to be what git gives.
 */

import { readFileSync } from 'node:fs';
import type { Lap, Started } from './measure.ts';

interface BunRuntime {
  readonly file: (path: string) => unknown;
  readonly spawnSync: (
    command: readonly string[],
    options: object,
  ) => { readonly exitCode: number; readonly resourceUsage: Usage };
  readonly spawn: (
    command: readonly string[],
    options: object,
  ) => {
    readonly exited: Promise<number>;
    readonly stdout: ReadableStream;
    readonly stderr: ReadableStream;
    readonly resourceUsage: () => Usage;
  };
}

/** Microseconds of a child and of the children that it waited for. */
interface Usage {
  readonly cpuTime: { readonly total: bigint };
}
const { Bun: bun } = globalThis as unknown as { readonly Bun: BunRuntime };

const processorOf = ({ cpuTime }: Usage): number => Number(cpuTime.total) / 1000;

function lap({ command, env, cwd, input }: Started): Lap {
  const stdin = bun.file(input);
  const start = performance.now();
  const { exitCode, resourceUsage } = bun.spawnSync(command, {
    env,
    cwd,
    stdin,
    stdout: 'ignore',
    stderr: 'ignore',
  });
  const milliseconds = performance.now() - start;
  return { milliseconds, processor: processorOf(resourceUsage), exitCode };
}

/** Does the same with pipes, as git starts its programs. */
async function pipedLap({ command, env, cwd, input }: Started): Promise<Lap> {
  const stdin = new Uint8Array(readFileSync(input));
  const start = performance.now();
  const pipes = { stdin, stdout: 'pipe', stderr: 'pipe' };
  const child = bun.spawn(command, { env, cwd, ...pipes });
  const texts = [child.stdout, child.stderr].map((stream) => new Response(stream).text());
  const [exitCode] = await Promise.all([child.exited, ...texts]);
  const milliseconds = performance.now() - start;
  return { milliseconds, processor: processorOf(child.resourceUsage()), exitCode };
}

let rest = '';
let last: Promise<void> = Promise.resolve();

async function answer(line: string): Promise<void> {
  const started = JSON.parse(line) as Started;
  const taken = started.piped === true ? await pipedLap(started) : lap(started);
  process.stdout.write(`${JSON.stringify(taken)}\n`);
}

process.stdin.on('data', (chunk: Buffer) => {
  const lines = (rest + chunk.toString()).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) last = last.then(() => answer(line));
});
