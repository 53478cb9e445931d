import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRepository } from '../../src/git/repository.ts';
import { alterations } from '../support/altered-store.ts';
import { scratchRepository } from '../support/git-repository.ts';
import { findProgram } from '../support/tools.ts';

describe.each(['sha1', 'sha256'] as const)('the object store (%s)', (format) => {
  const setUp = async () => {
    const scratch = scratchRepository(`store-${format}`, {}, format);
    const put = (text: string): string =>
      scratch.gitWith({ input: Buffer.from(text) }, 'hash-object', '-w', '--stdin').out.trim();
    const repository = await openRepository(scratch.path, scratch.env);
    return { ...scratch, ...alterations(scratch), put, objects: repository.objects };
  };

  it('the store answers concurrent callers in order', async () => {
    const { put, objects } = await setUp();
    const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`.repeat(index * 400));
    const ids = texts.map(put);
    const answers = await Promise.all([
      objects.read(ids),
      objects.read([]),
      objects.read(ids.toReversed()),
      ...ids.map((id) => objects.read([id])),
    ]);
    const said = answers.map((frames) =>
      frames.map((frame) => (frame.kind === 'object' ? Buffer.from(frame.raw).toString() : '')),
    );
    expect(said).toEqual([texts, [], texts.toReversed(), ...texts.map((text) => [text])]);
    objects.close();
    await expect(objects.read(ids)).rejects.toMatchObject({ code: 'GIT_FAILED' });
  });

  it('the store reports an object that is missing, of another type or altered, and goes on (P17)', async () => {
    const { put, objects, replace, must } = await setUp();
    const [one, two] = [put('one'), put('two')];
    const none = '1'.repeat(one.length);
    expect((await objects.read([one, none])).map(({ kind }) => kind)).toEqual([
      'object',
      'missing',
    ]);
    await expect(objects.get(none, 'blob')).rejects.toMatchObject({ code: 'NO_SUCH_OBJECT' });
    await expect(objects.get(one, 'tree')).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    replace('blob', two, 'other');
    expect(must('cat-file', 'blob', two)).toBe('other');
    // git's answers for what stands behind it must not be taken for those of the next question
    for (const ids of [
      [one, two],
      [two, one, one],
      [one, two, none],
    ]) {
      await expect(objects.read(ids)).rejects.toMatchObject({
        code: 'OBJECT_CORRUPT',
        exitCode: 2,
        message: expect.stringContaining(two),
      });
    }
    expect(Buffer.from((await objects.get(one, 'blob')).raw).toString()).toBe('one');
    objects.close();
  });

  it('a question to a git that hangs ends when the store is closed', async () => {
    const { path, home, env, put } = await setUp();
    const one = put('one');
    const folder = join(home, 'hanging');
    mkdirSync(folder);
    // it answers nothing, and ends by no friendly signal
    const script = `#!/bin/sh\ncase "$*" in *cat-file*) trap '' TERM; exec sleep 60 ;; esac\nexec ${findProgram('git', env)} "$@"\n`;
    writeFileSync(join(folder, 'git'), script, { mode: 0o755 });
    const hanging = { ...env, PATH: `${folder}:${env['PATH'] ?? ''}` };
    const { objects } = await openRepository(path, hanging);
    const asked = [objects.read([one]), objects.read([one])].map((read) =>
      read.then(
        () => 'read',
        (error: { readonly code: string }) => error.code,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    objects.close();
    expect(await Promise.all(asked)).toEqual(['GIT_FAILED', 'GIT_FAILED']);
  });

  it('a question after git has ended is an error, and waits for nothing', async () => {
    const { path, home, env, put } = await setUp();
    const [one, two] = [put('one'), put('two')];
    const folder = join(home, 'short-lived');
    mkdirSync(folder);
    const real = findProgram('git', env);
    const answersOnce = `case " $* " in *" cat-file "*) head -n 1 | '${real}' "$@"; exit;; esac`;
    const script = `#!/bin/sh\n${answersOnce}\nexec '${real}' "$@"\n`;
    writeFileSync(join(folder, 'git'), script, { mode: 0o755 });
    const { objects } = await openRepository(path, { ...env, PATH: `${folder}:${env['PATH']}` });
    expect(Buffer.from((await objects.get(one, 'blob')).raw).toString()).toBe('one');
    const ended = { code: 'GIT_FAILED' };
    await expect(objects.get(two, 'blob')).rejects.toMatchObject(ended);
    await expect(objects.get(two, 'blob')).rejects.toMatchObject(ended);
    objects.close();
  });
});
