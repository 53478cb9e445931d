/**
 * `git signet verify-vsa`: checks a source verification summary (SLSA 1.2) instead of a history. It needs the summary, the
 * full hash, the repository's URI and a trust root, so it also works where no repository is.
 */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command, Run } from '../../cli/command.ts';
import { fromUtf8Lossy, utf8 } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import { createEvidenceCache } from '../../core/evidence-cache.ts';
import { notAllowed, rejected } from '../../core/rejection.ts';
import {
  type SummaryExpectation,
  whyNotAbout,
  whyNotEnough,
} from '../../core/statement/source-vsa.ts';
import type { Verdict } from '../../core/verdict.ts';
import { UsageError } from '../../errors.ts';
import { countResults, exitCodeOf } from '../../gate/exit-code.ts';
import { summaryPolicy } from '../../gate/summaries/policy.ts';
import {
  type BadSummary,
  claimsSummary,
  type GoodSummary,
  judgeSummary,
  type SummaryJudge,
} from '../../gate/summaries/summaries.ts';
import { resolveNames } from '../../git/names.ts';
import { type GitRepository, isFullHash, openRepository } from '../../git/repository.ts';
import { jsonText } from '../../report/json.ts';
import { summaryFacts, summaryLines } from '../../report/summary.ts';
import { verdictLine } from '../../report/verdict-line.ts';
import { resolvedHere } from '../../settings/here.ts';
import { openStatements } from '../../statements/store.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { loadTrust } from '../../trust/load.ts';
import { checkGateTrust } from '../../trust/origin.ts';
import { VERIFY_EXITS } from '../verify/options.ts';
import { expectationOf, SUMMARY_OPTIONS } from './expectation.ts';

/** Most bytes of a file of summaries. */
const MAX_FILE = 64 * 1024 * 1024;
/** Most reasons that are listed. */
const SHOWN = 5;

const TWO_LENGTHS = ['sha1', 'sha256'] as const;

/** Returns the full hash that the caller means. A tag's name means the tag itself. @throws UsageError */
async function idOf(name: string, repository: GitRepository | undefined): Promise<string> {
  if (TWO_LENGTHS.some((format) => isFullHash(name, format))) return name;
  if (repository === undefined) {
    throw new UsageError(`${name}: without a repository, give the full hash`);
  }
  const [found] = await resolveNames(repository, [name]);
  if (found?.type === 'commit' || found?.type === 'tag') return found.id;
  throw new UsageError(`${name}: no such commit or tag`, { code: 'NO_SUCH_OBJECT' });
}

/** Splits a file into bundles: one, or one a line. */
function bundlesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const lines = fromUtf8Lossy(bytes)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const isWhole = (line: string): boolean => /^\s*\{.*\}\s*$/.test(line);
  return lines.length > 1 && lines.every(isWhole) ? lines.map(utf8) : [bytes];
}

async function givenBundles(
  path: string,
  { streams, cwd }: Pick<Invocation, 'streams' | 'cwd'>,
): Promise<readonly Uint8Array[]> {
  if (path === '-') return bundlesIn(streams.readInput(MAX_FILE));
  const bytes = await readFile(resolve(cwd, path)).catch((error: unknown) => {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`${path} cannot be read (${why})`);
  });
  if (bytes.length > MAX_FILE) throw new UsageError(`${path} is longer than ${MAX_FILE} bytes`);
  return bundlesIn(bytes);
}

/** Returns the stored bundles that claim to be summaries. What they claim is not proved. */
async function storedBundles(
  repository: GitRepository,
  id: string,
): Promise<readonly Uint8Array[]> {
  const { statements } = await openStatements(repository).about(id);
  return statements
    .flatMap(({ kind, bytes }) => (kind === 'bundle' ? [bytes] : []))
    .filter(claimsSummary);
}

/** The answer of a run: the summary that decides, or why none counts. */
interface Answer {
  readonly summary?: GoodSummary | undefined;
  readonly verdicts: readonly Verdict[];
}

