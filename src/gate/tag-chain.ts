/**
 * Follows a tag to its commit. It judges every tag on the way and then the commit, each by the rules for its kind
 * (threat G08). The first tag must carry the name of its ref (threat G07). Then it applies the rules for all of them together.
 */

import { equal, fromUtf8Lossy, utf8 } from '../core/bytes.ts';
import { type TagHeader, tagHeader } from '../core/git/header.ts';
import { governing } from '../core/policy/decide.ts';
import { tooLarge } from '../core/rejection.ts';
import type { IdentityPolicy, Outcome, ReasonCode, Rejected } from '../core/verdict.ts';
import { UsageError } from '../errors.ts';
import type { GitObjectType } from '../git/object-frames.ts';
import { newerTagBelow } from '../git/tags.ts';
import type { StatementStore } from '../statements/store.ts';
import type { TagApprovalSettings } from './approvals/tag.ts';
import { underTagAttestations } from './attestations.ts';
import type { Graph } from './graph.ts';
import { type JudgingContext, judgeOutcome, type WholeObject } from './outcome.ts';
import { peopleOf } from './person.ts';
import { withRefusal } from './refuse.ts';

/** Most tags in a chain of tags. */
const MAX_DEPTH = 8;

/** One object of a chain. */
export interface Step {
  readonly id: string;
  readonly type: GitObjectType;
  readonly ref?: string | undefined;
  readonly raw?: Uint8Array;
  readonly verdict: Outcome;
}

function rejected(status: Rejected['status'], code: ReasonCode, detail: string): Rejected {
  return { status, check: 'object', code, detail };
}

/** Everything that judging a chain needs. */
export interface TagContext extends JudgingContext {
  /** Judges a tagged merge. Absent if the policy has no rules that need several commits. */
  readonly graph?: Graph | undefined;
  /** Opens what judges the approvals of tags. It is asked for only if a rule needs it. */
  readonly approvals: () => Promise<TagApprovalSettings>;
  /** The statements that rules for tags may ask for. */
  readonly statements: Pick<StatementStore, 'about'>;
  readonly close: () => Promise<void>;
}

async function judgeStep(object: WholeObject, judging: TagContext): Promise<Outcome> {
  const outcome = await judgeOutcome(object, judging);
  if (object.type !== 'commit' || judging.graph === undefined) return outcome;
  return judging.graph({ ...object, single: true }, outcome);
}

/** Where a chain begins, and whether it is followed beyond its first object. */
interface ChainStart {
  readonly id: string;
  readonly type: GitObjectType;
  readonly ref?: string;
  readonly follow: boolean;
}

async function* steps(start: ChainStart, judging: TagContext): AsyncGenerator<Step> {
  let { id, type } = start;
  let ref = start.ref;
  for (let depth = 0; ; depth += 1) {
    const named = ref === undefined ? { id, type } : { id, type, ref };
    if (type !== 'commit' && type !== 'tag') {
      const detail = `the tag points to a ${type}, and no signature covers that (see --no-target)`;
      yield { ...named, verdict: rejected('unsigned', 'unsigned', detail) };
      return;
    }
    const [frame] = await judging.repository.objects.read([id]);
    if (frame === undefined || frame.kind === 'missing')
      throw new UsageError(`${id}: there is no such object`, { code: 'NO_SUCH_OBJECT' });
    if (frame.kind !== 'object' || frame.type !== type) {
      const detail = `the tag says ${type}, but the object is a ${frame.type}`;
      const verdict =
        frame.kind === 'too-large'
          ? tooLarge(frame.size)
          : rejected('refused', 'object-malformed', detail);
      yield { ...named, verdict };
      return;
    }
    const { raw } = frame;
    const fields = type === 'tag' ? tagHeader(raw) : undefined;
    const wrong = fields && nameProblem(fields, ref);
    const verdict = wrong ?? (await judgeStep({ id, type, raw }, judging));
    yield { ...named, raw, verdict };
    if (wrong !== undefined || fields === undefined || !start.follow) return;
    if (depth >= MAX_DEPTH)
      throw new UsageError(
        `${start.ref ?? start.id}: the chain of tags is longer than ${MAX_DEPTH}`,
      );
    ref = undefined;
    id = fields.target;
    type = fields.targetType;
  }
}

