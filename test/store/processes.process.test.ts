import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { storePath } from '../../src/store/open.ts';
import { whileLocked } from '../support/store/locked.ts';
import { filled, mustOpen, opened, proved, scratchUser } from '../support/store/proofs.ts';

const FILL = fileURLToPath(new URL('../support/store/fill.ts', import.meta.url));

function fill(env: Record<string, string>, first: number, count: number): ChildProcess {
  const args = [FILL, String(first), String(count)];
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<string> {
  let talk = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    talk += chunk.toString();
  });
  await once(child, 'close');
  return talk;
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

describe('processes that share the proof store', () => {
  it('write at once: every proof that is found is whole, and no process says a word (H6)', async () => {
    const env = scratchUser();
    const children = [0, 5000, 10_000, 15_000].map((first) => fill(env, first, 5000));
    const talks = await Promise.all(children.map(ended));
    expect(talks.join('')).toBe('');
    const { known, close, said } = mustOpen(env);
    const found = known(numbers(20_000));
    // a page that met another writer is left out
    expect(found.length).toBeGreaterThan(2000);
    expect(said).toEqual([]);
    close();
  });

  it('are killed at any moment: the store stays whole, and the next run goes on (H7)', async () => {
    const env = scratchUser();
    const EACH = 8192;
    let before = 0;
    for (let round = 0; round < 8; round += 1) {
      const child = fill(env, round * EACH, EACH);
      child.stdout?.once('data', () => setTimeout(() => child.kill('SIGKILL'), 5 * round));
      await ended(child);
      const { store, known, close, said } = mustOpen(env);
      expect(store.file.get('PRAGMA integrity_check')).toMatchObject({ integrity_check: 'ok' });
      const found = known(numbers((round + 1) * EACH)).length;
      expect(found).toBeGreaterThanOrEqual(before);
      expect(said).toEqual([]);
      before = found;
      close();
    }
    expect(before).toBeGreaterThan(7 * 256);
  });
});

describe('a lock that another process holds on the proof store', () => {
  const COUNT = 600;
  const all = numbers(COUNT);
  const user = (): Record<string, string> => {
    const env = scratchUser();
    filled(env, COUNT);
    return env;
  };
  const fileOf = (env: Record<string, string>): string => storePath(env) ?? '';
  const locked = [expect.stringContaining('another process has locked it')];

  it('and that keeps readers away: one line says so, and the next run finds all again (H11)', async () => {
    const env = user();
    expect(await whileLocked(fileOf(env), 'all', () => opened(env))).toEqual(locked);
    const { known, close, said } = mustOpen(env);
    expect(known(all)).toHaveLength(COUNT);
    expect(said).toEqual([]);
    close();
  });

  it.each([
    ['a few pages', 600],
    ['many pages', 6000],
  ])(
    'and that keeps writers away: what is there is found, and one line says that nothing of %s is kept (H11)',
    async (_name, more) => {
      const env = user();
      await whileLocked(fileOf(env), 'writers', () => {
        const { proofs, known, close, said } = mustOpen(env);
        expect(known(all)).toHaveLength(COUNT);
        for (let number = COUNT; number < COUNT + more; number += 1) proofs.keep(proved(number));
        close();
        expect(said).toEqual(locked);
      });
      const { proofs, known, close, said } = mustOpen(env);
      expect(known(numbers(COUNT + more))).toEqual(all);
      proofs.keep(proved(COUNT));
      proofs.flush();
      expect(known([COUNT])).toEqual([COUNT]);
      expect(said).toEqual([]);
      close();
    },
  );
});