/** The newest summary that is about what was asked for decides, also if it says FAILED. */
async function answerOf(
  bundles: readonly Uint8Array[],
  judge: SummaryJudge,
  expected: SummaryExpectation,
): Promise<Answer> {
  const good: GoodSummary[] = [];
  const bad: BadSummary[] = [];
  for (const bundle of bundles) {
    const judged = await judgeSummary(bundle, judge);
    if ('vsa' in judged) good.push(judged);
    else bad.push(judged);
  }
  const about = good.filter(({ vsa }) => whyNotAbout(vsa, expected) === undefined);
  const [newest] = about.toSorted(
    (a, b) => b.last - a.last || Number(a.vsa.passed) - Number(b.vsa.passed),
  );
  if (newest !== undefined) {
    const { vsa, evidence, first } = newest;
    const why = whyNotEnough(vsa, expected, first);
    if (why === undefined) return { summary: newest, verdicts: [evidence] };
    return { verdicts: [notAllowed(evidence, 'summary-not-met', why)] };
  }
  const others = good.map(({ vsa, evidence }) =>
    notAllowed(evidence, 'summary-not-met', whyNotAbout(vsa, expected) ?? ''),
  );
  return { verdicts: [...others, ...bad] };
}

function missing(id: string): Answer {
  const detail = `there is no verification summary of ${id}`;
  return { verdicts: [rejected({ check: 'object' }, 'summary-missing', detail)] };
}

function print(
  { summary, verdicts }: Answer,
  id: string,
  format: string,
  { streams }: Invocation,
): void {
  if (format === 'json') {
    const refusals = verdicts.map((verdict) =>
      verdict.status === 'verified'
        ? { status: verdict.status }
        : { status: verdict.status, code: verdict.code, detail: verdict.detail },
    );
    const made = { result: summary === undefined ? 'refused' : 'passed', verdicts: refusals };
    const facts = summary === undefined ? {} : { summary: summaryFacts(summary, id) };
    writePage(streams, `${jsonText({ ...made, ...facts }, 2)}\n`);
    return;
  }
  const lines =
    summary === undefined
      ? verdicts
          .slice(0, SHOWN)
          .map((verdict) => `${verdict.status}  ${verdictLine(verdict, undefined)}`)
      : summaryLines(summary, id);
  for (const line of lines) writePage(streams, `${visible(line)}\n`);
}

const run: Run = async (args, invocation) => {
  const { cwd, env, now } = invocation;
  const [name = 'HEAD'] = args.positionals;
  const expected = expectationOf(args, now());
  const given = args.values.get('vsa');
  const opened = openRepository(cwd, env);
  const repository = await (given === undefined ? opened : opened.catch(() => undefined));
  try {
    const resolved = await resolvedHere(invocation, { flags: args.flags });
    const { settings } = resolved;
    const crypto = await loadCrypto();
    const policy = await summaryPolicy({ args, settings, invocation, crypto, repository });
    checkGateTrust(resolved, crypto);
    const trust = await loadTrust(settings, crypto);
    const id = await idOf(name, repository);
    const ignoreSct = args.switches.has('insecure-ignore-sct');
    const cache = createEvidenceCache();
    const judge = { context: { crypto, trust, now: now(), ignoreSct, cache }, policy };
    const bundles =
      given !== undefined
        ? await givenBundles(given, invocation)
        : repository === undefined
          ? []
          : await storedBundles(repository, id);
    const answer =
      bundles.length === 0 ? missing(id) : await answerOf(bundles, judge, { ...expected, id });
    print(answer, id, args.values.get('format') ?? 'text', invocation);
    const counts = countResults();
    for (const { status } of answer.verdicts) counts[status] += 1;
    return exitCodeOf(counts);
  } finally {
    repository?.objects.close();
  }
};

export const command: Command = {
  summary: 'check a verification summary instead of a history',
  positionals: [{ name: 'REV | ID', takes: 'revision', optional: true }],
  options: SUMMARY_OPTIONS,
  about: [
    'Says who vouches for a commit or tag, for which repository and refs, by which policy, and at which level. It needs no history, and with --vsa and a full hash no repository.',
    'The newest summary of a signer that counts decides, also if it says FAILED.',
  ],
  examples: [
    ['git signet verify-vsa --policy-from origin/main \\'],
    ['    --repository-uri git+https://git.example.test/parser HEAD'],
  ],
  exits: { ...VERIFY_EXITS, 0: 'the summary says what was asked for' },
  run,
};
