import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Crypto } from '../../src/core/crypto.ts';
import { splitSignedObject } from '../../src/core/git/signed-object.ts';
import { run } from '../../src/gpgsm/gpgsm.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { bareEnvironment, type Caught, catchInvocation, noAnswer } from '../support/invocation.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const vectors = fileURLToPath(new URL('../vectors/gitsign/', import.meta.url));
const home = scratchDirectory('gpgsm');
const raw = readFileSync(join(vectors, 'offline/01-plain.commit'));
const split = splitSignedObject('commit', raw, 'sha1');
if (split === undefined) throw new Error('the vector is signed');
const signatureFile = join(home, 'signature');
writeFileSync(signatureFile, split.signature);

const port: { crypto: Crypto } = { crypto: nodeCrypto };
vi.mock('../../src/system/crypto-port.ts', () => ({
  loadCrypto: () => Promise.resolve(port.crypto),
}));
afterEach(() => {
  port.crypto = nodeCrypto;
});

const environment = (more: Record<string, string> = {}) => ({
  ...bareEnvironment(home),
  SIGNET_TRUST: join(vectors, 'trust/trusted_root.json'),
  ...more,
});

interface Outcome {
  readonly exit: number | undefined;
  readonly error: unknown;
  readonly caught: Caught;
}

async function verify(
  more: Record<string, string> = {},
  payload: Uint8Array = split?.payload ?? new Uint8Array(),
  args: readonly string[] = ['--status-fd=1', '--verify', signatureFile, '-'],
): Promise<Outcome> {
  const caught = catchInvocation({ args, env: environment(more), cwd: home, input: payload });
  try {
    return { exit: await run(caught.invocation, noAnswer), error: undefined, caught };
  } catch (error) {
    return { exit: undefined, error, caught };
  }
}

const STATUS = /^(\[GNUPG:\] [^\n]*\n)+$/;

describe('verifying', () => {
  it.each([
    [
      'a signature of more than a mebibyte is refused',
      2 ** 20 + 1,
      'SIGNED',
      1,
      /ERRSIG.*TRUST_NEVER/s,
    ],
    ['a signature of 256 MiB is refused', 2 ** 28, 'SIGNED', 1, /ERRSIG.*TRUST_NEVER/s],
  ] as const)('%s, and not read to its end (I05)', async (_name, size, kind, exit, lines) => {
    const path = join(home, 'long-signature');
    writeFileSync(path, `-----BEGIN ${kind} MESSAGE-----\n`);
    truncateSync(path, size);
    const answered = await verify({}, undefined, ['--status-fd=1', '--verify', path, '-']);
    expect(answered.exit).toBe(exit);
    expect(answered.caught.output()).toMatch(lines);
  });
  it('a payload of more than 32 MiB is undecided (I05)', async () => {
    const { exit, caught } = await verify({}, new Uint8Array(2 ** 25 + 1));
    expect(exit).toBe(3);
    expect(caught.output()).toMatch(/ERRSIG.*TRUST_UNDEFINED/s);
  });
  it('a good signature: NEWSIG first, and nothing else on the channel (S04 S08)', async () => {
    const { exit, caught } = await verify();
    expect(exit).toBe(0);
    expect(caught.output()).toMatch(STATUS);
    const words = caught
      .output()
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ')[1]);
    expect(words).toEqual(['NEWSIG', 'GOODSIG', 'VALIDSIG', 'TRUST_UNDEFINED']);
  });

  const LINE =
    'git-signet: good signature by alice@example.test (http://127.0.0.1:18808), logged 2026-11-21 12:09:06Z, Rekor 95\n';

  it('one line is said, with name, issuer, time and log index, and no remark for git to store', async () => {
    const state = scratchDirectory('state');
    for (const _ of ['first', 'second'])
      expect((await verify({ XDG_STATE_HOME: state })).caught.talk()).toBe(LINE);
    expect(readdirSync(state)).toEqual([]);
  });

  it('git’s configuration asks for the committer, and another signer is named beside the verdict', async () => {
    const byBob = splitSignedObject(
      'commit',
      readFileSync(join(vectors, 'offline/03-bob.commit')),
      'sha1',
    );
    const path = join(home, 'signature-of-bob');
    writeFileSync(path, byBob?.signature ?? '');
    const talk = async (value: string): Promise<string> => {
      writeFileSync(join(home, 'gitconfig'), `[signet]\n\tmatchCommitter = ${value}\n`);
      const args = ['--status-fd=1', '--verify', path, '-'];
      const { exit, caught } = await verify({}, byBob?.payload, args);
      expect(exit).toBe(0);
      return caught.talk();
    };
    expect(await talk('false')).toMatch(/Rekor \d+\n$/);
    expect(await talk('true')).toMatch(
      /; the committer is alice@example\.test, the signer bob@example\.test\n$/,
    );
    rmSync(join(home, 'gitconfig'));
  });

  it('a terminal is told once a day that no policy is configured, and who chose the trust root', async () => {
    const env = environment({ XDG_STATE_HOME: scratchDirectory('state') });
    const input = split?.payload ?? raw;
    const args = ['--status-fd=1', '--verify', signatureFile, '-'];
    const said = async (now: number, more: Record<string, string> = {}): Promise<string> => {
      const given = { args, env: { ...env, ...more }, cwd: home, input, answers: [], now };
      const caught = catchInvocation(given);
      expect(await run(caught.invocation, noAnswer)).toBe(0);
      return caught.talk();
    };
    const now = Math.floor(Date.now() / 1000);
    const remarks = `git-signet: no policy is configured, so every signer passes: git signet help policy
git-signet: the trust root is the one that SIGNET_TRUST chooses: git signet trust show\n`;
    expect(await said(now, { GIT_PAGER_IN_USE: '1' })).toBe(LINE);
    expect(await said(now)).toBe(LINE + remarks);
    expect(await said(now + 60)).toBe(LINE);
    expect(await said(now + 2 * 86_400)).toBe(LINE + remarks);
  });

  it('other content: BADSIG, exit 1 (S06)', async () => {
    const { exit, caught } = await verify(
      {},
      Buffer.concat([split?.payload ?? raw, Buffer.from('x')]),
    );
    expect(exit).toBe(1);
    expect(caught.output()).toMatch(/NEWSIG\n.* BADSIG .*\n.* TRUST_NEVER\n$/);
    expect(caught.talk()).toBe(
      'git-signet: BAD signature: the commit is not what was signed (content digest differs); it claims to be by alice@example.test\n',
    );
  });

  it('without --status-fd nothing reaches stdout', async () => {
    const { exit, caught } = await verify({}, split?.payload, ['--verify', signatureFile, '-']);
    expect([exit, caught.output()]).toEqual([0, '']);
  });

  it.each([2, 7])('status lines go to descriptor %d and nowhere else', async (descriptor) => {
    const args = [`--status-fd=${descriptor}`, '--verify', signatureFile, '-'];
    const { caught } = await verify({}, split?.payload, args);
    expect(caught.output()).toBe('');
    expect(caught.descriptor(descriptor)).toMatch(/GOODSIG/);
  });

  it('the payload may be a file', async () => {
    const file = join(home, 'payload');
    writeFileSync(file, split?.payload ?? raw);
    const args = ['--status-fd=1', '--verify', signatureFile, file];
    expect((await verify({}, new Uint8Array(), args)).exit).toBe(0);
  });
});

