import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { readBlob } from '../../src/git/blob.ts';
import { openRepository } from '../../src/git/repository.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { scratchRepository } from '../support/git-repository.ts';
import { findProgram } from '../support/tools.ts';
import { signet } from '../support/verify-scenario.ts';

/** A partial clone whose remote is a program, and a git that does not know how to be told not to fetch. */
function promised(name: string) {
  const repository = scratchRepository(name);
  const { path, home, must, gitWith, env } = repository;
  const mark = join(home, 'ran');
  const blob = gitWith({ input: Buffer.from('version: 1\n') }, 'hash-object', '-w', '--stdin');
  const id = blob.out.trim();
  const line = Buffer.from(`100644 blob ${id}\t.signet.yaml\n`);
  const tree = gitWith({ input: line }, 'mktree').out.trim();
  must('update-ref', 'HEAD', must('commit-tree', tree, '-m', 'x'));
  rmSync(join(path, '.git/objects', id.slice(0, 2), id.slice(2)));
  must('config', 'core.repositoryFormatVersion', '1');
  must('config', 'extensions.partialClone', 'origin');
  must('config', 'remote.origin.url', `ext::touch ${mark}`);
  must('config', 'remote.origin.promisor', 'true');
  must('config', 'protocol.ext.allow', 'always');
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const git = findProgram('git', env) ?? '';
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec '${git}' "$@"\n`);
  chmodSync(join(bin, 'git'), 0o755);
  const old = { ...env, PATH: `${bin}${delimiter}${env['PATH']}` };
  return { ...repository, mark, id, old };
}

it('a promised blob is not fetched by a program that the clone names (I12)', async () => {
  const { path, mark, old, id, gitWith } = promised('promisor');
  const file = { revision: 'HEAD', path: '.signet.yaml' };
  await expect(readBlob(file, { cwd: path, env: old }, nodeCrypto)).rejects.toThrow(id);
  const repository = await openRepository(path, old);
  // git answers that it is missing, or ends before it answers
  await expect(repository.objects.get(id, 'blob')).rejects.toBeInstanceOf(UsageError);
  repository.objects.close();
  for (const args of [
    ['verify', '--policy-from', 'HEAD', 'HEAD'],
    ['policy', 'check', 'HEAD:.signet.yaml'],
  ]) {
    const answered = await signet({ path, env: old }, args);
    expect(answered.exit, answered.talk).toBe(2);
  }
  expect(existsSync(mark)).toBe(false);
  // the trap is set: git itself runs it
  gitWith({ env: { PATH: old.PATH } }, 'cat-file', 'blob', id);
  expect(existsSync(mark)).toBe(true);
});
