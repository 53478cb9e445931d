import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyChange, currentValues, isChanged, takeBack } from '../../src/git/config-change.ts';
import { configLines, followLinks, globalFile, replaceFile } from '../../src/git/config-file.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const home = scratchDirectory('config-change');
const place = { cwd: home, env: bareEnvironment(home) };
const refused = expect.objectContaining({ code: 'CONFIG', exitCode: 2 });
const KEYS = ['signet.identity', 'signet.issuer'];
let count = 0;

function changeOf(content?: string | Buffer) {
  count += 1;
  const file = join(home, `config ${count}`);
  if (content !== undefined) writeFileSync(file, content);
  return { place, file, keys: KEYS, mark: 'signet.undo.use' };
}

const ALICE = { 'signet.identity': ['alice@example.test'] };
const BOB = { 'signet.identity': ['bob@example.test'] };

/** Files as people write them: what undo must restore to the byte. */
const FILES: readonly (readonly [name: string, content: string | Buffer])[] = [
  ['an empty file', ''],
  ['a file without its last line end', '[user]\n\tname = Alice'],
  ['a file with CRLF', '[user]\r\n\tname = Alice\r\n'],
  ['a file with the key, oddly written', '[SIGNET]identity=old ; why\n[user]\n  name=A\n'],
  ['a file with the key twice', '[signet]\nidentity = a\n[x]\ny\n[signet]\n\tidentity = b\n'],
  ['a file with comments around an empty section', '# mine\n[signet]\n# here\n\n[core]\n\tbare\n'],
  ['a file that is not UTF-8', Buffer.from('[user]\n\tname = J\xfcrgen\n', 'latin1')],
  ['a file that ends in zeros', `[a]\n\tb = ${'0'.repeat(64)}\n`],
];

