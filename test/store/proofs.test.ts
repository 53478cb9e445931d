import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeStoreFile } from '../../src/store/database.ts';
import { storeKeyPath } from '../../src/store/key.ts';
import { storePath } from '../../src/store/open.ts';
import { bytesUsed } from '../../src/store/size.ts';
import { filled, mustOpen, opened, proved, scratchUser } from '../support/store/proofs.ts';

const COUNT = 600;
const ALL = Array.from({ length: COUNT }, (_, number) => number);

const fileOf = (env: Record<string, string>): string => storePath(env) ?? '';
const keyOf = (env: Record<string, string>): string => storeKeyPath(env) ?? '';

function filledUser(): Record<string, string> {
  const env = scratchUser();
  filled(env, COUNT);
  return env;
}

/** What a run finds, and what it says. Every proof that is found is the right one. */
function found(
  env: Record<string, string>,
  more?: Parameters<typeof opened>[1],
): { readonly count: number; readonly said: readonly string[] } {
  const one = opened(env, more);
  if (!('proofs' in one)) return { count: 0, said: one };
  const count = one.known(ALL).length;
  one.proofs.keep(proved(COUNT));
  one.close();
  return { count, said: one.said };
}

describe('the proof store', () => {
  it('finds every proof again, in any order, and none that was not kept', () => {
    const env = filledUser();
    const { known, close, said } = mustOpen(env);
    expect(known(ALL.toReversed())).toHaveLength(COUNT);
    expect(known([5, COUNT, 3, COUNT + 1])).toEqual([5, 3]);
    expect(said).toEqual([]);
    close();
  });

  it('is a private file with a private key that is not in the cache', () => {
    const env = filledUser();
    expect(statSync(fileOf(env)).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(fileOf(env))).mode & 0o777).toBe(0o700);
    expect(statSync(keyOf(env)).mode & 0o777).toBe(0o600);
    expect(keyOf(env)).toContain('/state/');
    const secret = readFileSync(keyOf(env));
    expect(readFileSync(fileOf(env)).includes(secret)).toBe(false);
  });

  it('is private while it is open, also in a folder that others may read', () => {
    const env = scratchUser();
    mkdirSync(dirname(fileOf(env)), { recursive: true });
    chmodSync(dirname(fileOf(env)), 0o755);
    const { proofs, close } = mustOpen(env);
    proofs.keep(proved(1));
    proofs.flush();
    const modes = ['', '-wal', '-shm'].map((end) => statSync(`${fileOf(env)}${end}`).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    close();
  });

  it('filled under another trust root or by another build answers nothing (H5)', () => {
    const env = filledUser();
    expect(found(env, { facts: ['trust b', 'build a'] })).toEqual({ count: 0, said: [] });
    expect(found(env, { facts: ['trust a', 'build b'] })).toEqual({ count: 0, said: [] });
    expect(found(env, { facts: ['trust abuild a'] })).toEqual({ count: 0, said: [] });
    expect(found(env).count).toBe(COUNT);
  });

  it('of another user or from a fork answers nothing, and one line says so (H3)', () => {
    const [env, other] = [filledUser(), scratchUser()];
    mkdirSync(dirname(fileOf(other)), { recursive: true });
    copyFileSync(fileOf(env), fileOf(other));
    const { count, said } = found(other);
    expect(count).toBe(0);
    expect(said).toEqual([expect.stringContaining('of another key')]);
  });

  it('whose key is removed answers nothing, and a new key is made (H3)', () => {
    const env = filledUser();
    rmSync(keyOf(env));
    expect(found(env)).toEqual({ count: 0, said: [expect.stringContaining('of another key')] });
    expect(existsSync(keyOf(env))).toBe(true);
  });

  it('rolled back to an older state only knows less (H2)', () => {
    const env = scratchUser();
    filled(env, 300);
    copyFileSync(fileOf(env), `${fileOf(env)}.old`);
    filled(env, COUNT);
    removeStoreFile(fileOf(env));
    renameSync(`${fileOf(env)}.old`, fileOf(env));
    expect(found(env)).toEqual({ count: 300, said: [] });
  });

  it('that is removed while it is open, or between two runs, costs only time', () => {
    const env = filledUser();
    const { known, close } = mustOpen(env);
    removeStoreFile(fileOf(env));
    expect(known(ALL)).toHaveLength(COUNT);
    close();
    expect(found(env)).toEqual({ count: 0, said: [] });
  });

  it('drops what was not used for the longest time before it grows over its limit', () => {
    const env = scratchUser();
    filled(env, COUNT, { facts: ['old'], now: 1 });
    filled(env, COUNT, { limit: 150_000, now: 2 });
    expect(found(env, { facts: ['old'] }).count).toBe(0);
    expect(found(env).count).toBe(COUNT);
    filled(env, 5000, { limit: 300_000, now: 3 });
    const { store, close } = mustOpen(env);
    expect(bytesUsed(store.file)).toBeLessThan(500_000);
    close();
  });
});

