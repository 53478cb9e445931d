/** A pusher who reads nothing of the server's report: it stops, and stays connected. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, vi } from 'vitest';
import { useGatedServer } from '../support/gated-server.ts';
import { useSandbox } from '../support/sandbox.ts';

const { gated } = useGatedServer('push-stopped', useSandbox());

/** So many lines that no pipe between the hook and the pusher holds them. */
const COMMITS = 6000;

it('a hook whose report is not read ends all the same, and nothing is accepted (K14)', async () => {
  const { bare, client, base, refs } = await gated('stopped', ['--within', '8s']);
  const hook = join(bare, 'hooks/pre-receive');
  const marker = join(client.home, 'ended');
  renameSync(hook, `${hook}.ours`);
  // its exit code is written down, because the pusher does not read that either. The shell tells nothing to the pusher: it
  // would block in saying that its child was killed.
  const wrapper = `#!/bin/sh\nexec 3>&2 >/dev/null 2>&1\n(exec '${hook}.ours' >&3 2>&3)\necho $? >'${marker}'\nexit 1\n`;
  writeFileSync(hook, wrapper, { mode: 0o755 });
  const person = 'Alice <alice@example.test> 1700000000 +0000';
  const commits = Array.from({ length: COMMITS }, (_, i) => {
    const from = i === 0 ? `from ${base}\n` : '';
    return `commit refs/heads/many\ncommitter ${person}\ndata ${`${i}`.length}\n${i}\n${from}\n`;
  });
  client.gitWith({ input: Buffer.from(commits.join('')) }, 'fast-import', '--quiet');
  const before = refs();

  const push = spawn('git', ['push', `file://${bare}`, 'many:refs/heads/many'], {
    cwd: client.path,
    env: client.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(push, 'close');
  // nothing reads what the pusher is told, so in the end the hook cannot write any more
  await vi.waitFor(() => expect(existsSync(marker)).toBe(true), { timeout: 50_000, interval: 200 });
  expect(readFileSync(marker, 'utf8')).toBe('137\n');
  const told = await text(push.stderr);
  expect((await closed)[0]).toBe(1);
  expect(told).toContain('pre-receive hook declined');
  expect(refs()).toBe(before);
});
