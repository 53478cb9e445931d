/**
 * Decides whether a run uses the proof store, and opens it. A job in CI and a hook run beside code of other people, which
 * could read the key. There the store is off until the user's own configuration turns it on.
 */

import type { RangeMemory } from '../../git/known-ranges.ts';
import { ciSystem } from '../../login/ci/sources.ts';
import { EVIDENCE, runtimeName } from '../../store/scope.ts';
import type { Invocation } from '../../system/invocation.ts';
import type { VerifySetup } from '../setup.ts';
import type { RunProofs } from './proved-objects.ts';

/** The proofs of one run. */
export interface ProofAccess extends RunProofs {
  readonly always: Set<string>;
  /** Ranges that were proved before. */
  readonly ranges: RangeMemory;
  readonly close: () => void;
}

/** Returns whether the store is on here. */
export function usesStore(
  { store }: Pick<VerifySetup, 'store'>,
  { env }: Pick<Invocation, 'env'>,
  byDefault: boolean,
): boolean {
  return store === 'on' || (store === 'auto' && byDefault && ciSystem(env) === undefined);
}

/** Opens the store for a run. `byDefault` is false in a hook. Returns undefined if it is off, or cannot be used. */
export async function openProofAccess(
  setup: Pick<VerifySetup, 'store' | 'judge'>,
  { env, terminal }: Pick<Invocation, 'env' | 'terminal'>,
  byDefault: boolean,
): Promise<ProofAccess | undefined> {
  if (EVIDENCE === undefined || !usesStore(setup, { env }, byDefault)) return undefined;
  const [{ notUsed, openStore }, { proofsIn }, { rangeMemory }] = await Promise.all([
    import('../../store/open.ts'),
    import('../../store/proofs.ts'),
    import('../../store/ranges.ts'),
  ]);
  const { say } = terminal;
  const opened = openStore({ env, say });
  if (opened === undefined) return undefined;
  const { trust, ignoreSct, unlogged = false, format, now } = setup.judge;
  const { digest, withoutCtLog = false } = trust;
  const flags = JSON.stringify({ ignoreSct, unlogged, withoutCtLog });
  const build = [EVIDENCE, runtimeName(), format];
  const more = { say, now, hashBytes: format === 'sha1' ? 20 : 32 };
  const { close } = opened.file;
  try {
    const store = proofsIn(opened, { ...more, facts: ['evidence', ...build, digest, flags] });
    const ranges = rangeMemory(opened, { ...more, facts: ['range', ...build] });
    return { store, ranges, always: new Set(), reused: 0, close };
  } catch (error) {
    close();
    say(notUsed(error));
    return undefined;
  }
}