describe('a store that cannot be written says one line, and the run goes on (H8)', () => {
  it('if the disk is full: what is there is still found', () => {
    const env = filledUser();
    const { store, proofs, known, close, said } = mustOpen(env);
    store.file.get('PRAGMA max_page_count = 1');
    for (let number = COUNT; number < 40 * COUNT; number += 1) proofs.keep(proved(number));
    expect(known(ALL)).toHaveLength(COUNT);
    close();
    expect(said).toEqual([expect.stringContaining('full')]);
    expect(found(env)).toEqual({ count: COUNT, said: [] });
  });

  it('if there is no room for its folder', () => {
    const env = scratchUser();
    writeFileSync(env['XDG_CACHE_HOME'] ?? '', 'a file');
    expect(found(env)).toEqual({ count: 0, said: [expect.stringContaining('not a directory')] });
  });

  it('if there is no room for the key', () => {
    const env = scratchUser();
    writeFileSync(env['XDG_STATE_HOME'] ?? '', 'a file');
    expect(found(env)).toEqual({ count: 0, said: [expect.stringContaining('not a directory')] });
  });

  it('if the environment names no home, there is no store and no word', () => {
    expect(opened({})).toEqual([]);
  });
});

/** Every table of the file, written over. */
const POISON: readonly (readonly [name: string, sql: string])[] = [
  [
    'a byte of each page is another',
    "UPDATE page SET bytes = CAST(substr(bytes, 1, 300) || x'00' || substr(bytes, 302) AS BLOB)",
  ],
  ['a page is cut short', 'UPDATE page SET bytes = CAST(substr(bytes, 1, 400) AS BLOB)'],
  ['a page is longer', "UPDATE page SET bytes = CAST(bytes || x'00' AS BLOB)"],
  ['each mark is another', 'UPDATE page SET mark = zeroblob(32)'],
  ['each mark is empty', "UPDATE page SET mark = x''"],
  [
    'a page has the mark of the next',
    'UPDATE page SET mark = (SELECT mark FROM page AS next WHERE next.id <> page.id LIMIT 1)',
  ],
  ['a mark is text', "UPDATE page SET mark = 'mark'"],
  ['a page is text', "UPDATE page SET bytes = 'bytes'"],
  ['a page is a number', 'UPDATE page SET bytes = 7'],
  ['a page is very long', 'UPDATE page SET bytes = zeroblob(60000000)'],
  ['the index leads elsewhere', 'UPDATE place SET page = page % 3 + 1'],
  ['the index leads nowhere', 'UPDATE place SET page = 999'],
  ['the index leads to a text', "UPDATE place SET page = 'x'"],
  ['pages are of another part', 'UPDATE page SET part = 2'],
  ['the scope is of another key', "UPDATE scope SET owner = x'01'"],
  ['the scope is text', "UPDATE scope SET digest = 'x', owner = 'y'"],
  ['there is no page', 'DELETE FROM page'],
  ['there is no scope', 'DELETE FROM scope'],
];

