/** Asks git whether output is coloured (`color.ui`), for the commands of this program. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { type Paint, painter, wantsColour } from '../system/colour.ts';
import type { Invocation } from '../system/invocation.ts';
import { gitEnvironment } from './environment.ts';
import { findGit, runGit } from './process.ts';

type Place = Pick<Invocation, 'cwd' | 'env' | 'streams'>;

/** Returns whether stdout is coloured here. git is asked only if the output may be. */
export async function colourHere({ cwd, env, streams }: Place): Promise<boolean> {
  const { outputIsTerminal: seen } = streams;
  if (!seen || !wantsColour({ env, seen })) return wantsColour({ env, seen });
  const git = findGit(env);
  if (git === undefined) return true;
  const place = { git, cwd, env: gitEnvironment(env) };
  const { exitCode, stdout } = await runGit(place, ['config', '--get', 'color.ui'], {
    silent: true,
  });
  const ui = exitCode === 0 ? fromUtf8Lossy(stdout).trim() : undefined;
  return wantsColour({ env, seen, ui });
}

/** Returns the painter for stdout here. */
export async function painterHere(place: Place): Promise<Paint> {
  return painter(await colourHere(place));
}
