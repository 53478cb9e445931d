import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { askKeyring } from '../../../src/gate/adoption/keyring.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const FINGERPRINT = 'AB'.repeat(20);
const places: string[] = [];

afterEach(() => {
  for (const place of places.splice(0)) rmSync(place, { recursive: true, force: true });
});

/** A machine whose `gpg` is this script. */
function machine(script: string) {
  const home = scratchDirectory('keyring');
  places.push(home);
  const [bin, gnupg] = [join(home, 'bin'), join(home, 'gnupg')];
  mkdirSync(bin);
  mkdirSync(gnupg);
  writeFileSync(join(bin, 'gpg'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'gpg'), 0o755);
  writeFileSync(join(gnupg, 'pubring.kbx'), '');
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: home, GNUPGHOME: gnupg };
  return { home, gnupg, env };
}

describe('asking GnuPG for keys', () => {
  it('gpg gets ids as arguments behind --, no other variable, and may start no agent', async () => {
    const { home, env } = machine('echo "$@" >>"$HOME/said"; env >>"$HOME/variables"');
    const secret = { ...env, SIGSTORE_ID_TOKEN: 'secret', GPG_AGENT_INFO: 'x', LD_PRELOAD: '' };
    const names = [FINGERPRINT, '--output=x', 'alice@example.test', '0011223344556677'];
    expect(await askKeyring(names, { cwd: home, env: secret })).toEqual({
      ...{ armored: '', valid: new Map() },
    });
    const said = readFileSync(join(home, 'said'), 'utf8').trim().split('\n');
    expect(said).toHaveLength(2);
    for (const line of said) {
      expect(line).toContain(' --no-autostart ');
      expect(line).toMatch(new RegExp(` -- 0x${FINGERPRINT} 0x0011223344556677$`));
    }
    const variables = readFileSync(join(home, 'variables'), 'utf8').matchAll(/^(\w+)=/gm);
    const known = ['GNUPGHOME', 'HOME', 'LC_ALL', 'PATH', 'PWD', 'SHLVL', '_', 'OLDPWD'];
    expect(
      [...variables].map(([, name = '']) => name).filter((name) => !known.includes(name)),
    ).toEqual([]);
  });

  it('only a user id that GnuPG holds to be valid names the holder of a key', async () => {
    const other = 'CD'.repeat(20);
    const list = [
      ...['pub:f:255', `fpr:::::::::${FINGERPRINT}:`, 'uid:-::::::::mallory@x.test:'],
      ...['uid:f::::::::Dave \\x3cd@x.test\\x3e:', 'sub:f:255', `fpr:::::::::${'EF'.repeat(20)}:`],
      ...['pub:-:255', `fpr:::::::::${other}:`, 'uid:-::::::::root@x.test:'],
    ].join('\n');
    const { home, env } = machine(`case "$*" in *list-keys*) cat <<'END'\n${list}\nEND\n;; esac`);
    expect(await askKeyring([FINGERPRINT], { cwd: home, env })).toEqual({
      ...{ armored: '', valid: new Map([[FINGERPRINT, 'Dave <d@x.test>']]) },
    });
  });

  it('a gpg that does not answer is ended at the deadline', async () => {
    const { home, env } = machine('exec sleep 60');
    const said = await askKeyring([FINGERPRINT], { cwd: home, env }, 50);
    expect(said).toMatch(/did not answer/);
  });

  it('why gpg failed is kept, but a key that it does not have is no failure', async () => {
    const failing = machine('echo "gpg: keyring is damaged" >&2; exit 2');
    expect(await askKeyring([FINGERPRINT], { cwd: failing.home, env: failing.env })).toBe(
      'gpg: keyring is damaged',
    );
    const without = machine('echo "gpg: WARNING: nothing exported" >&2; exit 2');
    expect(await askKeyring([FINGERPRINT], { cwd: without.home, env: without.env })).toEqual({
      ...{ armored: '', valid: new Map() },
    });
  });

  it('without a keyring gpg is not started, because it would make one', async () => {
    const { home, gnupg, env } = machine('echo x >"$HOME/started"');
    rmSync(join(gnupg, 'pubring.kbx'));
    expect(await askKeyring([FINGERPRINT], { cwd: home, env })).toBeUndefined();
    expect(() => readFileSync(join(home, 'started'))).toThrow();
  });
});