/** Whatever happened, git must not take it for good. */
function expectNotGood({ exit, caught }: Outcome): void {
  expect(exit).not.toBe(0);
  expect(caught.output()).not.toContain('GOODSIG');
  expect(caught.output()).toMatch(STATUS);
  expect(caught.output()).toMatch(/^\[GNUPG:\] NEWSIG\n/);
  expect(caught.output()).toMatch(/TRUST_(NEVER|UNDEFINED)\n$/);
}

describe('a failure at any stage is no success (S01 S02)', () => {
  /** Counts calls of the port; the one numbered `at` does `instead`. */
  function sabotaged(at: number, instead: 'throw' | 'deny'): { readonly calls: () => number } {
    let calls = 0;
    const strike = (): boolean => {
      calls += 1;
      if (calls === at && instead === 'throw') throw new Error('injected');
      return calls === at;
    };
    port.crypto = {
      hash: (algorithm, ...chunks) => {
        const digest = nodeCrypto.hash(algorithm, ...chunks);
        return strike() ? digest.map((byte) => byte ^ 1) : digest;
      },
      verify: (key, hash, data, signature) =>
        strike() ? false : nodeCrypto.verify(key, hash, data, signature),
    };
    return { calls: () => calls };
  }

  it('each call of the crypto port, thrown', async () => {
    const { calls } = sabotaged(0, 'throw');
    expect((await verify()).exit).toBe(0);
    const total = calls();
    expect(total).toBeGreaterThan(6);
    for (let at = 1; at <= total; at += 1) {
      sabotaged(at, 'throw');
      expectNotGood(await verify());
    }
  });

  it('each answer of the crypto port, turned round: refused, or of no consequence for the evidence (S12)', async () => {
    const { calls } = sabotaged(0, 'deny');
    await verify();
    const harmless: number[] = [];
    for (let at = 1, total = calls(); at <= total; at += 1) {
      sabotaged(at, 'deny');
      const outcome = await verify();
      if (outcome.exit === 0) harmless.push(at);
      else expectNotGood(outcome);
    }
    // the digest that names the trust root, and the two that name the certificate: names, not evidence
    expect(harmless.length).toBeLessThanOrEqual(3);
  });

  it.each([
    ['trust that is not there', { SIGNET_TRUST: '/nowhere' }],
    ['trust that is no JSON', { SIGNET_TRUST: signatureFile }],
    ['an unreadable setting', { SIGNET_QUIET: 'maybe' }],
    ['a policy that is not there', { SIGNET_POLICY: '/nowhere' }],
    ['a policy of the tree itself (P04)', { SIGNET_POLICY: '.signet.yaml' }],
    ['a log path that is a folder', { SIGNET_LOG_PATH: home, REAL_LOG: '1' }],
    ['git not on PATH', { PATH: '/nowhere' }],
  ])('%s', async (name, more) => {
    if ('REAL_LOG' in more) return; // the real terminal: test/system/terminal.process.test.ts
    const outcome = await verify(more);
    expectNotGood(outcome);
    expect(outcome.error, name).toMatchObject({ exitCode: 2 });
  });

  it('a signature file that is not there, or is enormous', async () => {
    for (const path of [join(home, 'nowhere'), home]) {
      const outcome = await verify({}, split?.payload, ['--status-fd=1', '--verify', path, '-']);
      expectNotGood(outcome);
    }
    const big = join(home, 'big');
    writeFileSync(big, Buffer.alloc(2_000_000));
    expectNotGood(await verify({}, split?.payload, ['--status-fd=1', '--verify', big, '-']));
  });

  it('no trust for this signer: the built-in root knows no loopback CA', async () => {
    const outcome = await verify({ SIGNET_TRUST: '' });
    expectNotGood(outcome);
    expect(outcome.exit).toBe(1);
  });

  it.each([
    ['nothing', ''],
    ['a foreign armor', '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n'],
    ['an empty CMS', '-----BEGIN SIGNED MESSAGE-----\nMAA=\n-----END SIGNED MESSAGE-----\n'],
    ['garbage', 'x'.repeat(1000)],
  ])('%s instead of a signature', async (_name, text) => {
    const file = join(home, 'odd');
    writeFileSync(file, text);
    expectNotGood(await verify({}, split?.payload, ['--status-fd=1', '--verify', file, '-']));
  });
});

