/**
 * From a tag to what it leads to: every tag on the way, then the commit, each by the rules for its kind (threat G08),
 * the first under the name of its ref (G07). Then what the policy asks of all of them together.
 */

import { equal, fromUtf8Lossy, utf8 } from '../core/bytes.ts';
import { type TagHeader, tagHeader } from '../core/git/header.ts';
import { governing } from '../core/policy/decide.ts';
import { tooLarge } from '../core/rejection.ts';
import type { Outcome, ReasonCode, Rejected } from '../core/verdict.ts';
import { UsageError } from '../errors.ts';
import type { GitObjectType } from '../git/object-frames.ts';
import { newerTagBelow } from '../git/tags.ts';
import { type Graph, ruleOf, withRefusal } from './graph.ts';
import { type Bench, judgeOutcome, type WholeObject } from './outcome.ts';

/** A tag of a tag of a tag …: nobody nests deeper. */
const MAX_DEPTH = 8;

/** One object on the way from a tag to what it leads to. */
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

/** What a tag and all that it leads to are judged with. */
export interface TagBench extends Bench {
  /** What the policy asks of a merge that is tagged; absent where it asks nothing. */
  readonly graph?: Graph | undefined;
  readonly close: () => Promise<void>;
}

async function judgeStep(object: WholeObject, bench: TagBench): Promise<Outcome> {
  const outcome = await judgeOutcome(object, bench);
  if (object.type !== 'commit' || bench.graph === undefined) return outcome;
  return bench.graph({ ...object, single: true }, outcome);
}

/** Judges an object and, for a tag, all that it leads to. `ref` is there for what a ref names directly. */
async function* steps(
  start: { readonly id: string; readonly type: GitObjectType; readonly ref?: string },
  bench: TagBench,
  follow: boolean,
): AsyncGenerator<Step> {
  let { id, type } = start;
  let ref = start.ref;
  for (let depth = 0; ; depth += 1) {
    const named = ref === undefined ? { id, type } : { id, type, ref };
    if (type !== 'commit' && type !== 'tag') {
      const detail = `the tag points to a ${type}, which no signature covers (see --no-target)`;
      yield { ...named, verdict: rejected('unsigned', 'unsigned', detail) };
      return;
    }
    const [frame] = await bench.repository.objects.read([id]);
    if (frame === undefined || frame.kind === 'missing')
      throw new UsageError(`${id}: no such object`, { code: 'NO_SUCH_OBJECT' });
    if (frame.kind !== 'object' || frame.type !== type) {
      const detail = `the tag says ${type}, the object is a ${frame.type}`;
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
    const verdict = wrong ?? (await judgeStep({ id, type, raw }, bench));
    yield { ...named, raw, verdict };
    if (wrong !== undefined || fields === undefined || !follow) return;
    if (depth >= MAX_DEPTH)
      throw new UsageError(`${start.ref ?? start.id}: tags of tags, too deep`);
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

/** The first tag, with what all that it leads to says of it. */
async function together(all: readonly Step[], { context, repository }: TagBench): Promise<Outcome> {
  const [first] = all;
  if (first === undefined) throw new UsageError('nothing to judge');
  const fields = first.raw === undefined ? undefined : tagHeader(first.raw);
  if (fields === undefined || context.policy === undefined) return first.verdict;
  const name = fromUtf8Lossy(fields.name);
  const [rule] = governing(context.policy, { type: 'tag' }, name);
  const due = rule?.distinctSigners ?? 1;
  const names = new Set(all.flatMap(({ verdict }) => ruleOf(verdict) ?? []));
  if (names.size < due) {
    const detail = `${names.size} of ${due} signers due, over the tag and what it leads to`;
    return withRefusal(first.verdict, 'too-few-signers', detail);
  }
  const { id, type, verdict } = all.at(-1) ?? first;
  const target = type === 'commit' && verdict.status === 'verified';
  const newer = target ? await newerTagBelow(repository, name, id) : undefined;
  if (newer === undefined || first.verdict.status !== 'verified') return first.verdict;
  const detail = `${name} is made on ${newer}, a later version`;
  const note = { code: 'tag-version-not-newer', detail, severity: 'note' } as const;
  return { ...first.verdict, findings: [...(first.verdict.findings ?? []), note] };
}

/** Judges an object and, for a tag, all that it leads to. `ref` is there for what a ref names directly. */
export async function judgeChain(
  start: { readonly id: string; readonly type: GitObjectType; readonly ref?: string },
  bench: TagBench,
  follow: boolean,
): Promise<readonly Step[]> {
  const all: Step[] = [];
  for await (const step of steps(start, bench, follow)) all.push(step);
  const [first, ...others] = all;
  if (first === undefined || first.type !== 'tag') return all;
  return [{ ...first, verdict: await together(all, bench) }, ...others];
}
