/**
 * Plain data → IdentityPolicy: the `signers` of a policy file. A rule that cannot be read is an error, never a
 * rule that is passed over (threats P03, P11).
 */

import { ConfigError } from '../../errors.ts';
import type { IdentityPolicy, IdentityRule } from '../verdict.ts';

/** Where something stands in a policy file, for messages: `line 3, column 5`. */
export type Locate = (path: readonly (string | number)[]) => string;

interface Reader {
  readonly source: string;
  readonly locate: Locate;
}

function fault(reader: Reader, path: readonly (string | number)[], problem: string): ConfigError {
  return new ConfigError(`${reader.source}, ${reader.locate(path)}: ${problem}`, {
    code: 'POLICY_FILE',
    hint: 'a signer is { name, identity, issuer }, each on a line of its own',
  });
}

function asMap(
  reader: Reader,
  value: unknown,
  path: readonly (string | number)[],
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fault(reader, path, 'expected keys and values');
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw fault(reader, [...path, key], `unknown key '${key}'`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function asText(reader: Reader, value: unknown, path: readonly (string | number)[]): string {
  if (typeof value !== 'string' || value === '') {
    throw fault(reader, path, `'${path.at(-1)}' must be text and not empty`);
  }
  return value;
}

function asRule(reader: Reader, value: unknown, index: number): IdentityRule {
  const path = ['signers', index];
  const signer = asMap(reader, value, path, ['name', 'identity', 'issuer']);
  for (const key of ['name', 'identity', 'issuer']) {
    if (signer[key] === undefined) throw fault(reader, path, `a signer without '${key}'`);
  }
  return {
    name: asText(reader, signer.name, [...path, 'name']),
    identity: asText(reader, signer.identity, [...path, 'identity']),
    issuer: asText(reader, signer.issuer, [...path, 'issuer']),
  };
}

/**
 * Reads the data of a policy file: `version: 1` and `signers`.
 * `digest` is the lower-case hex SHA-256 of the file. @throws ConfigError POLICY_FILE with line and column.
 */
export function policyFromData(
  data: unknown,
  source: string,
  digest: string,
  locate: Locate,
): IdentityPolicy {
  const reader = { source, locate };
  const policy = asMap(reader, data, [], ['version', 'signers']);
  if (policy.version !== 1) throw fault(reader, ['version'], 'expected version: 1');
  const { signers } = policy;
  if (!Array.isArray(signers) || signers.length === 0) {
    throw fault(reader, ['signers'], 'expected a list of signers, at least one');
  }
  const rules = signers.map((signer: unknown, index) => asRule(reader, signer, index));
  const names = new Set<string>();
  for (const [index, { name }] of rules.entries()) {
    if (names.has(name)) {
      throw fault(reader, ['signers', index, 'name'], `a second signer named '${name}'`);
    }
    names.add(name);
  }
  return { source, digest, rules };
}
