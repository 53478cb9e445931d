/**
 * Plain data → IdentityPolicy: the `signers` of a policy file, or the identity flags of a command line. A rule that
 * cannot be read is an error, never a rule that is passed over (threats P03, P11).
 */

import { ConfigError, UsageError } from '../../errors.ts';
import { toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import type { IdentityPolicy, IdentityRule } from '../verdict.ts';
import { anchoredPattern } from './identity.ts';

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

/** `--certificate-github-workflow-*` → the Fulcio extension that it compares (last arc of 1.3.6.1.4.1.57264.1.N). */
const WORKFLOW_ARCS: Readonly<Record<string, string>> = {
  'certificate-github-workflow-trigger': '2',
  'certificate-github-workflow-sha': '3',
  'certificate-github-workflow-name': '4',
  'certificate-github-workflow-repository': '5',
  'certificate-github-workflow-ref': '6',
};

/** The flags that say who is acceptable, for a command's option table. */
export const IDENTITY_FLAGS: Readonly<Record<string, 'value'>> = {
  'certificate-identity': 'value',
  'certificate-identity-regexp': 'value',
  'certificate-oidc-issuer': 'value',
  'certificate-oidc-issuer-regexp': 'value',
  ...Object.fromEntries(Object.keys(WORKFLOW_ARCS).map((flag) => [flag, 'value' as const])),
};

function checkedPattern(flag: string, pattern: string | undefined): string | undefined {
  if (pattern === undefined) return undefined;
  try {
    anchoredPattern(pattern);
    return pattern;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--${flag}: not a regular expression (${why})`);
  }
}

/**
 * The policy that the identity flags spell out; undefined when none of them was given.
 * An exact value and a pattern must both match when both are given.
 * @throws UsageError for an empty value, a broken pattern, or an identity without issuer and the reverse (P03)
 */
export function policyFromFlags(
  values: ReadonlyMap<string, string>,
  crypto: Crypto,
): IdentityPolicy | undefined {
  const given = [...values].filter(([flag]) => Object.hasOwn(IDENTITY_FLAGS, flag));
  if (given.length === 0) return undefined;
  const empty = given.find(([, value]) => value === '');
  if (empty !== undefined) throw new UsageError(`--${empty[0]} is empty`);
  const identity = values.get('certificate-identity');
  const identityPattern = values.get('certificate-identity-regexp');
  const issuer = values.get('certificate-oidc-issuer');
  const issuerPattern = values.get('certificate-oidc-issuer-regexp');
  if (identity === undefined && identityPattern === undefined) {
    throw new UsageError('who may sign is missing: --certificate-identity or -regexp');
  }
  if (issuer === undefined && issuerPattern === undefined) {
    throw new UsageError(
      'an identity counts only with its issuer: --certificate-oidc-issuer or -regexp',
    );
  }
  checkedPattern('certificate-identity-regexp', identityPattern);
  checkedPattern('certificate-oidc-issuer-regexp', issuerPattern);
  const extensions: Record<string, string> = {};
  for (const [flag, value] of given) {
    const arc = WORKFLOW_ARCS[flag];
    if (arc !== undefined) extensions[arc] = value;
  }
  const rule: IdentityRule = {
    name: 'flags',
    ...(identity === undefined ? {} : { identity }),
    ...(identityPattern === undefined ? {} : { identityPattern }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(issuerPattern === undefined ? {} : { issuerPattern }),
    extensions,
  };
  const digest = toHex(crypto.hash('sha256', utf8(JSON.stringify(rule))));
  return { source: 'flags', digest, rules: [rule] };
}
