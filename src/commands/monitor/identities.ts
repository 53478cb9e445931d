/** Chooses for whom the monitor looks: identities that are named, the signers of a policy, or those of this machine's ledger. */

import { resolve } from 'node:path';
import type { ParsedArguments } from '../../cli/spec.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { IdentityRule } from '../../core/policy/model.ts';
import { UsageError } from '../../errors.ts';
import { readPolicyFile } from '../../gate/policy/file.ts';
import { namedRule } from '../../monitor/watch.ts';
import type { LedgerLine } from '../../signing/ledger.ts';

/** The sources of identities besides the arguments. */
export interface IdentitySources {
  readonly cwd: string;
  readonly crypto: Crypto;
  readonly ledger: readonly LedgerLine[];
}

/**
 * Returns the rules of the identities to look for. Those that are named count, or those of the policy, or both. Without
 * either, the ledger's count. @throws UsageError if there are none, ConfigError for a policy that cannot be read
 */
export async function watchedRules(
  { flags, lists, values }: ParsedArguments,
  { cwd, crypto, ledger }: IdentitySources,
): Promise<readonly IdentityRule[]> {
  const issuer = values.get('issuer');
  const named = (lists.get('identity') ?? []).map((identity) => namedRule(identity, issuer));
  if (issuer !== undefined && named.length === 0)
    throw new UsageError('--issuer needs the identity that it vouches for', {
      hint: 'add: --identity NAME',
    });
  const { policy } = flags;
  if (policy !== undefined) {
    const { rules } = await readPolicyFile(resolve(cwd, policy), crypto);
    // to look for nothing would be silence without end
    if (rules.length > 0) return [...named, ...rules];
    throw new UsageError(`${policy} names no keyless identity, so no log holds its signatures`);
  }
  if (named.length > 0) return named;
  const own = [...new Set(ledger.map(({ identity }) => identity))].map((name) => namedRule(name));
  if (own.length > 0) return own;
  throw new UsageError('there is no identity to look for: this machine has signed nothing yet', {
    hint: 'name one: git signet monitor --identity alice@example.com',
  });
}
