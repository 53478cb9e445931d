import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withGlobalConfig } from '../../../src/commands/sandbox/config.ts';
import { gitConfigEnvironment } from '../../../src/sandbox/environment.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const home = scratchDirectory('sandbox-config');
const path = join(home, 'gitconfig');
const read = (env: Record<string, string>, key: string): string =>
  execFileSync('git', ['config', '--global', '--includes', key], {
    cwd: home,
    env: { PATH: process.env['PATH'], ...env },
  })
    .toString()
    .trimEnd();

it('git reads back every value as it was, and the person’s own file before them', () => {
  const own = join(home, 'a "b" \\c; d');
  writeFileSync(own, '[user]\n\tname = Somebody\n[signet]\n\ttrust = /mine\n\tidentity = me\n');
  const trust = '/sand box/"root"\\x #1; json';
  const added = { SIGNET_TRUST: trust, GITSIGN_FULCIO_URL: 'http://x' };
  const env = withGlobalConfig(added, home, { GIT_CONFIG_GLOBAL: own });
  expect(env).toEqual({ GITSIGN_FULCIO_URL: 'http://x', GIT_CONFIG_GLOBAL: path });
  expect([read(env, 'signet.trust'), read(env, 'signet.identity'), read(env, 'user.name')]).toEqual(
    [trust, 'me', 'Somebody'],
  );
});

it('a sandbox that is started again from its own shell does not include itself', () => {
  const env = withGlobalConfig({ SIGNET_TRUST: '/t' }, home, {
    GIT_CONFIG_GLOBAL: path,
    HOME: home,
  });
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = At home\n');
  expect([read(env, 'signet.trust'), read(env, 'user.name')]).toEqual(['/t', 'At home']);
});

it('what the sandbox sets for git itself stands in the file too, for clients that read no numbered variables', () => {
  const program = '/opt/"x"/git-signet';
  const added = gitConfigEnvironment({ 'gpg.format': 'x509', 'gpg.x509.program': program });
  const env = withGlobalConfig(added, home, {});
  expect(env).toEqual({ ...added, GIT_CONFIG_GLOBAL: path });
  const fileAlone = { GIT_CONFIG_GLOBAL: path };
  expect([read(fileAlone, 'gpg.format'), read(fileAlone, 'gpg.x509.program')]).toEqual([
    'x509',
    program,
  ]);
});
