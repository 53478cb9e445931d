import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './support/closing-line.ts';
import { leftOut } from './support/left-to-ci.ts';

/** Parts that are tried with a process: git, a helper of ours, a server. */
const PROCESS = 'test/**/*.process.test.ts';

const left = [...leftOut(process.argv.slice(2))];

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * unit: one file a source file, nothing but memory, loopback and scratch directories. process: the same, with a process that
 * the part starts. scenario: the built program and real git, one story a file. peers: programs we did not write; each file says so and skips where its peer is absent.
 */
export default defineConfig({
  root,
  test: {
    // V8 of Node 18 to 24 loses count of its code pages where processors have protection keys and threads come and go
    // (nodejs/node#64500): the whole process then aborts
    execArgv: ['--no-memory-protection-keys'],
    // half of what takes long waits: for deadlines, children, a browser
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    reporters: [['default', { summary: false }], new ClosingLine()],
    projects: [
      {
        root,
        test: {
          name: 'unit',
          // a process of its own for each of a hundred small files costs as much as the tests in them
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: ['test/scenario/**', 'test/peers/**', 'test/stack/**', PROCESS],
          setupFiles: ['test/support/no-process.ts'],
          // properties and mutations run long on a machine that does other things too
          testTimeout: 30_000,
        },
      },
      {
        root,
        test: {
          name: 'process',
          isolate: false,
          include: [PROCESS],
          testTimeout: 60_000,
        },
      },
      {
        root,
        test: {
          name: 'scenario',
          // each file would import the sandbox and the program anew, which takes longer than the tests of a small story
          isolate: false,
          include: ['test/scenario/**/*.test.ts'],
          exclude: left,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        root,
        test: {
          name: 'peers',
          include: ['test/peers/**/*.test.ts'],
          exclude: left,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
