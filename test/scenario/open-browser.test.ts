/**
 * The browser helper, from outside. macOS and Windows are not here: the built program is told that it is there, and meets a
 * stand-in for the program that the library starts. That shows what the program would be given, and not that a browser opens.
 */

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../support/git-repository.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const HOSTILE = "http://127.0.0.1:4711/login/x?a=$(touch%20x)&b=`id`;y|'\u2019&calc";
const POWERSHELL = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe';

/** A folder with a stand-in for `name`, and what it was given. */
function standIn(name: string, exit = 0) {
  const folder = scratchDirectory('open-browser');
  const path = join(folder, name);
  const seen = join(folder, 'seen');
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" > ${seen}\nexit ${exit}\n`);
  chmodSync(path, 0o755);
  const given = () =>
    existsSync(seen) ? readFileSync(seen, 'utf8').split('\n').slice(0, -1) : undefined;
  return { folder, given };
}

type Form = readonly [name: string, words: readonly string[]];

/** The Node form, told that it runs on another system. */
function onPlatform(platform: string): Form {
  const folder = scratchDirectory('platform');
  const preload = join(folder, 'platform.cjs');
  writeFileSync(
    preload,
    `Object.defineProperty(process, 'platform', { value: ${JSON.stringify(platform)} });`,
  );
  const node = [process.execPath, '--no-memory-protection-keys', '--require', preload];
  return [platform, [...node, join(dist, 'node/git-signet.cjs')]];
}

const HERE: readonly Form[] = [
  ['Linux, executable', [join(dist, 'git-signet')]],
  ['Linux, Node form', onPlatform('linux')[1]],
];
const MAC = onPlatform('darwin');

function show([, [program = '', ...words]]: Form, folder: string, address: string) {
  const env = { PATH: folder, SYSTEMROOT: 'C:\\Windows' };
  const input = Buffer.from(address);
  return run(program, [...words, 'open-browser'], { cwd: folder, env, input });
}

describe('the browser helper', () => {
  it.each<[string, Form, string]>([
    ...HERE.map((form): [string, Form, string] => [form[0], form, 'xdg-open']),
    ['macOS', MAC, 'open'],
  ])('%s: hands the address on as one argument (O12)', (_, form, name) => {
    const { folder, given } = standIn(name);
    expect(show(form, folder, HOSTILE)).toMatchObject({ exit: 0, out: '', err: '' });
    expect(given()).toEqual([new URL(HOSTILE).href]);
  });

  it('Windows: hands the address to PowerShell as one quoted word (O12)', () => {
    const { folder, given } = standIn(POWERSHELL);
    expect(show(onPlatform('win32'), folder, HOSTILE)).toMatchObject({ exit: 0, err: '' });
    expect(given()).toContain('-NoProfile');
    const script = Buffer.from(given()?.at(-1) ?? '', 'base64').toString('utf16le');
    const word = new URL(HOSTILE).href.replaceAll("'", "''");
    expect(script).toBe(`$ProgressPreference = 'SilentlyContinue'; Start '${word}'`);
  });

  it.each([...HERE, MAC])(
    '%s: tells of a program that fails, and of one that is not there',
    (...form) => {
      const { folder } = standIn(form === MAC ? 'open' : 'xdg-open', 3);
      expect(show(form, folder, 'http://127.0.0.1/').exit).toBe(4);
      expect(show(form, scratchDirectory('none'), 'http://127.0.0.1/').exit).toBe(4);
    },
  );

  it.each(HERE)('%s: starts nothing for another address (O12)', (...form) => {
    const { folder, given } = standIn('xdg-open');
    const refused = show(form, folder, 'file:///etc/passwd');
    expect(refused).toMatchObject({ exit: 3, out: '' });
    expect(refused.err).toMatch(/neither https nor on this machine/);
    expect(given()).toBeUndefined();
  });
});
