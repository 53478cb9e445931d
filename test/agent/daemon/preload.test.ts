import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { importsOf, readSources } from '../../../scripts/imports.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PRELOAD = 'src/agent/daemon/preload.ts';

/** What they load on use belongs to commands and to logins, which are the client's. */
const OF_CLIENTS = [
  'src/commands/agent/agent.ts',
  'src/login/obtain-token.ts',
  'src/login/ci/sources.ts',
];
/** Loaded before the agent listens. */
const AT_START = [
  'src/agent/forward/forward.ts',
  'src/agent/forward/audit.ts',
  'src/agent/forward/scope.ts',
  'src/agent/forward/confirm.ts',
  'src/agent/keyring/keyring.ts',
  'src/system/crypto.ts',
  // git is asked for the committer before the second socket is opened, and not again
  'simple-git',
  'debug',
];

it('the agent loads at its start every file that it may use, because an upgrade takes the files away (D24)', () => {
  const imports = importsOf(readSources(root, 'src')).filter(({ typeOnly }) => !typeOnly);
  const followed = imports.filter(({ from, lazy }) => !lazy || !OF_CLIENTS.includes(from));
  const edges = Map.groupBy(followed, ({ from }) => from);
  const reached = new Set(['src/commands/agent/run.ts']);
  for (const path of reached) for (const { to } of edges.get(path) ?? []) reached.add(to);
  const onUse = followed.filter(({ from, lazy }) => lazy && reached.has(from) && from !== PRELOAD);
  const preloaded = imports.filter(({ from }) => from === PRELOAD).map(({ to }) => to);
  const ready = new Set([...preloaded, ...AT_START]);
  // what stands in a file that was loaded at once is there too
  const statically = imports.filter(({ lazy }) => !lazy);
  for (const path of new Set([...ready, 'src/commands/agent/run.ts'])) {
    const seen = new Set([path]);
    for (const at of seen) for (const { from, to } of statically) if (from === at) seen.add(to);
    for (const each of seen) ready.add(each);
  }
  const late = onUse.filter(({ to }) => !ready.has(to) && !to.startsWith('node:'));
  expect(late.map(({ from, to }) => `${from} loads ${to}`)).toEqual([]);
  expect(onUse.length).toBeGreaterThan(10);
});
