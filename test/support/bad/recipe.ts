/** What a bad sample is: an object, the check that must refuse it, and the reason. */

import type { Check, ReasonCode, Rejected } from '../../../src/core/verdict.ts';
import {
  armorOf,
  type Key,
  type Message,
  objectWith,
  resign,
  signedByStranger,
} from '../cms-edit.ts';
import { vector } from '../gitsign-vectors.ts';

export interface Recipe {
  /** File name: threat id, fault, `_fail`, the object's type. */
  readonly file: string;
  readonly check: Check;
  readonly code: ReasonCode;
  readonly status: Rejected['status'];
  readonly make: () => Uint8Array;
}

const UNDECIDED: readonly ReasonCode[] = [
  'log-entry-absent',
  'signature-kind-unsupported',
  'log-entry-unsupported',
];

export function recipe(
  name: string,
  check: Check,
  code: ReasonCode,
  make: () => Uint8Array,
  type = 'commit',
): Recipe {
  const status = UNDECIDED.includes(code) ? 'undecided' : 'refused';
  return { file: `${name}_fail.${type}`, check, code, status, make };
}

export const BASE = 'offline/01-plain.commit';

/** The sample's object with any text for a signature. */
export const withArmor = (armor: string, file = BASE): Uint8Array =>
  objectWith(armor, vector(file));

type Edit = (message: Message, key: Key) => void;

/** Changed, then signed by a fresh key: the signature is genuine, the message is not acceptable. */
export function signedAfter(
  name: string,
  code: ReasonCode,
  edit: Edit,
  check: Check = 'cms',
): Recipe {
  const changed: Edit = (message, key) => {
    edit(message, key);
    resign(message, key);
  };
  return changedAfter(name, code, changed, check);
}

/** Signed by a fresh key, then changed where no signature covers it. */
export function changedAfter(
  name: string,
  code: ReasonCode,
  edit: Edit,
  check: Check = 'cms',
): Recipe {
  return recipe(name, check, code, () => {
    const { message, key } = signedByStranger();
    edit(message, key);
    return withArmor(armorOf(message));
  });
}
