/**
 * Judges one object for `git signet serve`, under one policy: with the same judge, and so with the same verdict, as
 * `git signet verify` for that object. Rules that need parents or trees ask the repository.
 */

import { equal } from '../../core/bytes.ts';
import { SIGNATURE_HEADERS } from '../../core/git/header.ts';
import {
  joinSignature,
  type ObjectFormat,
  type ObjectType,
  objectId,
  payloadType,
  splitSignedObject,
} from '../../core/git/signed-object.ts';
import { tooLarge } from '../../core/rejection.ts';
import type { Rejected } from '../../core/verdict.ts';
import { isSignetError } from '../../errors.ts';
import type { MergeTrees } from '../../git/merge-tree.ts';
import type { ObjectRequest } from '../../git/objects.ts';
import { isFullHash } from '../../git/repository.ts';
import { jsonText } from '../../report/json.ts';
import { factsJson } from '../../report/run-facts.ts';
import { openStatements } from '../../statements/store.ts';
import { once } from '../../system/once.ts';
import { collectGarbage } from '../../system/runtime.ts';
import { asksAboutGraph } from '../graph.ts';
import { createJudge, LARGE_BATCH } from '../judge.ts';
import type { JudgingContext } from '../outcome.ts';
import { attested, watchOf } from '../plan.ts';
import { walkedCommit } from '../revisions.ts';
import { judgingContext } from '../run.ts';
import { settle } from '../settle.ts';
import type { VerifySetup } from '../setup.ts';
import { graphOver, openTogether, type Together } from '../together.ts';
import { type AskedObject, NoVerdict, type VerifyQuestion } from './question.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** An object whose bytes are at hand, or whose verdict is known without them. */
interface WantedObject {
  readonly id: string;
  readonly type: ObjectType;
  readonly raw: Bytes;
  readonly preset?: Rejected;
}

/** What a question may use while it is answered. */
export interface QuestionShare {
  /** Runs work when no other question reads an object, so that objects do not pile up before they are counted. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Waits until this many more bytes may be held. */
  readonly take: (bytes: number) => Promise<void>;
}

export interface ObjectJudge {
  /** Returns the result as `verify --format jsonl` writes it, without a line end. @throws NoVerdict, SignetError */
  readonly judge: (question: VerifyQuestion, share: QuestionShare) => Promise<string>;
  /** Removes what merges have left. No question may be under way. */
  readonly close: () => Promise<void>;
}

/** A setup outside of any repository judges bytes only. */
export interface ServedSetup {
  readonly setup: VerifySetup;
  readonly inRepository: boolean;
}

