/** Which paths outlive an upgrade, by the layouts of package managers. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/system/environment.ts';
import { passesAway, provenShim, stableLink } from '../../../src/system/program/stable-path.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

it.each([
  ['/opt/homebrew/Cellar/git-signet/0.1.0/bin/git-signet', true],
  ['/opt/homebrew/Cellar/git-signet/HEAD-1a2b3c4/bin/git-signet', true],
  ['/nix/store/0f3n-git-signet/bin/git-signet', true],
  ['/home/a/.local/share/mise/installs/npm-git-signet/0.1.0/bin/git-signet', true],
  ['/home/a/.nvm/versions/node/v24.1.0/bin/node', true],
  ['/home/a/.local/share/pnpm/global/5/.pnpm/git-signet@0.1.0/git-signet', true],
  ['/opt/node-v24.1.0-linux-x64/bin/node', true],
  ['/run/user/1000/fnm_multishells/1234_5678/bin/node', true],
  ['/home/a/.npm/_npx/1a2b/node_modules/@git-signet/linux-x64/git-signet', true],
  ['/tmp/git-signet-sandbox-a1B2c3/git-signet', true],
  ['C:\\tools\\git-signet-0.1.0\\git-signet.exe', true],
  ['/opt/homebrew/bin/git-signet', false],
  ['/home/a/.nix-profile/bin/git-signet', false],
  ['/home/a/.local/share/mise/installs/node/latest/bin/node', false],
  ['/usr/local/lib/node_modules/git-signet/node_modules/@git-signet/linux-x64/git-signet', false],
  ['/usr/lib/python3.11/git-signet', false],
  ['/srv/alice.2/bin/git-signet', false],
])('an upgrade takes %s away: %s', (path, away) => {
  expect(passesAway(path)).toBe(away);
});

/** A folder with a program in the folder of its version, and the means to lead to it. */
function layout() {
  const home = scratchDirectory('stable-path');
  const at = (path: string): string => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    return join(home, path);
  };
  const program = (path: string, text = 'exit 0'): string => {
    writeFileSync(at(path), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return join(home, path);
  };
  const link = (path: string, target: string): string => {
    symlinkSync(target, at(path));
    return join(home, path);
  };
  const path = (...folders: string[]) => ({
    HOME: home,
    PATH: folders.map((folder) => join(home, folder)).join(':'),
  });
  return { home, program, link, path };
}

describe('a link that leads to the program', () => {
  it('the lasting path is the first of PATH that names no version', () => {
    const { program, link, path } = layout();
    const own = program('Cellar/git-signet/0.1.0/bin/git-signet');
    link('versioned-0.1.0/git-signet', own);
    const stable = link('bin/git-signet', '../Cellar/git-signet/0.1.0/bin/git-signet');
    const env = path('versioned-0.1.0', 'bin');
    expect(stableLink(own, 'git-signet', env)).toBe(stable);
  });

  it('another program of the same name is not taken, before it or alone', () => {
    const { program, link, path } = layout();
    const own = program('Cellar/git-signet/0.1.0/bin/git-signet');
    program('other/git-signet');
    expect(stableLink(own, 'git-signet', path('other'))).toBeUndefined();
    const stable = link('bin/git-signet', own);
    expect(stableLink(own, 'git-signet', path('other', 'bin'))).toBe(stable);
  });

  it('the lasting path beside the folder of a version is called latest, not 0', () => {
    const { program, link, path } = layout();
    const own = program('installs/git-signet/0.1.0/bin/git-signet');
    link('installs/git-signet/0', './0.1.0');
    link('installs/git-signet/0.1', './0.1.0');
    const env = path('installs/git-signet/0.1.0/bin');
    expect(stableLink(own, 'git-signet', env)).toBeUndefined();
    const latest = link('installs/git-signet/latest', './0.1.0');
    expect(stableLink(own, 'git-signet', env)).toBe(join(latest, 'bin/git-signet'));
  });

  it('a path that names no version is the lasting path itself', () => {
    const { program, path } = layout();
    const own = program('tools/git-signet');
    program('other/git-signet');
    expect(stableLink(own, 'git-signet', path('other'))).toBe(own);
  });
});

describe('a shim', () => {
  const proof = { args: ['who'], accepts: (out: string) => out === 'me\n' };
  const shim = (env: Environment, patience = 10_000) =>
    provenShim('git-signet', { ...proof, patience }, env, () => true);

  it('a shim is the first program of PATH that answers as expected', async () => {
    const { program, path } = layout();
    program('other/git-signet', 'echo another program');
    program('failing/git-signet', 'echo me; exit 1');
    program('old-0.1.0/git-signet', 'echo me');
    const found = program('shims/git-signet', '[ "$*" = who ] && echo me');
    expect(await shim(path('other', 'failing', 'old-0.1.0'))).toBeUndefined();
    expect(await shim(path('other', 'failing', 'old-0.1.0', 'shims'))).toBe(found);
  });

  it('a shim is asked without the shell’s variables, because an editor’s git must find the same', async () => {
    const { program, path } = layout();
    program('tools/tool', 'echo me');
    program('shims/git-signet', 'tool');
    expect(await shim(path('shims', 'tools'))).toBeUndefined();
    program('shims/git-signet', 'echo "$ASDF_DATA_DIR"me');
    expect(await shim({ ...path('shims'), ASDF_DATA_DIR: '/data/' })).toBeDefined();
  });

  it('that never answers, or leaves its output open, is passed over', async () => {
    const { program, path } = layout();
    program('hanging/git-signet', 'sleep 30 & wait');
    const found = program('shims/git-signet', 'echo me');
    expect(await shim(path('hanging', 'shims'), 2000)).toBe(found);
  });
});
