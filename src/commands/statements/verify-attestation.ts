/** `git signet verify-attestation`: shows each statement about an object with its verdict. */

import type { Command, Run } from '../../cli/command.ts';
import { grouped } from '../../cli/options.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { visible } from '../../core/escape.ts';
import { plural } from '../../core/plural.ts';
import type { AttestationRule, IdentityPolicy } from '../../core/policy/model.ts';
import { notAllowed } from '../../core/rejection.ts';
import { predicateTypeOf } from '../../core/statement/ready-types.ts';
import type { SubjectType } from '../../core/statement/statement.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { countResults, exitCodeOf } from '../../gate/exit-code.ts';
import { verifyContext } from '../../gate/judge.ts';
import { setUpVerify, type VerifySetup } from '../../gate/setup.ts';
import { colourHere } from '../../git/colour.ts';
import { jsonText } from '../../report/json.ts';
import { statementResult } from '../../report/statement-result.ts';
import { STATUS_COLOURS, STATUS_WORDS } from '../../report/text.ts';
import { verdictLine } from '../../report/verdict-line.ts';
import {
  type AboutObject,
  claimedType,
  type JudgedStatement,
  judgeStatement,
} from '../../statements/judge.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { SIGNER_OPTIONS, TRUST_OPTIONS, VERIFY_EXITS } from '../verify/options.ts';
import { findObject, OBJECT_OPTION } from './subject.ts';

/** A statement as it is shown. */
interface Shown {
  readonly judged: JudgedStatement;
  /** The predicate type. It is only claimed if the evidence does not hold. */
  readonly type: string | undefined;
}

/** Returns the statement as not allowed if rules ask for its type, and none of them names its signer. */
function underRules(judged: JudgedStatement, rules: readonly AttestationRule[]): JudgedStatement {
  const { verdict, statement, signers } = judged;
  const about = rules.filter(({ type }) => type === statement?.predicateType);
  const [first] = about;
  if (verdict.status !== 'verified' || first === undefined) return judged;
  const named = about.some(
    ({ by }) => by === undefined || signers.some((name) => by.includes(name)),
  );
  if (named) return judged;
  const detail = `${signers.join(', ')} may not make such a statement (${first.label})`;
  return { ...judged, verdict: notAllowed(verdict, 'role-not-allowed', detail) };
}

async function judgeAll(
  about: AboutObject,
  types: readonly string[],
  { statements, judge, crypto }: VerifySetup,
  policy: IdentityPolicy | undefined,
): Promise<{ readonly shown: readonly Shown[]; readonly problems: readonly string[] }> {
  const { statements: stored, problems } = await statements.about(about.id);
  const context = verifyContext(judge, crypto);
  const shown: Shown[] = [];
  for (const each of stored) {
    const claimed = claimedType(each);
    if (types.length > 0 && !types.includes(claimed ?? '')) continue;
    const judged = await judgeStatement(each, about, context, policy);
    const type = judged.statement?.predicateType ?? claimed;
    shown.push({ judged: underRules(judged, policy?.attestations ?? []), type });
  }
  return { shown, problems: problems.map(({ place, what }) => `not read: ${place}: ${what}`) };
}

/** Every type that was asked for needs one verified statement. If none has one, the gravest verdict decides. */
function exitOf(shown: readonly Shown[], types: readonly string[], unread: boolean): ExitCode {
  const asked = types.length === 0 ? [undefined] : types;
  for (const type of asked) {
    const own = shown.filter((each) => type === undefined || each.type === type);
    if (own.some(({ judged }) => judged.verdict.status === 'verified')) continue;
    const counts = countResults();
    for (const { judged } of own) counts[judged.verdict.status] += 1;
    if (own.length > 0) return exitCodeOf(counts);
    return unread ? ExitCode.undecided : ExitCode.unsigned;
  }
  return ExitCode.ok;
}

function rowOf({ judged, type }: Shown, colour: boolean): string {
  const { status } = judged.verdict;
  const word = STATUS_WORDS[status].padEnd(11);
  const painted = colour ? `\u001b[${STATUS_COLOURS[status]}m${word}\u001b[0m` : word;
  const claim = judged.statement === undefined && type !== undefined ? ' (claimed)' : '';
  const line = `${type ?? 'of an unknown type'}${claim}  ${verdictLine(judged.verdict, undefined)}`;
  return `${painted}  ${visible(line)}\n             ${visible(judged.place)}\n`;
}

const run: Run = async (args: ParsedArguments, invocation: Invocation) => {
  const { streams, terminal } = invocation;
  const [name = 'HEAD'] = args.positionals;
  const types = (args.lists.get('type') ?? []).map(predicateTypeOf);
  const format = args.values.get('format') ?? 'text';
  const setup = await setUpVerify(args, invocation);
  try {
    const { policy } = setup.judge;
    if (setup.choice.startBlob !== undefined) {
      throw new UsageError('--policy-from parents judges ranges of commits, not statements');
    }
    const object = args.values.get('object') as SubjectType | undefined;
    const about = await findObject(setup.repository, name, object);
    const { shown, problems } = await judgeAll(about, types, setup, policy);
    const colour = await colourHere(invocation);
    for (const each of shown) {
      const { judged, type } = each;
      writePage(
        streams,
        format === 'jsonl'
          ? `${jsonText(statementResult(about, { ...judged, type }))}\n`
          : rowOf(each, colour),
      );
    }
    for (const problem of problems) terminal.say(problem);
    if (shown.length === 0) {
      const what = `no statement about the ${about.type} ${about.id.slice(0, 12)}`;
      terminal.say(types.length === 0 ? what : `${what} of ${plural(types.length, 'such type')}`);
      terminal.hint("git fetch origin '+refs/attestations/*:refs/attestations-from/origin/*'");
    }
    return exitOf(shown, types, problems.length > 0);
  } finally {
    await setup.close();
  }
};

export const command: Command = {
  summary: 'verify the statements about a commit, tag or tree',
  positionals: [{ name: 'REV', takes: 'revision', optional: true }],
  options: {
    ...grouped('What', {
      type: {
        takes: 'text',
        value: 'TYPE',
        repeated: true,
        meaning: 'statements of this type only: a URI, test-result, sbom or review',
      },
    }),
    ...OBJECT_OPTION,
    ...SIGNER_OPTIONS,
    ...TRUST_OPTIONS,
    ...grouped('How', {
      format: { takes: ['text', 'jsonl'], meaning: 'lines for people, or one JSON result a line' },
    }),
  },
  about: [
    'Shows each in-toto statement about REV, who signed it and whether the policy allows that. It reads refs/attestations/, what was fetched into refs/attestations-from/, and git notes.',
  ],
  examples: [
    ["git fetch origin '+refs/attestations/*:refs/attestations-from/origin/*'"],
    ['git signet verify-attestation --policy-from main --type test-result HEAD'],
  ],
  notes: [
    'It ends with 0 if a statement of each asked type is verified (without --type: any statement). So a stranger who adds a bad one changes nothing.',
  ],
  exits: { ...VERIFY_EXITS, 0: 'verified', 5: 'there is none' },
  run,
};