describe('a change of one file', () => {
  it.each(FILES)(
    'of %s is taken back to the byte, also after a second change',
    async (_, content) => {
      const change = changeOf(content);
      await applyChange(change, ALICE);
      expect((await currentValues(change))['signet.identity']).toEqual(['alice@example.test']);
      await applyChange(change, { ...BOB, 'signet.issuer': ['https://issuer.example.test'] });
      expect(await isChanged(change)).toBe(true);
      await takeBack(change);
      expect(readFileSync(change.file)).toEqual(Buffer.from(content));
      expect(await takeBack(change)).toBeUndefined();
    },
  );

  it('a file that was not there is removed again', async () => {
    const change = changeOf();
    await applyChange(change, ALICE);
    await takeBack(change);
    expect(statSync(change.file, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('a file that another program has edited since loses our keys only', async () => {
    const change = changeOf('[user]\n\tname = Alice\n[signet]\n\tidentity = old\n');
    await applyChange(change, ALICE);
    const edited = `${readFileSync(change.file, 'utf8')}[core]\n\teditor = vi\n`;
    writeFileSync(change.file, edited);
    await applyChange(change, BOB);
    expect(await takeBack(change)).toEqual({
      putBack: [{ key: 'signet.identity', values: ['old'] }],
      left: [],
    });
    expect(readFileSync(change.file, 'utf8')).toBe(
      '[user]\n\tname = Alice\n[signet]\n\tidentity = old\n[core]\n\teditor = vi\n',
    );
  });

  it('a value that the user has changed since stays', async () => {
    const change = changeOf('');
    await applyChange(change, ALICE);
    const text = readFileSync(change.file, 'utf8');
    writeFileSync(change.file, text.replace('= alice@example.test', '= carol@example.test'));
    expect((await takeBack(change))?.left).toEqual(['signet.identity']);
    expect((await currentValues(change))['signet.identity']).toEqual(['carol@example.test']);
    expect(await isChanged(change)).toBe(false);
  });

  it('two commands that change one file are taken back in either order', async () => {
    const first = changeOf('[user]\n\tname = Alice\n');
    const second = { ...first, keys: ['gpg.format'], mark: 'signet.undo.init' };
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      await applyChange(first, ALICE);
      await applyChange(second, { 'gpg.format': ['x509'] });
      for (const change of order) await takeBack(change);
      expect(readFileSync(first.file, 'utf8')).toBe('[user]\n\tname = Alice\n');
    }
  });

  it('links are followed, and stay links', async () => {
    const folder = join(home, 'dotfiles');
    mkdirSync(folder);
    writeFileSync(join(folder, 'gitconfig'), '[user]\n\tname = Alice\n');
    symlinkSync('gitconfig', join(folder, 'second'));
    const file = join(home, 'linked');
    symlinkSync('dotfiles/second', file);
    const change = { ...changeOf(), file };
    await applyChange(change, ALICE);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readlinkSync(file)).toBe('dotfiles/second');
    expect(readFileSync(join(folder, 'gitconfig'), 'utf8')).toContain('alice@example.test');
    await takeBack(change);
    expect(readFileSync(join(folder, 'gitconfig'), 'utf8')).toBe('[user]\n\tname = Alice\n');
    symlinkSync('circle', join(home, 'circle'));
    expect(() => followLinks(join(home, 'circle'))).toThrow(refused);
  });

  it('a file keeps its mode, and a read-only file is refused and stays', async () => {
    const change = changeOf('[user]\n\tname = Alice\n');
    writeFileSync(change.file, '', { mode: 0o600 });
    rmSync(change.file);
    writeFileSync(change.file, '[user]\n\tname = Alice\n', { mode: 0o600 });
    await applyChange(change, ALICE);
    expect(statSync(change.file).mode & 0o777).toBe(0o600);
    const fixed = changeOf();
    writeFileSync(fixed.file, '[a]\n', { mode: 0o444 });
    await expect(applyChange(fixed, ALICE)).rejects.toMatchObject({ code: 'CONFIG_READ_ONLY' });
    expect(readFileSync(fixed.file, 'utf8')).toBe('[a]\n');
  });

  it('a file that another git holds locked, or has just changed, is left alone', () => {
    const { file } = changeOf('[a]\n');
    writeFileSync(`${file}.lock`, '');
    expect(() => replaceFile(file, '[a]\n', '[b]\n')).toThrow(refused);
    rmSync(`${file}.lock`);
    expect(() => replaceFile(file, '[before]\n', '[b]\n')).toThrow(refused);
    expect(readFileSync(file, 'utf8')).toBe('[a]\n');
    expect(statSync(`${file}.lock`, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('the lines of a file', () => {
  it('git reads the lines to paste as the values that were meant', async () => {
    const values = {
      'signet.identity': ['a "b" \\ c # d', ' blanks '],
      'includeIf.gitdir:/home/a "b"/x.y/.path': ['/home/alice/one; two'],
    };
    const { file } = changeOf(`${configLines(values).join('\n')}\n`);
    expect(await currentValues({ place, file, keys: Object.keys(values), mark: '' })).toEqual(
      values,
    );
  });
});

describe('the user’s own file', () => {
  it('is the one that git would write', () => {
    const other = scratchDirectory('own-file');
    const env = { HOME: other };
    expect(globalFile({ cwd: '/', env })).toBe(join(other, '.gitconfig'));
    mkdirSync(join(other, '.config/git'), { recursive: true });
    writeFileSync(join(other, '.config/git/config'), '');
    expect(globalFile({ cwd: '/', env })).toBe(join(other, '.config/git/config'));
    writeFileSync(join(other, '.gitconfig'), '');
    expect(globalFile({ cwd: '/', env })).toBe(join(other, '.gitconfig'));
    expect(globalFile({ cwd: '/', env: { ...env, GIT_CONFIG_GLOBAL: '/c' } })).toBe('/c');
    expect(() => globalFile({ cwd: '/', env: {} })).toThrow(refused);
  });
});
