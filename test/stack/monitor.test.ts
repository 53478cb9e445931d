/** The monitor on real logs: Rekor v1 by its index and by its entries, and tiles of Rekor v2. */

import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ran } from '../support/git-repository.ts';
import { ALICE, forms, type StackRepository, stack, stackRepository } from '../support/stack.ts';

interface Line {
  readonly event: string;
  readonly entry: { readonly log: string; readonly kind: string; readonly logged: string | null };
}

const events = ({ out }: Ran): readonly Line[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** The files of Rekor v2, as a web server in front of it serves them: its own process takes entries in and nothing else. */
const files = createServer(({ url = '' }, response) => {
  const path = /^\/api\/v2\/((?:checkpoint|tile)[\w./]*)$/.exec(url)?.[1];
  try {
    response.end(readFileSync(join(stack.state, 'tiles', path ?? '')));
  } catch {
    response.writeHead(404).end();
  }
});
let tiles = '';
beforeAll(async () => {
  await new Promise<void>((done) => files.listen(0, '127.0.0.1', done));
  tiles = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
});
afterAll(() => files.close());

describe.each(forms)('the monitor ($name)', (form) => {
  const work: StackRepository = stackRepository(form);
  const other: StackRepository = stackRepository(form);
  const elsewhere: StackRepository = stackRepository(form);
  const state = join(work.home, 'monitored');
  const monitor = (...args: readonly string[]): Promise<Ran> =>
    work.signet([
      ...['monitor', '--trusted-root', stack.files.trustedRoot, '--rekor-url', tiles],
      ...['--format', 'jsonl', '--identity', ALICE, '--state', state, ...args],
    ]);
  const named = ['--repository', work.path, '--repository', other.path];

  it.each([[[]], [['--scan']]] as const)(
    'is silent about two repositories in both logs, and tells what was signed elsewhere, once (%j)',
    { timeout: 180_000 },
    async (way) => {
      rmSync(state, { recursive: true, force: true });
      const begun = await monitor('--init', ...way);
      expect([begun.exit, begun.out], begun.err).toEqual([0, '']);
      for (const repository of [work, other]) {
        await repository.commit('in Rekor v1');
        await repository.commit('in Rekor v2', { rekorVersion: 2 });
      }
      const quiet = await monitor(...named, ...way);
      expect([quiet.exit, quiet.out], quiet.err).toEqual([0, '']);
      await elsewhere.commit('in Rekor v1');
      await elsewhere.commit('in Rekor v2', { rekorVersion: 2 });
      const found = await monitor(...named, ...way);
      expect(found.exit, found.err).toBe(6);
      const told = events(found).map(({ event, entry }) => [
        event,
        entry.kind,
        entry.logged !== null,
      ]);
      expect(told.toSorted()).toEqual([
        ['unexplained-entry', 'hashedrekord 0.0.1', true],
        ['unexplained-entry', 'hashedrekord 0.0.2', false],
      ]);
      expect((await monitor(...named, ...way)).exit).toBe(0);
    },
  );

  it('knows by the ledger what this machine signed, with the tiles read where Rekor stores them', {
    timeout: 60_000,
  }, async () => {
    const more = { XDG_STATE_HOME: join(work.home, 'ledger') };
    const storage = join(stack.state, 'tiles');
    const here = ['monitor', '--trusted-root', stack.files.trustedRoot, '--tiles', storage];
    await work.signet([...here, '--identity', ALICE, '--init'], more);
    await work.commit('by this machine', {}, more);
    await work.commit('by this machine', { rekorVersion: 2 }, more);
    const ran = await work.signet(here, more);
    expect([ran.exit, ran.out], ran.err).toEqual([0, '']);
  });
});
