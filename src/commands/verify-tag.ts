/**
 * `git signet verify-tag`: the ref holds an annotated tag of that very name, the tag's signature holds, and so does
 * its target's, by the same rules. A name that says another version than the tag it leads to is the oldest trick
 * with signed tags, and git accepts it (threat G07).
 */

import { equal, fromUtf8Lossy, latin1, utf8 } from '../core/bytes.ts';
import { objectHeaders, splitSignedObject } from '../core/git/object.ts';
import { logLookupOf } from '../core/log-lookup.ts';
import type { ReasonCode, Rejected, Verdict } from '../core/verdict.ts';
import { type VerifyContext, verifyObject } from '../core/verify.ts';
import { type ExitCode, UsageError } from '../errors.ts';
import { readObject } from '../io/git-objects.ts';
import { resolveNames } from '../io/git-repository.ts';
import type { GitObjectType } from '../io/object-frames.ts';
import { renderResult } from '../report/pieces.ts';
import type { Subject } from '../report/writer.ts';
import { parseArguments } from './arguments.ts';
import type { Invocation } from './command.ts';
import { tooLarge } from './range-batches.ts';
import { verifyContext } from './range-judge.ts';
import { EXIT_HELP, formatOf, HOW_HELP, VERIFY_SPEC, WHO_HELP } from './verify-options.ts';
import { countResults, createReporter, exitCodeOf, outputOf } from './verify-report.ts';
import { setUpVerify, type VerifySetup } from './verify-setup.ts';

const SPEC = {
  ...VERIFY_SPEC,
  options: { ...VERIFY_SPEC.options, 'no-target': 'switch' },
} as const;
/** A tag of a tag of a tag …: nobody nests deeper. */
const MAX_DEPTH = 8;

export const help = `git signet verify-tag TAG…

The tag is annotated, has the name of its ref, and is signed by someone who may;
then the same for what it points to.

  git signet verify-tag --policy-from origin/main v1.2
  git signet verify-tag --no-target --certificate-identity alice@example.com \\
      --certificate-oidc-issuer https://accounts.example.com v1.2

  --no-target                        the tag alone: what it points to may be unsigned
${WHO_HELP}

${HOW_HELP}

${EXIT_HELP}
`;

/** One object on a tag's way to its target, judged. */
export interface Step {
  readonly id: string;
  readonly type: GitObjectType;
  readonly ref?: string;
  readonly raw?: Uint8Array;
  readonly verdict: Verdict;
}

function rejected(status: Rejected['status'], code: ReasonCode, detail: string): Rejected {
  return { status, check: 'object', code, detail };
}

interface TagFields {
  readonly object: string;
  readonly type: string;
  readonly name: Uint8Array;
}

/** The three headers that every tag begins with, by position; undefined when they are not there. */
function tagFields(raw: Uint8Array): TagFields | undefined {
  const [object, type, tag] = objectHeaders(raw);
  if (object?.[0] !== 'object' || type?.[0] !== 'type' || tag?.[0] !== 'tag') return undefined;
  return { object: latin1(object[1]), type: latin1(type[1]), name: tag[1] };
}

async function verdictOf(
  object: { readonly id: string; readonly type: 'commit' | 'tag'; readonly raw: Uint8Array },
  { judge, crypto, log }: VerifySetup,
  context: VerifyContext,
): Promise<Verdict> {
  const signed = { ...object, format: judge.format };
  const verdict = await verifyObject(signed, context);
  if (!('code' in verdict) || verdict.code !== 'log-entry-absent') return verdict;
  const split = splitSignedObject(object.type, object.raw, judge.format);
  const lookup = split && logLookupOf(split.payload, split.signature, crypto);
  if (lookup === undefined) return verdict;
  return log.judge(lookup, (found) => verifyObject(signed, context, found));
}

