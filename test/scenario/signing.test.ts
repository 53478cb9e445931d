/**
 * `git commit -S` and `git tag -s` from the program that git starts to the object that git verifies, with a ready
 * identity token; and what git is told when it cannot be.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';
import { unsignable } from '../support/unsignable.ts';

const sandbox = useSandbox();
const repository = scratchRepository('signing');
const { gitMeanwhile, path } = repository;
let env: Record<string, string> = {};

beforeAll(async () => {
  env = { ...sandbox().env, SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
});
const git = (...args: string[]) => gitMeanwhile({ env }, ...args);
const commit = (more: Record<string, string> = {}, ...args: string[]) =>
  gitMeanwhile(
    { env: { ...env, ...more } },
    'commit',
    '-q',
    '--allow-empty',
    '-S',
    '-m',
    'subject',
    ...args,
  );

describe('signing', () => {
  it('a commit: armor from byte 0, verified by git with name and time (S09)', async () => {
    const made = await commit();
    expect(made.exit, made.err).toBe(0);
    expect(repository.must('cat-file', 'commit', 'HEAD')).toMatch(
      /\ngpgsig -----BEGIN SIGNED MESSAGE-----\n/,
    );
    const ran = await git('verify-commit', 'HEAD');
    expect(ran.exit, ran.err).toBe(0);
    expect(ran.err).toMatch(
      /^git-signet: good signature by alice@example\.test \(http:\/\/127\.0\.0\.1:\d+\), logged /,
    );
  });

  it('a tag, and a commit in the online form, which is looked up', async () => {
    expect((await git('tag', '-s', '-m', 'v1', 'v1')).exit).toBe(0);
    expect((await git('verify-tag', 'v1')).err).toMatch(/good signature by alice/);
    const made = await commit({ SIGNET_REKOR_MODE: 'online' });
    expect(made.exit, made.err).toBe(0);
    const ran = await git('verify-commit', 'HEAD');
    expect(ran.exit, ran.err).toBe(0);
  });

  it('what git reads: two status lines, and nothing but armor on stdout (S08)', async () => {
    const payload = Buffer.from(
      'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@x.test> 1 +0000\ncommitter A <a@x.test> 1 +0000\n\nx\n',
    );
    const options = {
      cwd: path,
      env: { ...repository.env, ...env, GIT_TERMINAL_PROMPT: '0' },
      input: payload,
    };
    const ran = await runMeanwhile(
      programUnderTest(),
      ['--status-fd=2', '-bsau', 'Alice <alice@example.test>'],
      options,
    );
    expect(ran.exit, ran.err).toBe(0);
    expect(ran.out).toMatch(
      /^-----BEGIN SIGNED MESSAGE-----\n[A-Za-z0-9+/=\n]+-----END SIGNED MESSAGE-----\n$/,
    );
    const status = ran.err.split('\n').filter((line) => line.startsWith('[GNUPG:]'));
    expect(status[0]).toBe('[GNUPG:] BEGIN_SIGNING');
    expect(status[1]).toMatch(/^\[GNUPG:\] SIG_CREATED D 19 9 00 \d{10} [0-9a-f]{40}$/);
    expect(status).toHaveLength(2);
    // without --armor, the DER itself
    const der = await runMeanwhile(programUnderTest(), ['-bsu', 'x'], options);
    expect([der.bytes[0], der.bytes[1]]).toEqual([0x30, 0x82]);
  });
});

describe('what no verifier would take', () => {
  it.each(unsignable.slice(0, 7))(
    'git signs no commit with $name. One line says what is wrong, and nothing is published (D28)',
    async ({ payload, names }) => {
      const before = { ...sandbox().requests };
      const ran = await runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'x'], {
        cwd: path,
        env: { ...repository.env, ...env },
        input: payload,
      });
      expect([ran.exit, ran.out]).toEqual([2, '']);
      expect(ran.err).toMatch(names);
      expect(ran.err).not.toContain('SIG_CREATED');
      expect(sandbox().requests).toEqual(before);
    },
  );
});

describe('outside git', () => {
  const payload = join(repository.home, 'payload');
  const signature = join(repository.home, 'signature');
  const bare = (): Record<string, string> => {
    const { SIGSTORE_ID_TOKEN: _, ...rest } = { ...repository.env, ...env };
    return { ...rest, GIT_TERMINAL_PROMPT: '0' };
  };
  const sign = (input: string, ...args: string[]) =>
    runMeanwhile(programUnderTest(), ['--batch', '-bsa', ...args], {
      cwd: path,
      env: bare(),
      input: Buffer.from(input),
    });
  beforeAll(() => {
    writeFileSync(
      payload,
      'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@x.test> 1 +0000\ncommitter A <a@x.test> 1 +0000\n\nx\n',
    );
  });

  it.skipIf(!haveTools('openssl'))(
    '--token-stdin reads the token, signs a file, and openssl verifies the CMS',
    async () => {
      const made = await sign(`${env['SIGSTORE_ID_TOKEN']}\n`, '--token-stdin', payload);
      expect(made.exit, made.err).toBe(0);
      writeFileSync(signature, made.out.replaceAll('SIGNED MESSAGE', 'CMS'));
      const openssl = ['cms', '-verify', '-binary', '-inform', 'PEM', '-in', signature];
      const check = (content: string) =>
        run(
          'openssl',
          [...openssl, '-content', content, '-noverify', '-purpose', 'any', '-out', '/dev/null'],
          {
            cwd: path,
            env: bare(),
          },
        );
      expect(check(payload).err).toMatch(/CMS Verification successful/);
      writeFileSync(`${payload}-other`, 'tree of another\n');
      expect(check(`${payload}-other`).exit).not.toBe(0);
    },
  );

  it('--token-stdin is refused without a file, without a token, and with a forged one', async () => {
    expect((await sign('x', '--token-stdin')).exit).toBe(2);
    expect((await sign('', '--token-stdin', payload)).exit).toBe(2);
    const forged = await sign('a.b.c', '--token-stdin', payload);
    expect([forged.exit, forged.out]).toEqual([4, '']);
    expect(forged.err).not.toContain('a.b.c');
  });
});

describe('when it cannot', () => {
  const refusedBy = async (more: Record<string, string>, says: RegExp): Promise<void> => {
    const before = repository.must('rev-parse', 'HEAD');
    const ran = await commit(more);
    expect(ran.exit).not.toBe(0);
    expect(repository.must('rev-parse', 'HEAD')).toBe(before);
    const payload = Buffer.from(`tree ${'0'.repeat(40)}\nauthor a\ncommitter a\n\nx\n`);
    const direct = await runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'x'], {
      cwd: path,
      env: { ...repository.env, ...env, ...more },
      input: payload,
    });
    expect(direct.exit).not.toBe(0);
    expect(direct.out).toBe('');
    expect(direct.err).not.toContain('SIG_CREATED');
    expect(direct.err).toMatch(says);
  };

  it('the signer verifies itself: a trust root that is not of these servers (F8)', async () => {
    await refusedBy(
      {
        SIGNET_TRUST: '',
        SIGSTORE_ROOT_FILE: '',
        SIGSTORE_REKOR_PUBLIC_KEY: '',
        SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: '',
      },
      /^git-signet: /,
    );
  });
  it('an unreadable setting', () =>
    refusedBy({ SIGNET_TIMESTAMP: 'sometimes' }, /expected auto or always/));
  it('the log is not there', () =>
    refusedBy({ SIGNET_REKOR_URL: 'http://127.0.0.1:9' }, /the log did not answer|could not/i));
  it('an identity that is not expected publishes nothing', () =>
    refusedBy({ SIGNET_IDENTITY: 'bob@example.test' }, /alice@example\.test.*bob@example\.test/s));
  it('without a token and a person to ask, signing ends with 4 at once', async () => {
    const ran = await runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'x'], {
      cwd: path,
      env: { ...repository.env, ...env, SIGSTORE_ID_TOKEN: '' },
      input: Buffer.from(`tree ${'0'.repeat(40)}\nauthor a\ncommitter a\n\nx\n`),
    });
    expect([ran.exit, ran.out]).toEqual([4, '']);
  });
  it('only commits and tags are signed', async () => {
    const ran = await runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'x'], {
      cwd: path,
      env: { ...repository.env, ...env },
      input: Buffer.from('I owe mallory 100'),
    });
    expect([ran.exit, ran.out]).toEqual([2, '']);
  });
});