describe('the policy of the user (P01)', () => {
  const policy = (identity: string): string => {
    const path = join(home, 'policy.yaml');
    const signer = `{name: someone, identity: ${identity}, issuer: 'http://127.0.0.1:18808'}`;
    writeFileSync(path, `version: 1\nsigners: [${signer}]\n`);
    return path;
  };
  it('a signer that the policy allows is TRUST_FULLY with exit 0', async () => {
    const { exit, caught } = await verify({ SIGNET_POLICY: policy('alice@example.test') });
    expect(exit).toBe(0);
    expect(caught.output()).toMatch(/GOODSIG.*\n.*VALIDSIG.*\n.*TRUST_FULLY 0 shell\n$/);
    expect(caught.talk()).not.toContain('no policy');
  });
  it('a signer that the policy forbids is TRUST_NEVER with exit 6', async () => {
    const { exit, caught } = await verify({ SIGNET_POLICY: policy('bob@example.test') });
    expect(exit).toBe(6);
    expect(caught.output()).toMatch(/GOODSIG.*\n.*VALIDSIG.*\n.*TRUST_NEVER 0 shell\n$/);
    expect(caught.talk()).toMatch(
      /^git-signet: NOT ALLOWED: the signer is not listed in .*: alice@example\.test \(/,
    );
  });
});

describe('an error that no caller caught (S01)', () => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const preload = (what: string): string =>
    `data:text/javascript,process.on('newListener',(e)=>{if(e==='unhandledRejection')setImmediate(()=>{${what}})})`;
  it.each([
    ['an exception', "throw new TypeError('late')"],
    ['a rejection', "Promise.reject(new TypeError('late'))"],
  ])('%s between two stages: one line, exit 70, no GOODSIG', (_name, what) => {
    const args = ['--import', preload(what), main, '--status-fd=1', '--verify', signatureFile, '-'];
    const ran = spawnSync(process.execPath, args, {
      cwd: home,
      env: environment(),
      input: split?.payload ?? '',
      encoding: 'utf8',
    });
    expect(ran.status).toBe(70);
    expect(ran.stdout).not.toContain('GOODSIG');
    expect(ran.stderr).toBe(
      'git-signet: internal error: late\n  this is a bug in git-signet. To see where, set SIGNET_DEBUG=1\n',
    );
  });
});