/** Judges an object and, for a tag, all that it leads to. `ref` is there for what a ref names directly. */
export async function* judgeChain(
  start: { readonly id: string; readonly type: GitObjectType; readonly ref?: string },
  setup: VerifySetup,
  context: VerifyContext,
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
    const frame = await readObject(setup.repository, { id });
    if (frame === undefined)
      throw new UsageError(`${id}: no such object`, { code: 'NO_SUCH_OBJECT' });
    if (frame.kind !== 'object' || frame.type !== type) {
      const detail = `the tag says ${type}, the object is a ${frame.kind === 'missing' ? '?' : frame.type}`;
      const verdict =
        frame.kind === 'too-large'
          ? tooLarge(frame.size)
          : rejected('refused', 'object-malformed', detail);
      yield { ...named, verdict };
      return;
    }
    const { raw } = frame;
    const fields = type === 'tag' ? tagFields(raw) : undefined;
    const wrong = type === 'tag' ? tagProblem(fields, ref) : undefined;
    yield { ...named, raw, verdict: wrong ?? (await verdictOf({ id, type, raw }, setup, context)) };
    if (wrong !== undefined || fields === undefined || !follow) return;
    if (depth >= MAX_DEPTH)
      throw new UsageError(`${start.ref ?? start.id}: tags of tags, too deep`);
    ref = undefined;
    id = fields.object;
    type = fields.type as GitObjectType;
  }
}

const TYPES: readonly string[] = ['commit', 'tag', 'tree', 'blob'];

function tagProblem(fields: TagFields | undefined, ref: string | undefined): Rejected | undefined {
  if (
    fields === undefined ||
    !TYPES.includes(fields.type) ||
    !/^[0-9a-f]{40,64}$/.test(fields.object)
  ) {
    return rejected('refused', 'object-malformed', 'not a tag that git would write');
  }
  if (ref === undefined || equal(utf8(ref.replace(/^refs\/tags\//, '')), fields.name))
    return undefined;
  const detail = `the ref is ${ref}, but the tag calls itself ${fromUtf8Lossy(fields.name)}`;
  return rejected('refused', 'tag-name-differs', detail);
}

async function* judgeTag(
  name: string,
  setup: VerifySetup,
  context: VerifyContext,
  follow: boolean,
): AsyncGenerator<Step> {
  const ref = `refs/tags/${name.replace(/^refs\/tags\//, '')}`;
  const [object] = await resolveNames(setup.repository, [ref]);
  if (object === undefined || /[\^~:]|@\{/.test(name)) {
    throw new UsageError(`${name}: no such tag`, { code: 'NO_SUCH_OBJECT' });
  }
  if (object.type === 'tag') {
    yield* judgeChain({ ...object, ref }, setup, context, follow);
    return;
  }
  const detail = `a lightweight tag: the name ${name} itself is not signed by anybody`;
  yield { ...object, ref, verdict: rejected('unsigned', 'unsigned', detail) };
}

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { streams, terminal, env } = invocation;
  const args = parseArguments(invocation.args, SPEC);
  const names = [...args.positionals, ...(args.rest ?? [])];
  if (names.length === 0)
    throw new UsageError('which tag?', { hint: 'run: git signet verify-tag TAG' });
  const format = formatOf(args);
  const setup = await setUpVerify(args, invocation);
  const { judge, crypto } = setup;
  const { trust, policy } = judge;
  const output = outputOf(format, undefined);
  const { now } = judge;
  const subjects: Subject[] = [];
  const reporter = await createReporter({
    ...{ format, streams, terminal, trust, policy, noun: 'object', now, env },
    ...{ asked: names, subjects },
  });
  const counts = countResults();
  const context = verifyContext(judge, crypto);
  try {
    for (const name of names) {
      for await (const step of judgeTag(name, setup, context, !args.switches.has('no-target'))) {
        counts[step.verdict.status] += 1;
        if (step.ref !== undefined) subjects.push({ id: step.id, type: step.type, name });
        reporter.add(renderResult(step, output));
      }
    }
    reporter.finish(counts);
    return exitCodeOf(counts);
  } catch (error) {
    reporter.abandon();
    throw error;
  } finally {
    await setup.close();
  }
}
