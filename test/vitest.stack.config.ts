import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './support/closing-line.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What is tried on real servers (scripts/test-stack), which take minutes to build: not part of the usual run. One file at
 * a time, because some of them stop a server.
 */
export default defineConfig({
  root,
  test: {
    name: 'stack',
    root,
    include: ['test/stack/**/*.test.ts'],
    execArgv: ['--no-memory-protection-keys'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: [['default', { summary: false }], new ClosingLine()],
  },
});
