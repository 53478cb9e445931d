/** Finds `attestations` that no statement can fulfil, because only a login signs statements. */

import type { IdentityPolicy } from './model.ts';

/** Returns the odd rules, with the label of each. */
export function attestationOddities({
  rules,
  attestations = [],
}: IdentityPolicy): readonly { readonly where: string; readonly what: string }[] {
  const withLogin = new Set(rules.map(({ name }) => name));
  return attestations
    .filter(({ by }) => (by ?? [...withLogin]).every((name) => !withLogin.has(name)))
    .map(({ label }) => ({
      where: label,
      what: 'it names keys only, and a key cannot sign a statement',
    }));
}
