/**
 * Reads from flags which signers may pass. The flags are gitsign's (cosign's CertVerifyOptions). If both a value and a
 * pattern are given, both must match.
 */

import type { ParsedArguments } from '../cli/spec.ts';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { anchoredPattern } from '../core/policy/patterns.ts';
import type { IdentityPolicy, IdentityRule } from '../core/verdict.ts';
import { UsageError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';

/** Fulcio extensions (1.3.6.1.4.1.57264.1.N) that the workflow flags compare. */
const WORKFLOW_EXTENSIONS: Readonly<Record<string, string>> = {
  'certificate-github-workflow-trigger': '2',
  'certificate-github-workflow-sha': '3',
  'certificate-github-workflow-name': '4',
  'certificate-github-workflow-repository': '5',
  'certificate-github-workflow-ref': '6',
};

const FLAGS = {
  identity: 'certificate-identity',
  identityPattern: 'certificate-identity-regexp',
  issuer: 'certificate-oidc-issuer',
  issuerPattern: 'certificate-oidc-issuer-regexp',
} as const;

/** Returns a flag's value. An empty value is refused, because it would match nothing, or anything. */
function given(args: ParsedArguments, flag: string): string | undefined {
  const value = args.values.get(flag);
  if (value === '') throw new UsageError(`--${flag} is empty`);
  return value;
}

function pattern(args: ParsedArguments, flag: string): string | undefined {
  const text = given(args, flag);
  if (text === undefined) return undefined;
  try {
    anchoredPattern(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error);
    throw new UsageError(`--${flag} is not a regular expression: ${why}`);
  }
  return text;
}

function workflowExtensions(args: ParsedArguments): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(WORKFLOW_EXTENSIONS).flatMap(([flag, arc]) => {
    const value = given(args, flag);
    return value === undefined ? [] : [[arc, value] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/**
 * Returns the policy of the identity flags, or undefined if none is given.
 * @throws UsageError if the identity or its issuer is missing: any issuer could vouch for that name (threat P03)
 */
export function policyOfFlags(args: ParsedArguments, crypto: Crypto): IdentityPolicy | undefined {
  const identity = given(args, FLAGS.identity);
  const identityPattern = pattern(args, FLAGS.identityPattern);
  const issuer = given(args, FLAGS.issuer);
  const issuerPattern = pattern(args, FLAGS.issuerPattern);
  const extensions = workflowExtensions(args);
  const anyIdentity = identity ?? identityPattern;
  const anyIssuer = issuer ?? issuerPattern;
  if (anyIdentity === undefined && anyIssuer === undefined && extensions === undefined) {
    return undefined;
  }
  if (anyIdentity === undefined || anyIssuer === undefined) {
    const [missing, example] =
      anyIdentity === undefined
        ? [FLAGS.identity, 'alice@example.com']
        : [FLAGS.issuer, 'https://accounts.example.com'];
    throw new UsageError(`--${missing} (or --${missing}-regexp) is needed too`, {
      hint: `add: --${missing} ${example}`,
    });
  }
  const rule: IdentityRule = {
    name: 'flags',
    identity,
    identityPattern,
    issuer,
    issuerPattern,
    extensions,
  };
  const digest = toHex(crypto.hash('sha256', utf8(JSON.stringify(rule))));
  return { source: 'the flags', digest, identitiesOnly: true, rules: [rule] };
}

/** Returns the error of a run that has no policy, with the flags that would give it one. */
export function noPolicyGiven(): UsageError {
  return new UsageError('no policy is given: whose signatures should pass?', {
    hint:
      'try --policy-from origin/main, or add: --policy FILE, or --certificate-identity NAME with ' +
      '--certificate-oidc-issuer URL, or --unsafe-any-identity',
  });
}

/** Returns the arguments, with every signer allowed if neither arguments nor settings say who may sign. git itself asks no policy then. */
export function orAnySigner(
  args: ParsedArguments,
  { policy }: Pick<Settings, 'policy'>,
): ParsedArguments {
  const { values, switches, flags } = args;
  const said =
    policy !== undefined ||
    flags.policy !== undefined ||
    values.has('policy-from') ||
    [...values.keys()].some((name) => name.startsWith('certificate-'));
  return said ? args : { ...args, switches: new Set([...switches, 'unsafe-any-identity']) };
}
