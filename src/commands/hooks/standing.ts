/** Which program starts our hook, and which hooks of ours nothing starts any more, because another program displaced them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asideOf, type HookName, isOurs, oursIn, removeHook } from '../../git/hooks.ts';
import { type Manager, managerOf } from './managers.ts';
import type { HooksPlace } from './place.ts';

export interface Standing {
  readonly manager: Manager | undefined;
  /** The file by which pushes reach ours, or undefined if none does. */
  readonly reached: string | undefined;
  /** Hooks of ours that nothing starts: lefthook makes `pre-push.old` of ours, pre-commit `pre-push.legacy`. */
  readonly displaced: readonly string[];
  /** What stood there before ours, where ours was written over. */
  readonly orphan: string | undefined;
}

/** @throws ConfigError */
export async function standingOf(place: HooksPlace, hook: HookName): Promise<Standing> {
  const manager = await managerOf(place, hook);
  const active = join(place.directory, hook);
  const folders = [...new Set([place.directory, place.own])];
  const ours = folders.flatMap((folder) => oursIn(folder, hook));
  const reached = isOurs(active)
    ? active
    : manager?.pending === undefined
      ? manager?.starts
      : undefined;
  const displaced = ours.filter((path) => path !== reached);
  const aside = asideOf(place.directory, hook);
  const orphan = ours.length === 0 && existsSync(aside) ? aside : undefined;
  return { manager, reached, displaced, orphan };
}

/** Removes hooks of ours. Returns the paths to which an earlier hook came back. */
export function removeOurs(paths: readonly string[], hook: HookName): readonly string[] {
  return paths.filter((path) => removeHook(path, hook));
}
