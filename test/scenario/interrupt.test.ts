/** Ctrl-C in a long `verify`: the exit code that shells expect, and nothing unfinished that looks finished. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';

/** Commits in a row, unsigned: many, and made in a moment. */
function history(count: number) {
  const repository = scratchRepository('interrupt');
  const person = 'Alice <alice@example.test> 1700000000 +0000';
  const lines = Array.from({ length: count }, (_, i) => {
    return `commit refs/heads/main\ncommitter ${person}\ndata ${String(i).length}\n${i}\n`;
  });
  repository.gitWith({ input: Buffer.from(lines.join('')) }, 'fast-import', '--quiet');
  return repository;
}

it('an interrupted report ends with 130 and is no whole document (S12)', async () => {
  const { path, env } = history(6000);
  const args = ['verify', '--unsafe-any-identity', '--format', 'json', 'main~5999..main'];
  const child = spawn(programUnderTest(), args, { cwd: path, env });
  let [out, talk] = ['', ''];
  child.stderr.on('data', (chunk) => {
    talk += chunk;
  });
  const closed = once(child, 'close');
  // it writes its report from here on, and waits for its reader
  await once(child.stdout, 'readable');
  child.kill('SIGINT');
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const [code] = await closed;
  expect(code, talk).toBe(130);
  expect(talk).toContain('interrupted, so nothing is decided');
  expect(() => JSON.parse(out)).toThrow();
});
