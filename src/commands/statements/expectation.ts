/** The options of `verify-vsa`, and what they ask of a summary. */

import { grouped } from '../../cli/options.ts';
import type { OptionSpecs, ParsedArguments } from '../../cli/spec.ts';
import { type SummaryExpectation, VERIFIER_ID } from '../../core/statement/source-vsa.ts';
import { UsageError } from '../../errors.ts';
import { repositoryUri } from '../../report/repository-uri.ts';
import { TRUST_OPTIONS, WHO_OPTIONS } from '../verify/options.ts';

/** Options of `verify` that make no sense for a summary: it has no start, and no log is asked. */
const NOT_HERE: readonly string[] = ['since', 'ref', 'rekor-url', 'offline'];

function without(options: OptionSpecs): OptionSpecs {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !NOT_HERE.includes(name)));
}

export const SUMMARY_OPTIONS: OptionSpecs = {
  ...without(WHO_OPTIONS),
  ...grouped('What the summary must say', {
    'repository-uri': {
      takes: 'text',
      value: 'URI',
      meaning: 'the repository, as git+https://HOST/PATH',
    },
    ref: {
      takes: 'text',
      value: 'REF',
      meaning: 'a ref that pointed to it, such as refs/heads/main',
    },
    level: {
      takes: 'text',
      value: 'LEVEL',
      repeated: true,
      meaning: 'the least source level (default 1), or a property such as ORG_SOURCE_SIGNED',
    },
    'max-age': {
      takes: 'text',
      value: 'TIME',
      meaning: 'refuse an older one, e.g. 24h or 7d (default: any age)',
    },
    'verifier-id': {
      takes: 'text',
      value: 'URI',
      meaning: 'the verifier (default: this program)',
    },
  }),
  ...without(TRUST_OPTIONS),
  ...grouped('How', {
    vsa: {
      takes: 'file',
      value: 'FILE',
      meaning: 'the signed summary, or - for stdin (default: those kept here)',
    },
    format: { takes: ['text', 'json'], meaning: 'how the answer is written' },
  }),
};

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86400 };

function secondsOf(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (count === '' || Number.isNaN(seconds)) {
    throw new UsageError(`--max-age ${text}: expected a time such as 90m, 24h or 7d`);
  }
  return seconds;
}

function levelOf(text: string): number | string {
  const [, digit] = /^(?:SLSA_SOURCE_LEVEL_)?([0-4])$/.exec(text) ?? [];
  if (digit !== undefined) return Number(digit);
  if (/^[A-Z][A-Z0-9_]*$/.test(text) && !text.startsWith('SLSA_SOURCE_LEVEL_')) return text;
  throw new UsageError(`--level ${text}: expected 0 to 4, or a property such as ORG_SOURCE_SIGNED`);
}

/** Reads what the caller expects of a summary. @throws UsageError */
export function expectationOf(args: ParsedArguments, now: number): Omit<SummaryExpectation, 'id'> {
  const { values, lists } = args;
  const named = values.get('repository-uri');
  if (named === undefined) {
    throw new UsageError('verify-vsa must know which repository the summary is about', {
      hint: 'add: --repository-uri git+https://HOST/PATH',
    });
  }
  const repository = repositoryUri(named);
  if (repository === undefined) {
    const what = '--repository-uri: expected git+https://HOST/PATH or git+ssh://HOST/PATH';
    throw new UsageError(`${what}, without query or fragment`);
  }
  const ref = values.get('ref');
  if (ref !== undefined && !ref.startsWith('refs/')) {
    throw new UsageError(`--ref ${ref}: expected a full name such as refs/heads/main`);
  }
  const age = values.get('max-age');
  const levels = (lists.get('level') ?? []).map(levelOf);
  return {
    ...{ repository, ref, levels: levels.some(Number.isInteger) ? levels : [1, ...levels] },
    verifierId: values.get('verifier-id') ?? VERIFIER_ID,
    notBefore: age === undefined ? undefined : now - secondsOf(age),
  };
}
