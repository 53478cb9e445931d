/**
 * The options of `verify` and `verify-tag`: who may have signed, which trust root, how to report. The identity flags are
 * gitsign's (cosign's CertVerifyOptions). If both a value and a pattern are given, both must match.
 */

import { grouped, settingOption } from '../../cli/options.ts';
import type { CommandSpec, OptionSpecs, ParsedArguments } from '../../cli/spec.ts';
import { UsageError } from '../../errors.ts';
import type { VerifySetup } from '../../gate/setup.ts';
import { type SourceRepository, sourceRepository } from '../../gate/source-repository.ts';
import { FORMATS, type FormatName } from '../../report/formats.ts';

const workflow = {
  takes: 'text',
  meaning: 'a value of the workflow in the certificate',
} as const;

const WHO = 'Who may have signed (one of these is needed)';

const POLICY_OPTIONS = grouped(WHO, {
  policy: settingOption('policy', {
    takes: 'file',
    value: 'FILE',
    meaning: 'its signers (default: signet.policy)',
  }),
  'policy-from': {
    takes: 'revision',
    value: 'REV|parents',
    meaning: "signers of REV's .signet.yaml, or of each parent's",
  },
});

const identity = { takes: 'text', meaning: 'this name, or a pattern for all of it' } as const;
const issuer = { takes: 'text', meaning: 'the issuer of the name, which must be given' } as const;

const IDENTITY_OPTIONS = grouped(WHO, {
  'certificate-identity': { ...identity, value: 'NAME' },
  'certificate-identity-regexp': { ...identity, value: 'RE' },
  'certificate-oidc-issuer': { ...issuer, value: 'URL' },
  'certificate-oidc-issuer-regexp': { ...issuer, value: 'RE' },
  'certificate-github-workflow-trigger': workflow,
  'certificate-github-workflow-sha': workflow,
  'certificate-github-workflow-name': workflow,
  'certificate-github-workflow-repository': workflow,
  'certificate-github-workflow-ref': workflow,
  'unsafe-any-identity': { meaning: 'every signer that the trust root vouches for' },
});

/** The options that name signers. */
export const SIGNER_OPTIONS: OptionSpecs = { ...POLICY_OPTIONS, ...IDENTITY_OPTIONS };

/** The options that name signers, and what they are judged for. */
export const WHO_OPTIONS: OptionSpecs = {
  ...POLICY_OPTIONS,
  ...grouped(WHO, {
    since: settingOption('since', {
      takes: 'revision',
      value: 'COMMIT|vsa',
      meaning: 'judge only what follows it (vsa: a good summary)',
    }),
    ref: {
      takes: 'text',
      value: 'REF',
      meaning: 'the ref that the commits are for',
    },
  }),
  ...IDENTITY_OPTIONS,
};

export const TRUST_OPTIONS = grouped('How', {
  'trusted-root': settingOption('trust', { meaning: 'trust this instead of the built-in root' }),
  'rekor-url': settingOption('rekorUrl', { meaning: 'the log to ask for missing entries' }),
  offline: settingOption('offline', { meaning: 'never ask the network for a log entry' }),
  'insecure-ignore-sct': { meaning: 'check no certificate transparency log' },
});

const REPORT_OPTIONS = grouped('How', {
  format: {
    takes: Object.keys(FORMATS),
    meaning: Object.entries(FORMATS)
      .map(([name, { meaning }]) => `${name}: ${meaning}`)
      .join('; '),
  },
  jobs: { takes: 'text', value: 'N', meaning: 'threads (default: one a core)' },
});

/** The option of the command that uses the proof store. */
export const STORE_OPTIONS = grouped('How', {
  'no-store': { meaning: 'verify all evidence anew, and keep no proofs' },
});

/** The options that `verify` and `verify-tag` share. */
export const VERIFY_OPTIONS: OptionSpecs = { ...WHO_OPTIONS, ...TRUST_OPTIONS, ...REPORT_OPTIONS };

/** The option of the two commands that can write a statement about the repository. */
export const STATEMENT_OPTIONS = grouped('How', {
  'repository-uri': {
    takes: 'text',
    value: 'URI',
    meaning: 'the repository of vsa and approvals (default: remotes)',
  },
});

/** The same for commands that write no such statement. */
export const APPROVAL_OPTIONS = grouped('How', {
  'repository-uri': {
    takes: 'text',
    value: 'URI',
    meaning: 'the repository that approvals must name (default: the remotes)',
  },
});

/** Returns true if a policy of the run may ask for approvals, which name the repository. */
function mayAskForApprovals({ policy, startBlob }: VerifySetup['choice']): boolean {
  const rules = [...(policy?.commits ?? []), ...(policy?.tags ?? [])];
  return startBlob !== undefined || rules.some(({ approvals }) => approvals !== undefined);
}

/**
 * Returns how summaries name the repository, or undefined if the run neither makes nor needs one. `sharded`: another format
 * may follow, or came before. @throws UsageError
 */
export async function statementSource(
  args: ParsedArguments,
  { repository, choice }: Pick<VerifySetup, 'repository' | 'choice'>,
  sharded = false,
): Promise<SourceRepository | undefined> {
  const named = args.values.get('repository-uri');
  if (formatOf(args) === 'vsa' || choice.summaries === true)
    return sourceRepository(repository, named);
  if (named === undefined || sharded || mayAskForApprovals(choice)) return undefined;
  throw new UsageError('--repository-uri is for --format vsa, --since vsa and approvals');
}

export const VERIFY_EXITS: NonNullable<CommandSpec['exits']> = {
  0: 'all verified',
  1: 'refused',
  2: 'usage',
  3: 'undecided',
  5: 'unsigned',
  6: 'not allowed',
};

export function formatOf({ values }: ParsedArguments): FormatName {
  return (values.get('format') ?? 'text') as FormatName;
}

/** @throws UsageError for anything but 1 to 256 */
export function jobsOf(args: ParsedArguments, cores: number): number {
  const text = args.values.get('jobs');
  if (text === undefined) return cores;
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (jobs < 1 || jobs > 256) throw new UsageError(`--jobs ${text}: expected 1 to 256`);
  return jobs;
}
