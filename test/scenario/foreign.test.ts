/** S/MIME signatures of other programs: cannot be checked here, and are handed over where that is configured. */

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { haveTools } from '../support/tools.ts';
import { commitPayload } from '../support/verify-scenario.ts';

const vectors = fileURLToPath(new URL('../vectors/', import.meta.url));
const repository = scratchRepository('foreign', {
  'signet.trust': join(vectors, 'gitsign/trust/trusted_root.json'),
});
const { git, home, path, env } = repository;
const payload = Buffer.from(commitPayload());

/** DER of definite lengths, as smimesign and openssl write it. */
function byOpenssl(): string {
  const file = (name: string): string => join(home, name);
  const openssl = (...args: string[]): void => {
    const ran = run('openssl', args, { cwd: home, env });
    if (ran.exit !== 0) throw new Error(ran.err);
  };
  writeFileSync(file('data'), payload);
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', file('key')];
  const name = ['-subj', '/CN=smime', '-addext', 'subjectAltName=email:alice@example.test'];
  openssl('req', '-x509', ...key, ...name, '-out', file('cert'));
  const signer = ['-signer', file('cert'), '-inkey', file('key')];
  const output = ['-outform', 'DER', '-out', file('der')];
  openssl('cms', '-sign', '-binary', '-in', file('data'), ...signer, ...output);
  const base64 = readFileSync(file('der')).toString('base64').replace(/.{64}/g, '$&\n');
  const armor = `-----BEGIN SIGNED MESSAGE-----\n${base64}\n-----END SIGNED MESSAGE-----\n`;
  writeFileSync(file('openssl.pem'), armor);
  return file('openssl.pem');
}

const armors = [
  ['gpgsm', join(vectors, 'foreign/gpgsm.pem')],
  ...(haveTools('openssl') ? [['openssl', byOpenssl()] as const] : []),
] as const;

const verify = (armor: string, more: Record<string, string> = {}) =>
  run(programUnderTest(), ['--status-fd=1', '--verify', armor, '-'], {
    cwd: path,
    env: { ...env, ...more },
    input: payload,
  });

function fallback(text: string): string {
  const file = join(home, 'fallback');
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe.each(armors)('a signature by %s', (_name, armor) => {
  it('a foreign signature without a fallback is ERRSIG, with exit code 3', () => {
    const ran = verify(armor);
    expect(ran.out).toMatch(
      /^\[GNUPG:\] NEWSIG\n\[GNUPG:\] ERRSIG .*\n\[GNUPG:\] TRUST_UNDEFINED\n$/,
    );
    expect(ran.exit).toBe(3);
    expect(ran.err).toMatch(/^git-signet: cannot check: it is an S\/MIME signature/);
  });

  it("a fallback gets git's own arguments, and only its status lines come back (S08)", () => {
    const program = fallback(`printf '%s|' "$@" >"$0.args"
cat >"$0.input"
echo chatter
echo '[GNUPG:] NEWSIG'
echo '[GNUPG:] GOODSIG 01 smime'
printf '[GNUPG:] TRUST_FULLY\\033[2J\\n'
echo talk >&2`);
    const ran = verify(armor, { SIGNET_X509_FALLBACK: program });
    expect([ran.exit, ran.out]).toEqual([0, '[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 01 smime\n']);
    expect(readFileSync(`${program}.args`, 'utf8')).toBe(`--status-fd=1|--verify|${armor}|-|`);
    expect(readFileSync(`${program}.input`, 'utf8')).toBe(commitPayload());
    expect(ran.err).toMatch(/chatter\n.*talk\n$/);
  });
});

describe('a fallback', () => {
  const [[, armor]] = armors;
  it('a failed fallback keeps its exit code, and a silent one is no success', () => {
    expect(verify(armor, { SIGNET_X509_FALLBACK: fallback('exit 7') }).exit).toBe(7);
    expect(verify(armor, { SIGNET_X509_FALLBACK: fallback('exit 0') }).exit).toBe(3);
  });
  it('a fallback may name people in any script, but not with direction marks (S03)', () => {
    const program = fallback(`echo '[GNUPG:] NEWSIG'
echo '[GNUPG:] GOODSIG 01 /CN=Jos\u00e9 \u6797'
echo '[GNUPG:] GOODSIG 02 \u202eevil'`);
    const ran = verify(armor, { SIGNET_X509_FALLBACK: program });
    expect(ran.out).toBe('[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 01 /CN=Jos\u00e9 \u6797\n');
  });
  it('stderr of a fallback that looks like a status line does not reach git as status (S08)', () => {
    const program = fallback("echo '[GNUPG:] NEWSIG'; echo '[GNUPG:] GOODSIG 01 x' >&2; exit 1");
    const ran = verify(armor, { SIGNET_X509_FALLBACK: program });
    expect([ran.exit, ran.out]).toEqual([1, '[GNUPG:] NEWSIG\n']);
    const silent = fallback("echo '[GNUPG:] GOODSIG 01 x' >&2");
    expect(verify(armor, { SIGNET_X509_FALLBACK: silent })).toMatchObject({ exit: 3, out: '' });
  });
  it('a missing fallback is an error of configuration', () => {
    const ran = verify(armor, { SIGNET_X509_FALLBACK: 'no-such-program' });
    expect([ran.exit, ran.out.includes('GOODSIG')]).toEqual([2, false]);
    expect(ran.err).toMatch(
      /there is no program 'no-such-program' on PATH \(signet\.x509Fallback\)/,
    );
  });
  it('a fallback that is this program does not loop', () => {
    const ran = verify(armor, { SIGNET_X509_FALLBACK: programUnderTest() });
    expect([ran.exit, ran.out.match(/ERRSIG/g)?.length]).toEqual([3, 1]);
  });
  it('a fallback is never asked about our own signatures, good or bad', () => {
    const raw = readFileSync(join(vectors, 'gitsign/offline/01-plain.commit'));
    const good = repository.write('commit', raw);
    const bad = repository.write('commit', Buffer.concat([raw, Buffer.from('x\n')]));
    const program = fallback('touch "$0.called"; echo; echo "[GNUPG:] GOODSIG 01 x"');
    const config = ['-c', `signet.x509Fallback=${program}`];
    expect(git(...config, 'verify-commit', good).exit).toBe(0);
    expect(git(...config, 'verify-commit', bad).exit).toBe(1);
    expect(existsSync(`${program}.called`)).toBe(false);
  });
});

it('our own signature in BER encoding stays refused', () => {
  const raw = readFileSync(join(vectors, 'gitsign/offline/01-plain.commit'), 'latin1');
  const armor = raw
    .slice(raw.indexOf('-----BEGIN'), raw.indexOf('-----END'))
    .split('\n ')
    .slice(1)
    .join('');
  const der = Buffer.from(armor, 'base64');
  der[1] = 0x80;
  const file = join(home, 'ours.pem');
  const base64 = der.toString('base64').replace(/.{64}/g, '$&\n');
  writeFileSync(file, `-----BEGIN SIGNED MESSAGE-----\n${base64}\n-----END SIGNED MESSAGE-----\n`);
  const ran = verify(file, { SIGNET_X509_FALLBACK: fallback('echo "[GNUPG:] GOODSIG 01 x"') });
  expect([ran.exit, ran.out.includes('GOODSIG')]).toEqual([1, false]);
});
