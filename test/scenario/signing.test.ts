/**
 * `git commit -S` and `git tag -s` from the program that git starts to the object that git verifies, with a ready
 * identity token; and what git is told when it cannot be.
 */

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const repository = scratchRepository('signing');
const { gitMeanwhile, home, path } = repository;
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
  it('S09 a commit: armor from byte 0, verified by git with name and time', async () => {
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

  it('S08 what git reads: two status lines, and nothing but armor on stdout', async () => {
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

  it('F8 the signer verifies itself: a trust root that is not of these servers', async () => {
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
  it('no token, nobody to ask: exit 4, at once', async () => {
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

describe('signatures of other issuers', () => {
  const options = () => ({ cwd: path, env: { ...repository.env, ...env } });
  const foreign = (): string | undefined => {
    const [key, cert, data, der] = ['key', 'cert', 'data', 'der'].map((name) =>
      join(home, name),
    ) as [string, string, string, string];
    writeFileSync(data, 'tree x\n\n');
    const openssl = (...args: string[]) => run('openssl', args, options());
    try {
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=smime',
        '-keyout',
        key,
        '-out',
        cert,
        '-addext',
        'subjectAltName=email:alice@example.test',
      );
    } catch {
      return undefined;
    }
    openssl(
      'cms',
      '-sign',
      '-binary',
      '-in',
      data,
      '-signer',
      cert,
      '-inkey',
      key,
      '-outform',
      'DER',
      '-out',
      der,
    );
    const base64 = readFileSync(der).toString('base64').replace(/.{64}/g, '$&\n');
    const armor = join(home, 'foreign');
    writeFileSync(
      armor,
      `-----BEGIN SIGNED MESSAGE-----\n${base64}\n-----END SIGNED MESSAGE-----\n`,
    );
    return armor;
  };
  const armor = foreign();
  const verify = (more: Record<string, string>) =>
    runMeanwhile(programUnderTest(), ['--status-fd=1', '--verify', armor ?? '', '-'], {
      ...options(),
      env: { ...options().env, ...more },
      input: Buffer.from('tree x\n\n'),
    });
  const fallback = (text: string): string => {
    const file = join(home, 'fallback');
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  it.runIf(armor !== undefined)('cannot be checked here: ERRSIG, exit 3', async () => {
    const ran = await verify({});
    expect(ran.out).toMatch(
      /^\[GNUPG:\] NEWSIG\n\[GNUPG:\] ERRSIG .*\n\[GNUPG:\] TRUST_UNDEFINED\n$/,
    );
    expect(ran.exit).toBe(3);
    expect(ran.err).toMatch(/^git-signet: cannot check: an S\/MIME signature/);
  });

  it.runIf(armor !== undefined)(
    "S08 are handed over with git's own arguments; only status lines come back",
    async () => {
      const program = fallback(
        `printf '%s|' "$@" >"$0.args"; cat >"$0.input"; echo chatter; echo '[GNUPG:] NEWSIG'; echo '[GNUPG:] GOODSIG 01 smime'; printf '[GNUPG:] TRUST_FULLY\\033[2J\\n'; echo talk >&2; exit 0`,
      );
      const ran = await verify({ SIGNET_X509_FALLBACK: program });
      expect([ran.exit, ran.out]).toEqual([0, '[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 01 smime\n']);
      expect(readFileSync(`${program}.args`, 'utf8')).toBe(`--status-fd=1|--verify|${armor}|-|`);
      expect(readFileSync(`${program}.input`, 'utf8')).toBe('tree x\n\n');
      expect(ran.err).toMatch(/chatter\n.*talk\n$/);
    },
  );

  it.runIf(armor !== undefined)(
    'a fallback that fails, says nothing, or is not there is no success',
    async () => {
      expect((await verify({ SIGNET_X509_FALLBACK: fallback('exit 7') })).exit).toBe(7);
      expect((await verify({ SIGNET_X509_FALLBACK: fallback('exit 0') })).exit).toBe(3);
      const absent = await verify({ SIGNET_X509_FALLBACK: 'no-such-program' });
      expect([absent.exit, absent.out.includes('GOODSIG')]).toEqual([2, false]);
      const ourselves = await verify({ SIGNET_X509_FALLBACK: programUnderTest() });
      expect([ourselves.exit, ourselves.out.match(/ERRSIG/g)?.length]).toEqual([3, 1]);
    },
  );

  it('ours is never handed over', async () => {
    const program = fallback('touch "$0.called"');
    expect((await git('-c', `signet.x509Fallback=${program}`, 'verify-commit', 'HEAD')).exit).toBe(
      0,
    );
    expect(existsSync(`${program}.called`)).toBe(false);
  });
});
