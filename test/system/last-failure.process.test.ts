import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  forgetFailure,
  keepFailure,
  type LastFailure,
  lastFailure,
} from '../../src/system/last-failure.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const NOW = 1_764_000_000;
const failure: Omit<LastFailure, 'version'> = {
  kind: 'config',
  code: 'CONFIG',
  message: 'signet.issuer is wrong',
  hint: 'mend it',
  time: NOW,
  repository: '/r',
};

function home() {
  const state = scratchDirectory('last-failure');
  const folder = join(state, 'git-signet');
  return { env: { XDG_STATE_HOME: state }, folder, file: join(folder, 'last-failure.json') };
}

describe('the last failure', () => {
  it('is one private file, which the next failure replaces', () => {
    const { env, folder, file } = home();
    keepFailure(failure, env);
    keepFailure({ ...failure, message: 'another' }, env);
    expect(readdirSync(folder)).toEqual(['last-failure.json']);
    expect([statSync(file).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(lastFailure(env, NOW)).toMatchObject({ ...failure, message: 'another' });
    expect(lastFailure(env, NOW)?.version).toMatch(/^\d+\.\d+/);
  });

  it('holds no token and no password, and is bounded (S14)', () => {
    const { env, file } = home();
    const token = `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.c`;
    const message = `https://user:hunter2@proxy.example said ${token} ${'long '.repeat(10_000)}`;
    keepFailure({ ...failure, message, hint: message }, env);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/hunter2|eyJa/);
    expect(text.length).toBeLessThan(4000);
  });

  it('is over with a success in the same repository, and for a login with a success anywhere', () => {
    const { env, file } = home();
    keepFailure(failure, env);
    forgetFailure(env, '/other');
    expect(existsSync(file)).toBe(true);
    forgetFailure(env, '/r');
    expect(existsSync(file)).toBe(false);
    keepFailure({ ...failure, kind: 'login' }, env);
    forgetFailure(env, undefined);
    expect(existsSync(file)).toBe(false);
  });

  it('is not shown after 30 days', () => {
    const { env } = home();
    keepFailure(failure, env);
    expect(lastFailure(env, NOW + 31 * 86_400)).toBeUndefined();
  });

  it.each<[string, (file: string) => void]>([
    ['a link', (file) => symlinkSync('/etc/passwd', file)],
    ['a folder', (file) => mkdirSync(file)],
    ['a pipe that nobody writes to', (file) => execFileSync('mkfifo', [file])],
    ['no JSON', (file) => writeFileSync(file, '{"kind":')],
    ['other JSON', (file) => writeFileSync(file, '{"kind":1,"time":"x"}')],
    ['a file that is too large', (file) => writeFileSync(file, ' '.repeat(20_000))],
  ])('%s in its place is no failure, and delays nothing', (_, plant) => {
    const { env, folder, file } = home();
    mkdirSync(folder);
    plant(file);
    expect(lastFailure(env, NOW)).toBeUndefined();
    keepFailure(failure, env);
    forgetFailure(env, '/r');
    expect(lastFailure(env, NOW)).toBeUndefined();
  });

  it('without a home there is none', () => {
    keepFailure(failure, {});
    forgetFailure({}, '/r');
    expect(lastFailure({}, NOW)).toBeUndefined();
  });
});
