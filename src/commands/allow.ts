/** `git signet allow`: shows the settings of a repository that do not count, and lets them count there. */

import type { Command, Run } from '../cli/command.ts';
import { visible, withoutSecrets } from '../core/escape.ts';
import { ExitCode, UsageError } from '../errors.ts';
import { type AskedSetting, allowEntries, askedHere, forgetAllowed } from '../settings/allowed.ts';
import { classOf } from '../settings/table.ts';
import type { Invocation } from '../system/invocation.ts';
import { writePage } from '../system/layout.ts';

const WHY = {
  harmless: '',
  milder: 'can make a verdict milder',
  reaching: 'decides what runs, or where a login or a signature goes',
  both: 'can make a verdict milder, and decides where a login or a signature goes',
  protected: 'never counts from a repository: git config --global',
} as const;

/** Shows a setting: `signet.policy = signers.yaml   (.git/config)`. The value may be hostile. */
export function shownSetting({ key, entry: { value, origin } }: AskedSetting): string {
  const text = value === undefined ? key : `${key} = ${withoutSecrets(value)}`;
  return `${visible(text)}   (${visible(origin)})`;
}

function linesOf(asked: readonly AskedSetting[]): string {
  return asked.map((one) => `  ${shownSetting(one)}\n      ${WHY[classOf(one.name)]}\n`).join('');
}

async function here(
  invocation: Invocation,
): Promise<NonNullable<Awaited<ReturnType<typeof askedHere>>>> {
  const found = await askedHere(invocation);
  if (found !== undefined) return found;
  throw new UsageError('not in a git repository, so there is nothing to allow', {
    hint: 'run it inside the repository whose settings you want to allow',
  });
}

const run: Run = async ({ switches }, invocation) => {
  const { env, streams } = invocation;
  const { repository, asked } = await here(invocation);
  const where = visible(repository);
  if (switches.has('remove')) {
    const some = await forgetAllowed(repository, env);
    writePage(
      streams,
      some ? `nothing is allowed any more in ${where}\n` : 'nothing was allowed here\n',
    );
    return ExitCode.ok;
  }
  const never = asked.filter(({ allowed }) => allowed === 'never');
  const allowed = asked.filter((one) => one.allowed !== 'never');
  await allowEntries(
    allowed.map(({ entry }) => entry),
    repository,
    env,
    false,
  );
  if (allowed.length === 0) writePage(streams, `nothing to allow in ${where}\n`);
  else
    writePage(
      streams,
      `allowed in ${where}:\n${linesOf(allowed)}  undo: git signet allow --remove\n`,
    );
  if (never.length > 0) writePage(streams, `not allowed:\n${linesOf(never)}`);
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'let this repository set what counts',
  options: { remove: { meaning: 'undo it' } },
  about: [
    "A repository's own .git/config is written by the person who made the directory. So a value there does not count for git signet if it could make a verdict milder, run a program, or decide where a login or a signature goes. git's own two calls, which sign and verify, ignore the first kind only.",
    'This command shows each such value, and allows it in this repository. If a value changes later, or the repository moves, you must allow it again.',
  ],
  examples: [
    ['git signet allow', 'shows and allows what .git/config sets now'],
    ['git signet allow --remove', 'undo it'],
  ],
  notes: ['A value that is stricter counts at once: git signet help settings'],
  exits: { 0: 'done', 2: 'outside a repository, or where it cannot be remembered' },
  run,
};

/**
 * Allows the `keys` that a command of ours has just written to this repository's configuration, and no others. The other
 * settings of the repository are shown, because the user may not know them.
 */
export async function allowWritten(invocation: Invocation, keys: readonly string[]): Promise<void> {
  const { env, terminal } = invocation;
  const found = await askedHere(invocation);
  if (found === undefined) return;
  const { repository, asked } = found;
  const written = asked.filter(({ key }) => keys.includes(key));
  if (written.length > 0) {
    await allowEntries(
      written.map(({ entry }) => entry),
      repository,
      env,
      true,
    );
  }
  const waiting = asked.filter((one) => one.allowed !== 'yes' && !written.includes(one));
  if (waiting.length === 0) return;
  terminal.say(
    'this repository also sets what does not count until you allow it: git signet allow',
  );
  for (const one of waiting) terminal.hint(shownSetting(one));
}
