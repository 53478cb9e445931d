/**
 * The browser helper of macOS, Windows and WSL: one address on stdin, opened by the library `open`. It is a process of its
 * own because the library hands its whole environment on to the browser (login/browser/opener.ts).
 */

import { once } from 'node:events';
import type { Command, Run } from '../cli/command.ts';
import { fromUtf8Lossy } from '../core/bytes.ts';
import { ExitCode, UsageError } from '../errors.ts';
import { checkedUrl } from '../http/http.ts';
import { AT_ONCE } from '../login/browser/opener.ts';

const MAX_ADDRESS = 16 * 1024;

const run: Run = async (_args, { streams }) => {
  const text = fromUtf8Lossy(streams.readInput(MAX_ADDRESS));
  if (text === '') {
    throw new UsageError('this command is started by git-signet itself', {
      hint: 'run: git signet login',
    });
  }
  const { href } = checkedUrl(text, 'the login page');
  const { default: open } = await import('open');
  const child = await open(href).catch(() => undefined);
  if (child === undefined) return ExitCode.login;
  // on macOS the library does not look whether its program worked
  child.ref();
  const soon = { signal: AbortSignal.timeout(AT_ONCE) };
  const [code] =
    child.exitCode === null ? await once(child, 'exit', soon).catch(() => [0]) : [child.exitCode];
  return code === 0 ? ExitCode.ok : ExitCode.login;
};

export const command: Command = {
  summary: 'the browser helper',
  internal: true,
  about: [
    'git-signet itself starts this, to show the login page on macOS, on Windows and in WSL. You do not need it: run git signet login.',
  ],
  exits: {
    0: 'the page is shown',
    2: 'without an address',
    3: 'an address that is neither https nor on this machine',
    4: 'no browser can be started',
  },
  run,
};