function nameProblem({ name }: TagHeader, ref: string | undefined): Rejected | undefined {
  if (ref === undefined || equal(utf8(ref.replace(/^refs\/tags\//, '')), name)) return undefined;
  const detail = `the ref is ${ref}, but the tag calls itself ${fromUtf8Lossy(name)}`;
  return rejected('refused', 'tag-name-differs', detail);
}

/**
 * Returns the outcome of a tag under the rule for its name that counts signers: those of the tag and of what it points to.
 * `outcomes` begins with the tag's own.
 */
export function underTagRule(
  policy: IdentityPolicy,
  name: string,
  outcomes: readonly [Outcome, ...Outcome[]],
): Outcome {
  const [first] = outcomes;
  const [rule] = governing(policy, { type: 'tag' }, name);
  const due = rule?.distinctSigners ?? 1;
  const people = new Set(outcomes.flatMap((outcome) => peopleOf(policy, outcome)));
  if (people.size >= due) return first;
  const detail = `${people.size} of ${due} required signers, over the tag and what it points to`;
  return withRefusal(first, 'too-few-signers', detail);
}

/** Returns the outcome of the first tag under the rule for its name that asks for approvals. */
async function underApprovals(
  policy: IdentityPolicy,
  { name, fields }: { readonly name: string; readonly fields: TagHeader },
  steps: readonly [Step, ...Step[]],
  judging: TagContext,
): Promise<Outcome> {
  const [first] = steps;
  const [rule] = governing(policy, { type: 'tag' }, name);
  if (rule?.approvals === undefined || first.verdict.status !== 'verified') return first.verdict;
  const { underTagApprovals } = await import('./approvals/tag.ts');
  const direct = fields.targetType === 'commit' ? fields.target : undefined;
  const commit = steps.find(({ type }) => type === 'commit')?.id ?? direct;
  const chain = { ref: `refs/tags/${name}`, tag: first.id, commit, steps };
  return underTagApprovals(chain, { policy, rule }, await judging.approvals());
}

/** Returns the outcome of the first tag under the rules for the whole chain. */
async function together(
  [first, ...others]: readonly [Step, ...Step[]],
  judging: TagContext,
): Promise<Outcome> {
  const { context, repository } = judging;
  const fields = first.raw === undefined ? undefined : tagHeader(first.raw);
  if (fields === undefined || context.policy === undefined) return first.verdict;
  const name = fromUtf8Lossy(fields.name);
  const verdicts = others.map((step) => step.verdict);
  const counted = underTagRule(context.policy, name, [first.verdict, ...verdicts]);
  const chain = [{ ...first, verdict: counted }, ...others] as const;
  const approved = await underApprovals(context.policy, { name, fields }, chain, judging);
  const { id, type, verdict } = others.at(-1) ?? first;
  // with --no-target only the first tag was read
  const { target: leads, targetType } = fields;
  const commit = type === 'commit' ? id : targetType === 'commit' ? leads : undefined;
  const sources = { policy: context.policy, store: judging.statements, context };
  const outcome = await underTagAttestations(approved, { id: first.id, fields }, commit, sources);
  const target = type === 'commit' && verdict.status === 'verified';
  const newer = target ? await newerTagBelow(repository, name, id) : undefined;
  if (newer === undefined || outcome.status !== 'verified') return outcome;
  const detail = `${name} is made on top of ${newer}, which is a later version`;
  const note = { code: 'tag-version-not-newer', detail, severity: 'note' } as const;
  return { ...outcome, findings: [...(outcome.findings ?? []), note] };
}

/** Judges an object and, for a tag, the whole chain to its commit. `ref` is the ref that names the object directly. */
export async function judgeChain(start: ChainStart, judging: TagContext): Promise<readonly Step[]> {
  const all: Step[] = [];
  for await (const step of steps(start, judging)) all.push(step);
  const [first, ...others] = all;
  if (first === undefined || first.type !== 'tag') return all;
  return [{ ...first, verdict: await together([first, ...others], judging) }, ...others];
}
