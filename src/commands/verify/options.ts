/**
 * What `verify` and `verify-tag` are told: who may have signed, by which trust, how to report. The identity
 * flags are gitsign's (cosign's CertVerifyOptions); where both a value and a pattern are given, both must match.
 */

import type { ArgumentSpec, ParsedArguments } from '../../cli/arguments.ts';
import { toHex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { anchoredPattern } from '../../core/policy/patterns.ts';
import type { IdentityPolicy, IdentityRule } from '../../core/verdict.ts';
import { UsageError } from '../../errors.ts';

const FORMATS = ['text', 'json', 'jsonl', 'github', 'sarif', 'junit', 'html', 'vsa'] as const;
export type Format = (typeof FORMATS)[number];

/** Fulcio extensions (1.3.6.1.4.1.57264.1.N) that the workflow flags compare. */
const WORKFLOW_EXTENSIONS: Readonly<Record<string, string>> = {
  'certificate-github-workflow-trigger': '2',
  'certificate-github-workflow-sha': '3',
  'certificate-github-workflow-name': '4',
  'certificate-github-workflow-repository': '5',
  'certificate-github-workflow-ref': '6',
};

const IDENTITY_FLAGS = {
  identity: 'certificate-identity',
  identityPattern: 'certificate-identity-regexp',
  issuer: 'certificate-oidc-issuer',
  issuerPattern: 'certificate-oidc-issuer-regexp',
} as const;

/** Options that both commands take. */
export const VERIFY_SPEC = {
  options: {
    ...Object.fromEntries(
      [...Object.values(IDENTITY_FLAGS), ...Object.keys(WORKFLOW_EXTENSIONS)].map(
        (flag) => [flag, 'value'] as const,
      ),
    ),
    'insecure-ignore-sct': 'switch',
    'policy-from': 'value',
    ref: 'value',
    'unsafe-any-identity': 'switch',
    format: 'value',
    jobs: 'value',
  },
  settings: ['trust', 'policy', 'since', 'offline', 'rekorUrl'],
} as const satisfies ArgumentSpec;

export const WHO_HELP = `Who may have signed (one of these is needed):
  --policy FILE                      signers of a policy file (default: signet.policy)
  --policy-from REV                  signers of .signet.yaml as of REV
  --policy-from parents              each commit by the policy in its parents
  --since COMMIT                     it and its ancestors are not judged (signet.since)
  --ref REF                          the ref that the commits are for, where rules differ
  --certificate-identity NAME        with --certificate-oidc-issuer URL; either may
  --certificate-identity-regexp RE     be a pattern instead (…-issuer-regexp), which
                                       must match the whole; given both, both must
  --certificate-github-workflow-{trigger,sha,name,repository,ref} VALUE
  --unsafe-any-identity              anybody whom the trust root vouches for`;

export const HOW_HELP = `How:
  --trusted-root FILE                trust this instead of the built-in root
  --offline                          never ask the network for a log entry
  --insecure-ignore-sct              do without the certificate transparency log
  --format text|json|jsonl|github|sarif|junit|html|vsa
                                     jsonl: one result a line; github: annotations and
                                     job summary; html: a page; vsa: in-toto summary
  --jobs N                           threads (default: one a core)`;

export const EXIT_HELP = `Exit: 0 all verified, 1 refused, 6 not allowed, 5 unsigned, 3 undecided, 2 usage`;

/** A value that stands on its flag; an empty one would match nothing, or anything. */
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
 * The policy that the identity flags spell out; undefined when there is none of them.
 * @throws UsageError when only one half is said: an identity without its issuer is nobody's (threat P03).
 */
export function policyOfFlags(args: ParsedArguments, crypto: Crypto): IdentityPolicy | undefined {
  const identity = given(args, IDENTITY_FLAGS.identity);
  const identityPattern = pattern(args, IDENTITY_FLAGS.identityPattern);
  const issuer = given(args, IDENTITY_FLAGS.issuer);
  const issuerPattern = pattern(args, IDENTITY_FLAGS.issuerPattern);
  const extensions = workflowExtensions(args);
  const someone = identity ?? identityPattern;
  const voucher = issuer ?? issuerPattern;
  if (someone === undefined && voucher === undefined && extensions === undefined) return undefined;
  if (someone === undefined || voucher === undefined) {
    const [missing, example] =
      someone === undefined
        ? [IDENTITY_FLAGS.identity, 'alice@example.com']
        : [IDENTITY_FLAGS.issuer, 'https://accounts.example.com'];
    throw new UsageError(`--${missing} (or --${missing}-regexp) is needed too`, {
      hint: `add: --${missing} ${example}`,
    });
  }
  const rule: IdentityRule = {
    name: 'flags',
    ...(identity === undefined ? {} : { identity }),
    ...(identityPattern === undefined ? {} : { identityPattern }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(issuerPattern === undefined ? {} : { issuerPattern }),
    ...(extensions === undefined ? {} : { extensions }),
  };
  const digest = toHex(crypto.hash('sha256', utf8(JSON.stringify(rule))));
  return { source: 'the flags', digest, identitiesOnly: true, rules: [rule] };
}

/** @throws UsageError for a format that is not offered */
export function formatOf(args: ParsedArguments): Format {
  const format = args.values.get('format') ?? 'text';
  const known = FORMATS.find((name) => name === format);
  if (known !== undefined) return known;
  throw new UsageError(`--format ${format}: expected ${FORMATS.join(', ')}`);
}

/** @throws UsageError for anything but 1 to 256 */
export function jobsOf(args: ParsedArguments, cores: number): number {
  const text = args.values.get('jobs');
  if (text === undefined) return cores;
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (jobs < 1 || jobs > 256) throw new UsageError(`--jobs ${text}: expected 1 to 256`);
  return jobs;
}

/** Nobody said who may have signed: what to add. */
export function nobodySaid(): UsageError {
  return new UsageError('who may have signed? nothing says so', {
    hint:
      'add: --policy FILE, or --policy-from REV, or --certificate-identity NAME with ' +
      '--certificate-oidc-issuer URL, or --unsafe-any-identity',
  });
}
