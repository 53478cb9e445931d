/** Judged objects of every status, for the reports; and the same with hostile text wherever a stranger writes some. */

import type { Finding, Outcome, Signer } from '../../src/core/verdict.ts';
import type { Rendered, ReportContext } from '../../src/report/format.ts';
import { formatOf, type ReportOutput, renderResult } from '../../src/report/formats.ts';
import type { Counts, Judged } from '../../src/report/judged.ts';

const ISSUER = 'https://accounts.example.test';

/** What a commit subject, a name or an address can hold to become more than text. */
export const HOSTILE = [
  '::set-output name=pwned::1',
  '  ::add-mask::pwned',
  '##[add-path]/tmp/pwned',
  '##vso[task.setvariable variable=pwned]1',
  '\r\n::error::pwned',
  '\x1b[2J\x1b]0;pwned\x07\u202epwned\u2028::warning::pwned',
  '%0A::notice::pwned',
  '</code></td></table><script>pwned()</script>',
  '"><img src=x onerror=pwned()>',
  '| [x](javascript:pwned()) | ![x](http://pwned.test/x.png) `code` @pwned #1 http://pwned.test',
  ']]></testcase><testcase name="pwned"/>&pwned;\ufffe\ud800',
  '{0} [link](1) \\[pwned] \u0024{{ github.token }} $(pwned) `pwned`',
  'pwned<<EOF\nEOF',
] as const;

const signerOf = (value: string): Signer => ({
  ...{ kind: 'email', value, issuer: ISSUER, extensions: {} },
});

function evidence(value: string, at: number) {
  return {
    signer: signerOf(value),
    certificate: {
      ...{ sha1: 'a'.repeat(40), sha256: 'b'.repeat(64) },
      ...{ notBefore: at - 60, notAfter: at + 540 },
    },
    logEntry: {
      ...{ logId: 'c'.repeat(64), logIndex: '7', kindVersion: 'hashedrekord 0.0.1' },
      integratedTime: at,
    },
    times: [{ source: 'rekor', time: at, authority: 'c'.repeat(64) }],
  } as const;
}

export function outcome(
  status: Outcome['status'],
  value = 'alice@example.test',
  detail = `it is ${status}`,
  at = 1795262072,
): Outcome {
  const findings: readonly Finding[] = [
    { code: 'committer-differs', detail: `note: ${detail}`, severity: 'note' },
  ];
  if (status === 'verified') return { status, ...evidence(value, at), rule: 'alice', findings };
  if (status === 'not-allowed') {
    return {
      status,
      check: 'policy',
      code: 'identity-not-allowed',
      detail,
      ...evidence(value, at),
    };
  }
  if (status === 'unsigned') return { status, check: 'object', code: 'unsigned', detail };
  const claimedSigner = signerOf(value);
  if (status === 'undecided') {
    return { status, check: 'log', code: 'log-unreachable', detail, claimedSigner };
  }
  return { status, check: 'content', code: 'content-digest-differs', detail, claimedSigner };
}

let next = 0;

export function judgedCommit(verdict: Outcome, subject = 'parser: refuse trailing bytes'): Judged {
  next += 1;
  const person = 'Alice <alice@example.test> 1795262000 +0000';
  const raw = Buffer.from(
    `tree ${'0'.repeat(40)}\nauthor ${person}\ncommitter ${person}\n\n${subject}\n`,
  );
  return { id: next.toString(16).padStart(40, '0'), type: 'commit', raw, verdict };
}

export const STATUSES = ['verified', 'refused', 'not-allowed', 'unsigned', 'undecided'] as const;

export const plainSamples = (): readonly Judged[] =>
  STATUSES.map((status) => judgedCommit(outcome(status)));

export const hostileSamples = (): readonly Judged[] =>
  HOSTILE.flatMap((text) =>
    STATUSES.map((status) => judgedCommit(outcome(status, `a${text}@x`, text), text)),
  );

export interface Reported {
  readonly text: string;
  readonly summary: string;
  readonly rendered: readonly Rendered[];
}

/** What a format makes of results. */
export function reported(
  output: ReportOutput,
  samples: readonly Judged[],
  more: Partial<ReportContext> = {},
): Reported {
  let text = '';
  let summary = '';
  const digest = 'd'.repeat(64);
  const writer = formatOf(output).open({
    put: (piece) => {
      text += piece;
    },
    repository: 'parser',
    trust: { source: 'the built-in root', digest },
    policy: { source: 'origin/main:.signet.yaml', digest },
    ...{ noun: 'commit', asked: ['origin/main..HEAD'], version: '0.1.0', now: 1795262072 },
    ...{ colour: false, shown: false, hint: () => undefined },
    subjects: [
      {
        ...{ id: 'e'.repeat(40), type: 'commit', name: 'origin/main..HEAD' },
        sourceRefs: ['refs/heads/main'],
      },
    ],
    repositoryUri: 'git+https://git.example.test/parser',
    summary: (markdown) => {
      summary += markdown;
    },
    ...more,
  });
  const rendered = samples.map((judged) => renderResult(judged, output));
  for (const one of rendered) writer.add(one);
  const counts = countsOf(samples);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  writer.finish(counts, total > 0 && counts.verified === total);
  return { text, summary, rendered };
}

export function countsOf(samples: readonly Judged[]): Counts {
  const counts = { verified: 0, 'not-allowed': 0, refused: 0, unsigned: 0, undecided: 0 };
  for (const { verdict } of samples) counts[verdict.status] += 1;
  return counts;
}