describe('a poisoned store changes no verdict, says at most one line, and the run goes on (H1)', () => {
  it.each(POISON)('if %s', (_name, sql) => {
    const env = filledUser();
    const { store, close } = mustOpen(env);
    store.file.run(sql);
    close();
    const { said } = found(env);
    expect(said.length).toBeLessThanOrEqual(1);
  });

  it('if a page is moved under the scope of another trust root', () => {
    const env = filledUser();
    filled(env, 1, { facts: ['trust b'] });
    const { store, close } = mustOpen(env);
    store.file.run('UPDATE page SET scope = (SELECT max(id) FROM scope)');
    store.file.run('UPDATE OR REPLACE place SET scope = (SELECT max(id) FROM scope)');
    close();
    const { count, said } = found(env, { facts: ['trust b'] });
    expect(count).toBeLessThanOrEqual(1);
    expect(said).toEqual([expect.stringContaining('does not carry your mark')]);
  });

  it('if it holds a view or a trigger, whose author would choose what runs', () => {
    const env = filledUser();
    const { store, close } = mustOpen(env);
    store.file.run('CREATE TRIGGER t AFTER INSERT ON page BEGIN DELETE FROM scope; END');
    close();
    const { count, said } = found(env);
    expect(count).toBe(0);
    expect(said).toEqual([expect.stringContaining('git signet store clear')]);
  });

  it('if any single byte of the file is another', () => {
    const env = filledUser();
    const whole = readFileSync(fileOf(env));
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 40)) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      removeStoreFile(fileOf(env));
      writeFileSync(fileOf(env), changed);
      expect(found(env).said.length).toBeLessThanOrEqual(1);
    }
  });

  it('if it is cut short anywhere, or is no database', () => {
    const env = filledUser();
    const whole = readFileSync(fileOf(env));
    for (const length of [0, 1, 99, 4096, 8192, 40_000, whole.length - 1]) {
      removeStoreFile(fileOf(env));
      writeFileSync(fileOf(env), whole);
      truncateSync(fileOf(env), length);
      expect(found(env).said.length).toBeLessThanOrEqual(1);
    }
    removeStoreFile(fileOf(env));
    writeFileSync(
      fileOf(env),
      'a text that is no database, and longer than its header is'.repeat(9),
    );
    expect(found(env)).toEqual({ count: 0, said: [expect.stringContaining('store clear')] });
  });

  it('if it is a link or a folder', () => {
    const env = filledUser();
    renameSync(fileOf(env), `${fileOf(env)}.elsewhere`);
    symlinkSync(`${fileOf(env)}.elsewhere`, fileOf(env));
    expect(found(env)).toEqual({ count: 0, said: [expect.stringContaining('not a plain file')] });
    rmSync(fileOf(env));
    mkdirSync(fileOf(env));
    expect(found(env)).toEqual({ count: 0, said: [expect.stringContaining('not a plain file')] });
  });
});

describe('a key that is not private is not used, one line says why, and the run goes on (H4)', () => {
  const spoil: readonly (readonly [string, string, (key: string) => void])[] = [
    ['other users can read it', 'its mode is 644', (key) => chmodSync(key, 0o644)],
    [
      'it is a link',
      'ELOOP',
      (key) => {
        renameSync(key, `${key}.x`);
        symlinkSync(`${key}.x`, key);
      },
    ],
    ['it is empty', '32 bytes', (key) => truncateSync(key, 0)],
    ['it is longer', '32 bytes', (key) => writeFileSync(key, 'k'.repeat(33))],
    [
      'it is a folder',
      'not a plain file',
      (key) => {
        rmSync(key);
        mkdirSync(key, { mode: 0o700 });
      },
    ],
  ];
  it.each(spoil)('if %s', (_name, words, change) => {
    const env = filledUser();
    change(keyOf(env));
    const { count, said } = found(env);
    expect(count).toBe(0);
    expect(said).toEqual([expect.stringContaining(words)]);
    expect(said[0]).toContain(keyOf(env));
  });
});
