/**
 * What `verify` and `verify-tag` are told: who may have signed, by which trust, how to report. The identity
 * flags are gitsign's (cosign's CertVerifyOptions); where both a value and a pattern are given, both must match.
 */

import type { ArgumentSpec, ParsedArguments } from '../../cli/arguments.ts';
import { UsageError } from '../../errors.ts';
import { IDENTITY_FLAGS } from '../../gate/identity-flags.ts';
import { FORMATS, type FormatName } from '../../report/formats.ts';

const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

/** Options that both commands take. */
export const VERIFY_SPEC = {
  options: {
    ...Object.fromEntries(IDENTITY_FLAGS.map((flag) => [flag, 'value'] as const)),
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
  --format ${FORMAT_NAMES.join('|')}
                                     jsonl: one result a line; github: annotations and
                                     job summary; html: a page; vsa: in-toto summary
  --jobs N                           threads (default: one a core)`;

export const EXIT_HELP = `Exit: 0 all verified, 1 refused, 6 not allowed, 5 unsigned, 3 undecided, 2 usage`;

/** @throws UsageError for a format that is not offered */
export function formatOf(args: ParsedArguments): FormatName {
  const format = args.values.get('format') ?? 'text';
  const known = FORMAT_NAMES.find((name) => name === format);
  if (known !== undefined) return known;
  throw new UsageError(`--format ${format}: expected ${FORMAT_NAMES.join(', ')}`);
}

/** @throws UsageError for anything but 1 to 256 */
export function jobsOf(args: ParsedArguments, cores: number): number {
  const text = args.values.get('jobs');
  if (text === undefined) return cores;
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (jobs < 1 || jobs > 256) throw new UsageError(`--jobs ${text}: expected 1 to 256`);
  return jobs;
}
