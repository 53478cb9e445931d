/** The proof store on a file system that is full, at each point of its work, or read-only. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchRepository } from '../support/git-repository.ts';
import { mountsHere, useMounts } from '../support/mounts.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signer, signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const mount = useMounts();
/** From no room for the first table to room for all, in KiB. */
const SIZES = [4, 32, 56, 80, 112, 256];

describe.skipIf(!mountsHere())('the proof store on a small disk', () => {
  it('changes no verdict and says at most one line, wherever the room ends (H8)', async () => {
    const repository = scratchRepository('full-disk-store');
    const make = signer(repository, sandbox());
    let tip = await make.commit({ subject: 'base' });
    repository.must('update-ref', 'refs/heads/base', tip);
    for (const subject of ['one', 'two', 'three'])
      tip = await make.commit({ parents: [tip], subject });
    repository.must('update-ref', 'refs/heads/main', tip);
    const verify = (cache: string, ...more: readonly string[]) => {
      const args = ['verify', '--offline', '--format', 'jsonl', ...make.allow(), ...more];
      const env = { ...repository.env, XDG_CACHE_HOME: cache };
      return signetProcess({ ...repository, env }, [...args, 'base..main']);
    };
    const without = await verify(repository.home, '--no-store');
    expect(without.exit).toBe(0);
    const said: string[] = [];
    for (const options of [...SIZES.map((size) => `size=${size}k`), 'size=64k,ro']) {
      const small = join(repository.home, options);
      mkdirSync(small);
      mount(options, small);
      for (let run = 0; run < 2; run += 1) {
        const { exit, out, talk } = await verify(small);
        expect([options, exit, out]).toEqual([options, 0, without.out]);
        const lines = talk
          .replace(without.talk, '')
          .split('\n')
          .filter((line) => line.includes('proof store'));
        expect(lines.length).toBeLessThan(2);
        said.push(...lines.map((line) => `${options}: ${line}`));
      }
    }
    expect(said).toContainEqual(
      expect.stringMatching(/^size=4k: .*the proof store is not used: .*full/),
    );
    expect(said).toContainEqual(
      expect.stringMatching(/^size=64k,ro: .*the proof store is not used/),
    );
    expect(said).not.toContainEqual(expect.stringMatching(/^size=256k/));
  });
});
