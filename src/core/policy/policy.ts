/**
 * Turns plain data into an IdentityPolicy, for policy files of version 1 (schema/policy.schema.json). A rule that cannot
 * be read is an error, and is never skipped (threats P03, P11, X11).
 */

import type { IdentityPolicy, IdentityRule } from './model.ts';
import { type Names, readObjectRules, readPushRule, resolveNames } from './object-rules.ts';
import { readAttestations } from './read-attestations.ts';
import { readRevoked } from './read-revoked.ts';
import { readVsa } from './read-vsa.ts';
import {
  asAnyMap,
  asCount,
  asMap,
  asText,
  asWord,
  type Fields,
  fault,
  type Locate,
  type Reader,
} from './reader.ts';
import { readSigner, type SignerRules } from './signers.ts';

export type { Locate } from './reader.ts';

const KEYS = [
  'version',
  'sequence',
  'since',
  'unlogged',
  'signers',
  'roles',
  'commits',
  'tags',
  'push',
  'attestations',
  'changes',
  'revoked',
  'vsa',
];

function readSigners(reader: Reader, value: unknown): readonly SignerRules[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw fault(reader, ['signers'], 'expected a list of at least one signer');
  }
  return value.map((item: unknown, index) => readSigner(reader, item, ['signers', index]));
}

/** Returns every name that rules may use, with its signers. Roles hold signers, not roles. */
function readNames(reader: Reader, policy: Fields, signers: readonly SignerRules[]): Names {
  const alone = new Map(signers.map(({ name }) => [name, [name] as readonly string[]]));
  if (policy.roles === undefined) return alone;
  const roles = asAnyMap(reader, policy.roles, ['roles']);
  const names = new Map(alone);
  for (const [role, members] of Object.entries(roles)) {
    if (alone.has(role)) throw fault(reader, ['roles', role], `'${role}' is a signer's name`);
    names.set(role, resolveNames(reader, members, ['roles', role], alone));
  }
  return names;
}

function readSince(reader: Reader, value: unknown): string {
  const since = asText(reader, value, ['since']);
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(since)) return since;
  throw fault(reader, ['since'], "'since' must be the full hash of a commit, in lower case");
}

/** Refuses entries that take back, without an end, every signer that may change the policy: no one could mend it. */
function refuseLockout(reader: Reader, policy: IdentityPolicy): void {
  const { rules, keys = [], revoked = [] } = policy;
  const changes = policy.changes ?? [...rules, ...keys].map(({ name }) => name);
  const open = revoked.flatMap(({ target }) =>
    target.kind === 'account' && target.until === undefined ? [target] : [],
  );
  const isLost = ({ identity, issuer }: IdentityRule): boolean =>
    open.some((target) => target.identity === identity && target.issuer === issuer);
  const keyed = keys.some(({ name }) => changes.includes(name));
  const left = rules.some((rule) => changes.includes(rule.name) && !isLost(rule));
  if (open.length === 0 || keyed || left) return;
  const problem = 'the entries hit every signer that may change the policy, and have no end';
  throw fault(reader, ['revoked'], `${problem}: give 'until', or name another signer in 'changes'`);
}

/**
 * Reads the data of a policy file. `digest` is the lower-case hex SHA-256 of the file.
 * @throws ConfigError POLICY_FILE with line and column
 */
export function policyFromData(
  data: unknown,
  source: string,
  digest: string,
  locate: Locate,
): IdentityPolicy {
  const reader = { source, locate };
  const policy = asMap(reader, data, [], KEYS);
  if (policy.version !== 1) throw fault(reader, ['version'], 'expected version: 1');
  const signers = readSigners(reader, policy.signers);
  const names = readNames(reader, policy, signers);
  const keys = signers.flatMap((signer) => signer.keys);
  const commits = readObjectRules(reader, 'commits', policy.commits, names);
  const tags = readObjectRules(reader, 'tags', policy.tags, names);
  const { sequence, since, unlogged, push, changes, revoked, vsa } = policy;
  const read: IdentityPolicy = {
    source,
    digest,
    rules: signers.flatMap(({ rules }) => rules),
    ...(keys.length === 0 ? {} : { keys }),
    ...(commits === undefined ? {} : { commits }),
    ...(tags === undefined ? {} : { tags }),
    ...(push === undefined ? {} : { push: readPushRule(reader, push) }),
    ...readAttestations(reader, policy.attestations, names),
    ...(changes === undefined
      ? {}
      : { changes: resolveNames(reader, changes, ['changes'], names) }),
    ...(sequence === undefined ? {} : { sequence: asCount(reader, sequence, ['sequence'], 1) }),
    ...(since === undefined ? {} : { since: readSince(reader, since) }),
    ...(unlogged === undefined
      ? {}
      : { unlogged: asWord(reader, unlogged, ['unlogged'], ['allowed']) }),
    ...(revoked === undefined ? {} : { revoked: readRevoked(reader, revoked) }),
    ...(vsa === undefined ? {} : { vsa: readVsa(reader, vsa, names) }),
  };
  refuseLockout(reader, read);
  return read;
}
