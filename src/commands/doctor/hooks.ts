/** What `doctor` says about our hook: who starts it, and whether another program took its place. */

import { existsSync } from 'node:fs';
import { visible } from '../../core/escape.ts';
import { isSignetError } from '../../errors.ts';
import { type HookName, isOurs, readHook } from '../../git/hooks.ts';
import type { Invocation } from '../../system/invocation.ts';
import { passesAway } from '../../system/program/stable-path.ts';
import { type HooksPlace, hooksPlace } from '../hooks/place.ts';
import { signedPushNeeds } from '../hooks/signed-push-needs.ts';
import { type Standing, standingOf } from '../hooks/standing.ts';
import { type DoctorCheck, fail, ok, warn } from './check.ts';

const INSTALL = 'git signet hooks install';

/** Returns the program that a hook of ours starts, and the command that writes the hook again with the same options. */
function partsOf(path: string): { readonly program: string; readonly again: string } {
  const pattern = /^exec (?:'([^']*)'|(\S+)) hooks run (\S+)(.*) -- "\$@"$/m;
  const [, quoted, plain = '', hook = '', options = ''] = pattern.exec(readHook(path)) ?? [];
  const more = options === '' ? '' : ` --${options}`;
  return { program: quoted ?? plain, again: `${INSTALL} --${hook}${more}` };
}

function checkReached(hook: HookName, { manager, displaced }: Standing, path: string): DoctorCheck {
  const by = manager === undefined ? '' : `, by ${manager.name}`;
  const where = visible(`${hook}: ${path}${by}`);
  if (isOurs(path)) {
    const { program, again } = partsOf(path);
    if (program.startsWith('/') && !existsSync(program)) {
      return fail('hooks', `${where} starts ${visible(program)}, which is gone`, again);
    }
    if (passesAway(program)) {
      const what = `${where} starts ${visible(program)}, and an upgrade may remove it`;
      return warn('hooks', what, `after an upgrade: ${again}`);
    }
  }
  const [left] = displaced;
  return left === undefined
    ? ok('hooks', where)
    : warn('hooks', `${where}, but ${visible(left)} is ours too, and nothing starts it`, INSTALL);
}

function checkHook(hook: HookName, standing: Standing): readonly DoctorCheck[] {
  const { reached, displaced, orphan, manager } = standing;
  if (reached !== undefined) return [checkReached(hook, standing, reached)];
  const [lost = orphan] = displaced;
  if (lost !== undefined) {
    const who = manager === undefined ? 'another program' : manager.name;
    const what = `${hook}: no push is judged: ${who} took the place of our hook (${visible(lost)})`;
    return [fail('hooks', what, INSTALL)];
  }
  if (manager?.starts === undefined || manager.pending === undefined) return [];
  const what = `${hook}: no push is judged: ${manager.name} has not put its hook in place`;
  return [warn('hooks', what, manager.pending)];
}

/** Returns what a server's hook lacks for the signed pushes that the policy asks for. */
async function checkSignedPushes(
  invocation: Invocation,
  place: HooksPlace,
): Promise<readonly DoctorCheck[]> {
  const { reached } = await standingOf(place, 'pre-receive');
  if (reached === undefined) return [];
  const needs = await signedPushNeeds(invocation, readHook(reached));
  return needs.map(({ what, remedy }) => fail('hooks', what, remedy));
}

/** Returns a line for each hook that is or was ours. Without one, or outside a repository, there is no line. */
export async function checkHooks(invocation: Invocation): Promise<readonly DoctorCheck[]> {
  const { cwd, env } = invocation;
  try {
    const place = await hooksPlace(cwd, env);
    const names = place.bare ? (['pre-receive'] as const) : (['pre-push', 'pre-receive'] as const);
    const found = await Promise.all(
      names.map(async (hook) => checkHook(hook, await standingOf(place, hook))),
    );
    return [...found.flat(), ...(place.bare ? await checkSignedPushes(invocation, place) : [])];
  } catch (error) {
    if (isSignetError(error) && 'code' in error && error.code === 'GIT_FAILED') return [];
    if (isSignetError(error)) return [fail('hooks', visible(error.message), error.hint)];
    throw error;
  }
}
