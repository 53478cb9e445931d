import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ledgerFor,
  ledgerPath,
  ledgerTrouble,
  openLedger,
  readLedger,
} from '../../src/signing/ledger.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'git-signet-ledger-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const path = (): string => join(home, 'state', 'ledger.jsonl');
const leaf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const intent = (byte: number) => ({
  identity: 'alice@example.test',
  log: 'https://log.example.test',
  leaf: leaf(byte),
});
const hex = (byte: number): string => Buffer.from(leaf(byte)).toString('hex');

describe('the ledger', () => {
  it('has a line before the log is asked, and the index after it (M06)', () => {
    const ledger = openLedger(path(), () => 1_800_000_000);
    ledger.intend(intent(1));
    ledger.intend(intent(2));
    ledger.logged(leaf(1), 77n);
    const line = {
      time: 1_800_000_000,
      identity: 'alice@example.test',
      log: 'https://log.example.test',
    };
    expect(readLedger(path())).toEqual([
      { ...line, leaf: hex(1), index: '77' },
      { ...line, leaf: hex(2) },
    ]);
  });

  it('holds nothing but time, identity, log, digest and index, for this user alone', () => {
    const ledger = openLedger(path(), () => 0);
    ledger.intend(intent(1));
    ledger.logged(leaf(1), 5n);
    const lines = readFileSync(path(), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => Object.keys(line))).toEqual([
      ['time', 'identity', 'log', 'digest'],
      ['digest', 'index'],
    ]);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('stops no signature if it cannot be written, and says why when it is asked', () => {
    mkdirSync(join(home, 'state', 'ledger.jsonl'), { recursive: true });
    const ledger = openLedger(path(), () => 0);
    ledger.intend(intent(1));
    ledger.logged(leaf(1), 5n);
    expect(ledgerTrouble(path())).toBeInstanceOf(Error);
    rmSync(path(), { recursive: true });
    expect(ledgerTrouble(path())).toBeUndefined();
  });

  it('is not written through a link', () => {
    mkdirSync(join(home, 'state'));
    writeFileSync(join(home, 'victim'), '');
    symlinkSync(join(home, 'victim'), path());
    openLedger(path(), () => 0).intend(intent(1));
    expect(readFileSync(join(home, 'victim'), 'utf8')).toBe('');
  });

  it('begins a new file when it is full, and both are read', () => {
    const ledger = openLedger(path(), () => 0);
    ledger.intend(intent(1));
    const filler = `${JSON.stringify({ digest: 'x', fill: 'y'.repeat(1000) })}\n`;
    writeFileSync(path(), filler.repeat(8500), { flag: 'a' });
    ledger.intend(intent(2));
    ledger.intend(intent(3));
    ledger.logged(leaf(1), 9n);
    expect(statSync(path()).size).toBeLessThan(1000);
    const lines = readLedger(path()).map((line) => [line.leaf, line.index]);
    expect(lines).toEqual([
      [hex(1), '9'],
      [hex(2), undefined],
      [hex(3), undefined],
    ]);
  });

  it('passes over lines that were cut short, and keeps none if the setting says so', () => {
    const ledger = openLedger(path(), () => 0);
    ledger.intend(intent(1));
    writeFileSync(path(), '{"time":"2027-01-0', { flag: 'a' });
    writeFileSync(path(), '\nnull\n', { flag: 'a' });
    ledger.intend(intent(2));
    expect(readLedger(path()).map((line) => line.leaf)).toEqual([hex(1), hex(2)]);
    const env = { XDG_STATE_HOME: join(home, 'other') };
    ledgerFor({ ledger: false }, { env, now: () => 0 }).intend(intent(1));
    expect(readLedger(ledgerPath(env))).toEqual([]);
    ledgerFor({ ledger: true }, { env, now: () => 0 }).intend(intent(1));
    expect(readLedger(ledgerPath(env))).toHaveLength(1);
  });
});
