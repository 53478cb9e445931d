/** Sets up what judges the refs of a push: trust root, policy, statements, and the proof store if the hook's owner turned it on. */

import { openProofAccess, type ProofAccess } from '../../gate/proofs/access.ts';
import { setUpVerify, type VerifySetup } from '../../gate/setup.ts';
import type { PushedRef } from '../../statements/refs.ts';
import { openStatements } from '../../statements/store.ts';
import type { PolicyQuestion } from './policy.ts';

/** What judges some refs of a push. */
export interface HookSetup extends VerifySetup {
  /** Undefined unless the user's own configuration, or an option of the hook, turned the proof store on. */
  readonly proofs: ProofAccess | undefined;
}

export interface SetupQuestion extends PolicyQuestion {
  /** By the revision of the policy. */
  readonly setups: Map<string, Promise<HookSetup>>;
  /** Statements that come with the push. No ref holds them yet. */
  readonly statements: readonly PushedRef[];
}

/** Loads trust root and policy once for all refs that are judged by the same rules. */
export function setupFor(push: SetupQuestion, revision: string | undefined): Promise<HookSetup> {
  const { setups } = push;
  const known = setups.get(revision ?? '') ?? load(push, revision);
  setups.set(revision ?? '', known);
  return known;
}

async function load(push: SetupQuestion, revision: string | undefined): Promise<HookSetup> {
  const { args, invocation, caller, statements: pushed } = push;
  const values = new Map(args.values);
  if (revision !== undefined) values.set('policy-from', revision);
  const made = await setUpVerify({ ...args, values }, invocation, caller);
  const proofs = await openProofAccess(made, invocation, false);
  const close = (): Promise<void> => {
    proofs?.close();
    return made.close();
  };
  const statements = openStatements(made.repository, pushed);
  return { ...made, pushed, statements, proofs, close };
}

/** Returns the setup for one ref, whose report counts its own proofs. `tips` are read and judged anew. */
export function setupOfRef(shared: HookSetup, tips: readonly string[]): HookSetup {
  const proofs = shared.proofs && { ...shared.proofs, always: new Set(tips), reused: 0 };
  return { ...shared, proofs };
}
