/** git log as it runs: its output in order, each commit judged as it comes, a few pieces at a time under way. */

import { UsageError } from '../../errors.ts';
import type { Results, StreamJudge } from '../../gate/as-they-come.ts';
import { logEnvironment } from '../../git/environment.ts';
import { type LogPiece, logSplitter } from '../../git/log/blocks.ts';
import { type Child, startGit } from '../../git/objects.ts';
import { findGit } from '../../git/process.ts';
import { Interrupted } from '../../system/interrupt.ts';
import type { Invocation } from '../../system/invocation.ts';

const PIECES_UNDER_WAY = 4;

/** Shows pieces of a log. The results of their commits come in groups, in order. */
export type Shown = (pieces: readonly LogPiece[], results: AsyncIterable<Results>) => Promise<void>;

interface Listing {
  readonly args: readonly string[];
  readonly number: string;
  /** Comes while git already runs. */
  readonly judge: Promise<StreamJudge>;
  readonly show: Shown;
}

/** Returns why git ended. The line in which git says what is wrong counts. What follows it explains git's own usage. */
function failure(child: Child): Error {
  const { signalCode } = child.process;
  // Ctrl-C reaches git too. What is shown stays, as git itself leaves it
  if (signalCode === 'SIGINT' || signalCode === 'SIGTERM') return new Interrupted(signalCode, '');
  const lines = child.said().split('\n');
  const line = lines.find((each) => /^(?:fatal|error): /.test(each)) ?? 'git log failed';
  return new UsageError(`git: ${line.replace(/^(?:fatal|error): /, '')}`, { code: 'GIT_FAILED' });
}

/**
 * Runs git log and shows each piece of it with the results of its commits, in order.
 * @throws UsageError GIT_FAILED with git's message, and what `judge` and `show` throw
 */
export async function listLog(
  { args, number, judge, show }: Listing,
  { env, cwd, terminal, streams }: Pick<Invocation, 'env' | 'cwd' | 'terminal' | 'streams'>,
): Promise<void> {
  const git = findGit(env);
  if (git === undefined) throw new UsageError('no git on PATH', { code: 'GIT_FAILED' });
  const { columns } = streams;
  const wide = columns === undefined ? env : { COLUMNS: String(columns), ...env };
  const child = startGit({ git, cwd, env: logEnvironment(wide) }, args);
  child.process.stdin.end();
  const splitter = logSplitter(number);
  const underWay: Promise<void>[] = [];
  let last = Promise.resolve();
  const take = (pieces: readonly LogPiece[]): void => {
    const ids = pieces.flatMap((piece) => (piece.kind === 'commit' ? [piece.id] : []));
    // judging begins now, and its results are awaited in order
    const results = judge.then((each) => each.judge(ids));
    results.catch(() => undefined);
    last = last.then(async () => show(pieces, await results));
    last.catch(() => undefined);
    underWay.push(last);
  };
  try {
    for await (const chunk of child.process.stdout as AsyncIterable<Buffer>) {
      take(splitter.push(chunk));
      if (underWay.length > PIECES_UNDER_WAY) await underWay.shift();
    }
    await last;
    await child.done.catch(() => Promise.reject(failure(child)));
    take(splitter.end());
    await last;
    for (const line of child.said().split('\n')) {
      if (line.startsWith('warning: ')) terminal.say(`git: ${line}`);
    }
  } finally {
    child.process.kill();
  }
}