/** Returns bytes that share no memory with others. */
function owned(bytes: Uint8Array): Bytes {
  const { buffer, length } = bytes;
  const alone = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  return alone ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

/** Rebuilds the object that git signed. @throws NoVerdict if payload and signature are not what git would cut out of it */
function joined(
  { payload, signature }: Extract<AskedObject, { readonly kind: 'parts' }>,
  format: ObjectFormat,
): Pick<WantedObject, 'type' | 'raw'> {
  const bad = (detail: string): NoVerdict => new NoVerdict('BAD_QUESTION', detail);
  const type = payloadType(payload);
  if (type === undefined) throw bad('the payload is neither a commit nor a tag');
  const place = type === 'tag' ? 'body' : SIGNATURE_HEADERS[format];
  const raw = joinSignature(payload, signature, place);
  const split = splitSignedObject(type, raw, format);
  // a signature of an object with other bytes must not answer for these
  if (split !== undefined && !equal(split.payload, payload)) {
    throw bad('payload and signature do not make one object: send the raw object');
  }
  return { type, raw: owned(raw) };
}

function given(
  about: Exclude<AskedObject, { readonly kind: 'held' }>,
  { format: named }: VerifyQuestion,
  { setup, inRepository }: ServedSetup,
): WantedObject {
  const { crypto, repository } = setup;
  const format = named ?? repository.format;
  if (inRepository && format !== repository.format) {
    throw new NoVerdict('BAD_QUESTION', `format: this repository has ${repository.format}`);
  }
  if (about.kind === 'parts') {
    const { type, raw } = joined(about, format);
    return { id: objectId(crypto, type, raw, format), type, raw };
  }
  const { type, object } = about;
  if (object !== undefined && !isFullHash(object, format)) {
    throw new NoVerdict('BAD_QUESTION', `object is not a hash of the format ${format}`);
  }
  const raw = owned(about.raw);
  return { id: object ?? objectId(crypto, type, raw, format), type, raw };
}

async function held(
  id: string,
  { setup, inRepository }: ServedSetup,
  take: QuestionShare['take'],
): Promise<WantedObject> {
  const { repository } = setup;
  if (!inRepository) {
    throw new NoVerdict('NO_REPOSITORY', 'serve was not started in a repository: send the bytes');
  }
  if (!isFullHash(id, repository.format)) {
    throw new NoVerdict('BAD_QUESTION', `object: this repository has ${repository.format}`);
  }
  const [read] = await repository.objects.each([id], (frame) =>
    frame.kind === 'object' ? { ...frame, raw: owned(frame.raw) } : frame,
  );
  const none = (what: string): NoVerdict => new NoVerdict('NO_SUCH_OBJECT', `${id}: ${what}`);
  if (read === undefined || read.kind === 'missing') throw none('no such object');
  const { type } = read;
  if (type !== 'commit' && type !== 'tag') {
    throw none(`a ${type}, and only commits and tags carry signatures`);
  }
  if (read.kind === 'object') await take(read.raw.length);
  return read.kind === 'object'
    ? { id, type, raw: read.raw }
    : { id, type, raw: new Uint8Array(), preset: tooLarge(read.size) };
}

const NEEDS_REPOSITORY =
  'the policy judges what a commit changes, and that needs the repository: ask by object, or say alone';

/** Bytes may be of a commit whose tree and parents this repository does not hold. */
function absent(error: unknown, { about }: VerifyQuestion): unknown {
  const missing = isSignetError(error) && error.code === 'NO_SUCH_OBJECT';
  const bytes = about.kind !== 'held';
  return missing && bytes ? new NoVerdict('REPOSITORY_NEEDED', NEEDS_REPOSITORY) : error;
}

/** Opens rules over several commits for each question. Making a private repository takes longer than a merge, so all share one. */
function sharedTogether(setup: VerifySetup) {
  let shared: Promise<MergeTrees> | undefined;
  const openMerges = async (): Promise<MergeTrees> => {
    const { openMergeTrees } = await import('../../git/merge-tree.ts');
    return openMergeTrees(setup.repository);
  };
  const togetherFor = async (judging: JudgingContext): Promise<Together | undefined> => {
    if (!asksAboutGraph(setup.judge.policy)) return undefined;
    shared ??= openMerges();
    return openTogether(setup, judging, { shared: await shared });
  };
  const close = async (): Promise<void> => (await shared)?.close();
  return { togetherFor, close };
}

/** Returns the judge of one policy. */
export function createObjectJudge(served: ServedSetup): ObjectJudge {
  const { setup, inRepository } = served;
  const { crypto, repository, judge: settings, facts } = setup;
  const output = 'jsonl';
  const keepOutcomes =
    asksAboutGraph(settings.policy) || settings.policy?.attestations !== undefined;
  const tail = `,${jsonText(factsJson(facts)).slice(1)}`;
  const open = (format: ObjectFormat) => ({
    judging: { ...judgingContext(setup), repository: { ...repository, format } },
    judgeBatch: createJudge({ ...settings, format, output, keepOutcomes }, crypto),
  });
  const { togetherFor, close } = sharedTogether(setup);
  const opened = { sha1: once(async () => open('sha1')), sha256: once(async () => open('sha256')) };

  /** Returns what the repository tells of a commit: whether it changes the policy. */
  const noted = async (
    { id, raw }: WantedObject,
    judging: JudgingContext,
    together: Together | undefined,
  ): Promise<ObjectRequest> => {
    const commit = walkedCommit(repository, { id, raw });
    const watch = watchOf(setup, judging, together);
    if (watch === undefined || commit === undefined) return { id };
    if (!inRepository) throw new NoVerdict('REPOSITORY_NEEDED', NEEDS_REPOSITORY);
    for await (const [request] of watch(() => [[commit]])) if (request) return request;
    return { id };
  };

  const judge: ObjectJudge['judge'] = async (question, { inTurn, take }) => {
    const { about, alone, format = repository.format } = question;
    const object =
      about.kind === 'held'
        ? await inTurn(() => held(about.object, served, take))
        : given(about, question, served);
    const { type, raw, preset, id } = object;
    const whole = type === 'commit' && !alone && preset === undefined;
    const { judging, judgeBatch } = await opened[format]();
    const together = whole ? await togetherFor(judging) : undefined;
    const planned = graphOver(together, setup, judging, []);
    // opened for each question, so that a statement counts as soon as it is there
    const statements = openStatements(repository);
    const { graph } = whole ? attested(planned, { ...setup, statements }, judging, []) : planned;
    try {
      const request: ObjectRequest = whole
        ? await noted(object, judging, together).catch((error) =>
            Promise.reject(absent(error, question)),
          )
        : { id };
      const item = { ...request, ...{ type, single: true, start: 0, end: raw.length } };
      const batch = { bytes: raw, items: [preset === undefined ? item : { ...item, preset }] };
      const settings = { judging, output, graph } as const;
      const [result] = await settle(batch, await judgeBatch(batch), settings);
      return (result?.piece ?? '').slice(0, -1) + tail;
    } finally {
      if (raw.length > LARGE_BATCH) collectGarbage();
    }
  };
  return { judge, close };
}
