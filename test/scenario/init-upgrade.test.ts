/** init, then an upgrade by the package manager, then a commit from a client that has another PATH. */

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAYOUTS } from '../support/layouts.ts';
import { type Machine, machineAt } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
let machine: Machine;
beforeEach(async () => {
  machine = await machineAt(sandbox());
});
afterEach(() => machine.close());

const NODE = dirname(process.execPath);
const PLAIN = '/usr/bin:/bin';

/** A repository in which `git signet init` of that layout has run, with `before` first on PATH. */
async function initialised(name: string, before: readonly string[] = []) {
  const layout = LAYOUTS[name]?.(machine.home);
  if (layout === undefined) throw new Error(`no layout ${name}`);
  const repository = await machine.repository('repository');
  const PATH = [...before, ...layout.path, NODE, PLAIN].join(':');
  const signet = (...args: string[]) => machine.git(repository, ['signet', ...args], { PATH });
  const init = await signet('init');
  expect(init.exit, init.err).toBe(0);
  const written = () => machine.must(repository, 'config', 'gpg.x509.program');
  const commit = () =>
    machine.git(repository, ['commit', '-S', '-q', '--allow-empty', '-m', 'x'], { PATH: PLAIN });
  /** The line of `doctor` about git's program, as the program at `PATH` sees it. */
  const examine = async (path = PATH) => {
    const args = ['signet', 'doctor', '--offline', '--json'];
    const { out } = await machine.git(repository, args, { PATH: path });
    const { checks } = JSON.parse(out) as {
      checks: readonly { name: string; level: string; detail: string; remedy?: string }[];
    };
    return checks.filter((check) => check.name === 'gpg.x509.program');
  };
  return { ...layout, repository, signet, init, written, commit, examine };
}

const LASTING = Object.keys(LAYOUTS).filter((name) => name !== 'a folder for each version');

describe('git signet init', () => {
  it.each(LASTING)('an upgrade by %s breaks no repository', async (name) => {
    const { init, stable, written, upgrade, commit, examine, repository } = await initialised(name);
    expect(await written()).toBe(stable);
    expect(init.err).toBe('');
    expect((await examine()).map(({ level }) => level)).toEqual(['ok']);
    upgrade();
    const made = await commit();
    expect(made.exit, made.err).toBe(0);
    expect(await machine.must(repository, 'log', '--format=%G?')).toBe('U');
  });

  it('if no path outlives an upgrade, the remedy is said afterwards, and it works', async () => {
    const { init, written, upgrade, commit, examine, repository } = await initialised(
      'a folder for each version',
    );
    const old = join(machine.home, 'opt/0.1.0/git-signet');
    expect(await written()).toBe(old);
    expect(init.err).toBe(
      `git-signet: an upgrade may remove ${old}, which git starts: after an upgrade, type\n  git signet init\n`,
    );
    expect(await examine()).toMatchObject([
      { level: 'warn', remedy: 'after an upgrade: git signet init' },
    ]);
    upgrade();
    expect((await commit()).exit).not.toBe(0);
    const PATH = `${join(machine.home, 'opt/0.2.0')}:${PLAIN}`;
    expect(await examine(PATH)).toMatchObject([{ level: 'fail', remedy: 'git signet init' }]);
    const again = await machine.git(repository, ['signet', 'init'], { PATH });
    expect(again.exit, again.err).toBe(0);
    const made = await commit();
    expect(made.exit, made.err).toBe(0);
  });

  it('another program of the same name is not taken, even if it says the same version', async () => {
    const other = machine.directory('other');
    const facts = JSON.stringify({ name: 'git-signet', version: '0.1.0' });
    const ran = join(machine.home, 'ran');
    const text = `#!/bin/sh\necho "$@" >>'${ran}'\necho '${facts}'\n`;
    writeFileSync(join(other, 'git-signet'), text, { mode: 0o755 });
    const layout = LAYOUTS['a folder for each version']?.(machine.home);
    const repository = await machine.repository('other-repository');
    const own = join(layout?.path[0] ?? '', 'git-signet');
    const PATH = `${other}:${PLAIN}`;
    await machine.must(repository, 'config', 'alias.own', `!${own}`);
    expect((await machine.git(repository, ['own', 'init'], { PATH })).exit).toBe(0);
    expect(readFileSync(ran, 'utf8')).toBe('version --json\n');
    expect(await machine.must(repository, 'config', 'gpg.x509.program')).toBe(own);
  });
});

describe('git signet doctor', () => {
  it('doctor names the lasting path for each file of one version, and init writes it', async () => {
    const { examine, signet, stable, written, repository } = await initialised('Homebrew');
    const old = join(machine.home, 'brew/Cellar/git-signet/0.1.0/bin/git-signet');
    await machine.must(repository, 'config', 'gpg.x509.program', old);
    await machine.must(repository, 'config', '--global', 'gpg.x509.program', old);
    const found = await examine();
    expect(found).toMatchObject([
      { level: 'warn', remedy: 'git signet init' },
      { level: 'warn', remedy: 'git signet init --global' },
    ]);
    for (const { detail } of found) expect(detail).toContain(`${stable} stays`);
    await signet('init');
    expect(await written()).toBe(stable);
    expect(await examine()).toMatchObject([
      { level: 'ok' },
      { level: 'warn', remedy: 'git signet init --global' },
    ]);
    await signet('init', '--global');
    expect((await examine()).map(({ level }) => level)).toEqual(['ok']);
  });

  it('reports a path that is gone in a file that does not count here', async () => {
    const { examine, repository } = await initialised('Homebrew');
    const gone = join(machine.home, 'gone/git-signet');
    await machine.must(repository, 'config', '--global', 'gpg.x509.program', gone);
    expect(await examine()).toMatchObject([
      { level: 'ok' },
      {
        level: 'warn',
        remedy: 'git signet init --global',
        detail: expect.stringContaining('gone'),
      },
    ]);
  });
});
