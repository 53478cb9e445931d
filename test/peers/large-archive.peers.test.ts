/** A release of 80,000 files, as `git archive` packs it: how long, how much memory, and one byte of one file changed. */

import { createReadStream, createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { run, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';
import { signer } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const FILES = 80_000;

/** Directories of forty files; up to 7 KiB each. */
function* fastImport(): Generator<string> {
  const line = 'static int function_of_some_name(struct thing *thing, unsigned int flags);\n';
  yield 'commit refs/heads/main\ncommitter A <a@x> 1700000000 +0000\ndata 1\nx\n';
  for (let i = 0; i < FILES; i += 1) {
    const text = `/* file ${i} */\n${line.repeat(1 + ((i * 37) % 100))}`;
    const name = `dir${i % 40}/sub${Math.floor(i / 40) % 50}/file${i}.c`;
    yield `M 100644 inline ${name}\ndata ${text.length}\n${text}\n`;
  }
}

it.skipIf(!haveTools('time'))(
  'holds exactly the tree, or names the file',
  async ({ skip }) => {
    // more than a minute of two cores, in the way of everything else
    if (process.env['GIT_SIGNET_LARGE'] !== 'yes')
      return skip('the large archive is checked in CI, or with GIT_SIGNET_LARGE=yes');
    const repository = scratchRepository('large-archive');
    const { path, env, must } = repository;
    const stream = join(repository.home, 'stream');
    await pipeline(fastImport(), createWriteStream(stream));
    const shell = { cwd: path, env: { ...env } };
    run('sh', ['-c', `git fast-import --quiet < '${stream}'`], shell);
    const make = signer(repository, sandbox());
    const commit = await make.commit({ tree: must('rev-parse', 'main^{tree}') });
    must('update-ref', 'refs/tags/v1', await make.tag(commit, 'commit', 'v1'));
    must('archive', '--prefix=app-1/', '-o', 'a.tar.gz', 'v1');
    must('archive', '--prefix=app-1/', '-o', 'a.zip', 'v1');
    const check = (file: string) => {
      const args = ['verify-archive', ...make.allow(), '--offline', 'v1', file];
      const ran = run('time', ['-f', '%M %U %e', programUnderTest(), ...args], shell);
      const [peak = 0, cpu, wall] = (ran.err.trim().split('\n').at(-1) ?? '')
        .split(' ')
        .map(Number);
      const said = `${cpu} s of processor, ${wall} s, peak ${(peak / 1024).toFixed(0)} MiB`;
      console.warn(`verify-archive, ${FILES} files, ${file}: ${said}`);
      return ran;
    };
    for (const file of ['a.tar.gz', 'a.zip']) {
      const ran = check(file);
      expect(ran.exit, ran.out + ran.err).toBe(0);
      expect(ran.out).toContain('exactly the tree');
    }
    await pipeline(
      createReadStream(join(path, 'a.tar.gz')),
      createGunzip(),
      createWriteStream(join(path, 'b.tar')),
    );
    const bytes = readFileSync(join(path, 'b.tar'));
    bytes[bytes.indexOf('/* file 54321 */') + 4] = 'F'.charCodeAt(0);
    writeFileSync(join(path, 'b.tar'), bytes);
    await pipeline(
      createReadStream(join(path, 'b.tar')),
      createGzip({ level: 1 }),
      createWriteStream(join(path, 'b.tar.gz')),
    );
    const tampered = check('b.tar.gz');
    expect(tampered.exit).toBe(1);
    expect(tampered.out).toContain('file54321.c: content differs from the signed tree');
  },
  900_000,
);
