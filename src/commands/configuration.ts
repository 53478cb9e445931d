/** What the commands share that change git's configuration: `init`, `use` and `trust init`. */

import { visible } from '../core/escape.ts';
import { ConfigError, isSignetError, UsageError } from '../errors.ts';
import type { ConfigChange, ConfigValues, TakenBack } from '../git/config-change.ts';
import { repositoryFile } from '../git/config-edit.ts';
import { configLines, globalFile } from '../git/config-file.ts';
import type { Invocation } from '../system/invocation.ts';
import { writePage } from '../system/layout.ts';

/** The repository's file, or the user's own. */
export type WrittenScope = '--local' | '--global';

/** Returns the change of these keys by the command `what`, which takes it back by its record `signet.undo.WHAT`. */
export async function changeIn(
  { cwd, env }: Pick<Invocation, 'cwd' | 'env'>,
  scope: WrittenScope,
  what: string,
  keys: readonly string[],
): Promise<ConfigChange> {
  const place = { cwd, env };
  const file = scope === '--local' ? await repositoryFile(place) : globalFile(place);
  return { place, file, keys, mark: `signet.undo.${what}` };
}

/** Runs `write`. If the file is read-only, the error shows the lines to paste. @throws ConfigError */
export async function readOnlyWith(
  values: ConfigValues,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isSignetError(error) || error.code !== 'CONFIG_READ_ONLY') throw error;
    throw new ConfigError(`${error.message}, so nothing was changed`, {
      code: 'CONFIG_READ_ONLY',
      hint: 'add these lines at the place that the file is made from:',
      lines: configLines(values),
    });
  }
}

/** Prints what was put back, and what stays. @throws UsageError if there was nothing to take back */
export function tellTakenBack(
  taken: TakenBack | undefined,
  more: Pick<Invocation, 'streams' | 'terminal'> & {
    readonly scope: WrittenScope;
    /** What takes the change back in the user's own file. */
    readonly everywhere: string;
  },
): void {
  const { streams, terminal, scope, everywhere } = more;
  if (taken === undefined) {
    const hint = scope === '--local' ? `for all repositories: ${everywhere}` : undefined;
    throw new UsageError('nothing to undo here', { hint });
  }
  for (const key of taken.left) terminal.say(`left as it is, because it was changed since: ${key}`);
  for (const { key, values } of taken.putBack) {
    const now = values.length === 0 ? 'unset' : `= ${values.join(', ')}`;
    writePage(streams, `${visible(`${key} ${now}`)}\n`);
  }
}
