/** Where a log is shown: with colours or without, in a pager or straight, as git decides it (git-config(1)). */

import { type ConfigEntry, gitBoolean, ownValue } from '../../git/config.ts';
import type { LogArguments } from '../../git/log/arguments.ts';
import type { Look } from '../../report/log/layout.ts';
import { wantsColour } from '../../system/colour.ts';
import type { Invocation } from '../../system/invocation.ts';
import { showsUnicode } from '../../system/locale.ts';
import { type Pager, startPager } from '../../system/pager.ts';

export interface Screen extends Look {
  /** @throws OutputClosed once the reader has gone */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** True while a pager shows it. */
  readonly paged: () => boolean;
  readonly close: () => Promise<void>;
}

/** Returns the command line of the pager, or undefined if there is no pager to start (pager.c, git_pager). */
export function pagerOf(
  entries: readonly ConfigEntry[],
  { env, streams }: Pick<Invocation, 'env' | 'streams'>,
): string | undefined {
  if (!streams.outputIsTerminal) return undefined;
  const own = ownValue(entries, 'pager.log');
  const wanted = own === undefined ? undefined : gitBoolean(own);
  if (wanted === false) return undefined;
  const named = own !== undefined && wanted === undefined ? own : undefined;
  const command = env.GIT_PAGER ?? named ?? ownValue(entries, 'core.pager') ?? env.PAGER ?? 'less';
  return command === '' || command === 'cat' ? undefined : command;
}

function coloured(
  { colour }: Pick<LogArguments, 'colour'>,
  entries: readonly ConfigEntry[],
  {
    env,
    seen,
    paged,
  }: Pick<Invocation, 'env'> & { readonly seen: boolean; readonly paged: boolean },
): boolean {
  if (colour !== 'auto') return colour === 'always';
  if (!wantsColour({ env, seen })) return false;
  const inPager = entries.findLast(({ key }) => key === 'color.pager');
  return !paged || inPager === undefined || gitBoolean(inPager.value) !== false;
}

/** The screen of one log. The pager starts with the first byte, so an error before it is seen. */
export function openScreen(
  look: Pick<LogArguments, 'colour'>,
  entries: readonly ConfigEntry[],
  invocation: Pick<Invocation, 'env' | 'cwd' | 'streams'>,
): Screen {
  const { env, cwd, streams } = invocation;
  const command = pagerOf(entries, invocation);
  // git started one around this program: git -p signet log
  const inUse = env.GIT_PAGER_IN_USE === 'true';
  const seen = streams.outputIsTerminal || inUse;
  let pager: Pager | undefined;
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (command === undefined) return streams.write(bytes);
    pager ??= startPager(command, cwd, env);
    await pager.write(bytes);
  };
  return {
    colour: coloured(look, entries, { env, seen, paged: command !== undefined || inUse }),
    unicode: showsUnicode(env, process.platform),
    ...{ seen, write },
    paged: () => pager !== undefined,
    close: async () => pager?.close(),
  };
}
