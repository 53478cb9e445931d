/** Signs the verification summary of a run and keeps it in the repository, for `verify` and `verify-tag` with `--attest`. */

import { grouped } from '../../cli/options.ts';
import type { OptionSpecs, ParsedArguments } from '../../cli/spec.ts';
import { utf8 } from '../../core/bytes.ts';
import { readStatement, writeStatement } from '../../core/statement/statement.ts';
import { UsageError } from '../../errors.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { Invocation } from '../../system/invocation.ts';
import type { Streams } from '../../system/terminal.ts';

/** The options of the commands that can sign a summary of what they did. */
export const ATTEST_OPTIONS: OptionSpecs = grouped('How', {
  attest: { meaning: 'sign the summary (vsa), print its bundle and keep it' },
  notes: { meaning: 'with --attest: keep it in git notes too' },
});

/** A summary that will be signed. */
export interface SummaryAttestation {
  /** Takes the report instead of standard output. */
  readonly streams: Streams;
  /** Signs the report that was written, prints the bundle and keeps it. @throws LoginError, ServiceError, AnswerError */
  readonly finish: (repository: GitRepository) => Promise<void>;
}

/** Returns the attestation that the arguments ask for, or undefined. @throws UsageError, before anything is judged */
export function summaryAttestation(
  args: ParsedArguments,
  invocation: Invocation,
): SummaryAttestation | undefined {
  const { streams, terminal, env, now } = invocation;
  const notes = args.switches.has('notes');
  if (!args.switches.has('attest')) {
    if (notes) throw new UsageError('--notes goes with --attest');
    return undefined;
  }
  if (args.values.get('format') !== 'vsa') throw new UsageError('--attest goes with --format vsa');
  let report = '';
  const decoder = new TextDecoder();
  const write = (chunk: string | Uint8Array): void => {
    report += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  };
  const finish = async (repository: GitRepository): Promise<void> => {
    const { makeStatement } = await import('./make-statement.ts');
    const { openStatements } = await import('../../statements/store.ts');
    const statement = readStatement(utf8(report));
    const { bundle, identity } = await makeStatement(writeStatement(statement), invocation);
    // the log entry exists by now, so the bundle is given out before anything else can fail
    streams.write(bundle);
    streams.write('\n');
    const { subjects, predicateType } = statement;
    const kept = { subjects, predicateType, bundle };
    const refs = await openStatements(repository).add([kept], { notes, env, now: now() });
    terminal.say(`${identity} signed the summary, and it is kept in ${refs.join(', ')}`);
  };
  return { streams: { ...streams, write }, finish };
}
