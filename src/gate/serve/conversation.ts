/**
 * Holds a conversation of `git signet serve`: questions in, answers out, many at once and in any order. Every question has
 * exactly one answer. A line that is no question is answered too, and the conversation goes on.
 */

import { jsonText } from '../../report/json.ts';
import { inTurns } from '../../system/turns.ts';
import { AnswerWriter, codeOf, errorAnswer, resultAnswer } from './answers.ts';
import { DEADLINE, IN_FLIGHT, MAX_LINE } from './limits.ts';
import { cutLines } from './lines.ts';
import type { ObjectJudge } from './object-judge.ts';
import { NoVerdict, readServeLine, type ServeLine, type VerifyQuestion } from './question.ts';
import type { Readings } from './readings.ts';
import { ByteBudget } from './share.ts';

/** One reading of the trust root and of all policies. */
export interface ServedPolicies {
  /** @throws NoVerdict for a name that was not given at the start */
  readonly judgeOf: (policy: string | undefined) => Pick<ObjectJudge, 'judge'>;
  /** The facts of the reading, for the greeting and after a reload. */
  readonly facts: object;
  readonly close: () => Promise<void>;
}

export interface ConversationSettings {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly send: (bytes: Uint8Array) => Promise<void>;
  readonly readings: Readings<ServedPolicies>;
  /** What the greeting says before the facts of the first reading. */
  readonly greeting: object;
  /** Resolves if the conversation must end soon. */
  readonly stop: Promise<unknown>;
}

/** Milliseconds after its deadline in which the work on a question must end. Then its reading is closed, and git with it. */
export const OVERTIME = 30_000;
/** The codes of answers that a newer look at the repository may change: its place, its alternates. */
const ABSENT: readonly string[] = ['NO_SUCH_OBJECT', 'REPOSITORY_NEEDED'];
/** Milliseconds in which questions may still be answered after a stop, and then the answers be read, or what is open be closed. */
const GRACE = 2000;
const LAST_WRITE = 1000;

const after = (milliseconds: number): Promise<'late'> =>
  new Promise((resolve) => {
    setTimeout(() => resolve('late'), milliseconds).unref();
  });

/** The work on one question. */
interface Work {
  /** Give back what it holds. */
  readonly releases: (() => void)[];
  /** The reading that it uses. */
  under?: ServedPolicies;
}

class Conversation {
  readonly #settings: ConversationSettings;
  readonly #answers: AnswerWriter;
  readonly #budget = new ByteBudget(MAX_LINE);
  readonly #inTurn = inTurns();
  /** Ends the questions that have no answer yet, by their id. */
  readonly #open = new Map<string, (why: NoVerdict) => void>();
  /** Questions that are worked on. The work may go on after a deadline. */
  #working = 0;
  #ended: () => void = () => undefined;

  constructor(settings: ConversationSettings, answers: AnswerWriter) {
    this.#settings = settings;
    this.#answers = answers;
  }

  /** Answers a question in time, whatever becomes of the work on it. Resolves when the work has ended. */
  async #answered(id: string, limit: number, work: () => Promise<string>): Promise<void> {
    let done = false;
    const answer = (line: string): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      this.#open.delete(id);
      this.#answers.put(line);
      this.#ended();
    };
    const end = (why: NoVerdict): void => answer(errorAnswer(id, why));
    const timer = setTimeout(
      () => end(new NoVerdict('DEADLINE', `no verdict in ${limit} ms`)),
      limit,
    );
    this.#open.set(id, end);
    try {
      answer(await work());
    } catch (error) {
      if (['GIT_FAILED', 'INTERNAL'].includes(codeOf(error))) this.#settings.readings.distrust();
      answer(errorAnswer(id, error));
    }
  }

  /** Judges the object of a question. What it holds more is added to `work`. */
  async #judged(question: VerifyQuestion, work: Work): Promise<string> {
    const { readings } = this.#settings;
    const take = async (bytes: number): Promise<void> => {
      work.releases.push(await this.#budget.take(bytes));
    };
    const share = { inTurn: this.#inTurn, take };
    const judge = (): Promise<string> =>
      readings.use((read) => {
        work.under = read;
        return read.judgeOf(question.policy).judge(question, share);
      });
    const before = work.releases.length;
    const result = await judge().catch((error: unknown) => {
      if (!ABSENT.includes(codeOf(error)) || !readings.outdate()) throw error;
      // it must not hold bytes while it waits for more
      for (const release of work.releases.splice(before)) release();
      return judge();
    });
    return resultAnswer(question.id, result);
  }

  async #reloaded(id: string): Promise<string> {
    const { readings } = this.#settings;
    await readings.reload();
    return readings.use(({ facts }) => `${jsonText({ id, reloaded: facts })}\n`);
  }

  /** Takes one line. `release` gives back its bytes. */
  #take(line: Uint8Array, release: () => void): void {
    const read = readServeLine(line);
    const asked = 'line' in read ? read.line : undefined;
    // a question must not hold bytes while it waits for more, or two could wait for each other
    const keeps = asked?.kind === 'verify' && asked.about.kind !== 'held';
    if (!keeps) release();
    if ('problem' in read) this.#answers.put(errorAnswer(read.id, read.problem));
    else if (read.line.kind === 'cancel') {
      this.#open.get(read.line.cancel)?.(new NoVerdict('CANCELLED', 'the asker cancelled it'));
    } else this.#begin(read.line, { releases: keeps ? [release] : [] });
  }

  /** Begins the work on a question. */
  #begin(asked: Exclude<ServeLine, { readonly kind: 'cancel' }>, work: Work): void {
    const { releases } = work;
    const { id } = asked;
    if (this.#open.has(id)) {
      for (const release of releases) release();
      const problem = new NoVerdict('ID_IN_USE', 'an earlier question has this id and no answer');
      this.#answers.put(errorAnswer(id, problem));
      return;
    }
    const limit = (asked.kind === 'verify' ? asked.deadline : undefined) ?? DEADLINE;
    this.#working += 1;
    const late = setTimeout(() => {
      if (work.under !== undefined) this.#settings.readings.abandon(work.under);
    }, limit + OVERTIME).unref();
    const ended = (): void => {
      clearTimeout(late);
      for (const release of releases) release();
      this.#working -= 1;
      this.#ended();
    };
    const begin = () => (asked.kind === 'reload' ? this.#reloaded(id) : this.#judged(asked, work));
    void this.#answered(id, limit, begin).finally(ended);
  }

  /** Resolves when a question was answered, or work on one has ended. */
  #oneEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  /** Reads questions until the input ends. It waits while many are unanswered, or the asker does not read. */
  async read(): Promise<void> {
    for await (const line of cutLines(this.#settings.chunks, MAX_LINE)) {
      await this.#answers.room();
      while (this.#working >= IN_FLIGHT) await this.#oneEnded();
      if (line === 'too-long') {
        const problem = new NoVerdict('BAD_LINE', `the line is longer than ${MAX_LINE} bytes`);
        this.#answers.put(errorAnswer(undefined, problem));
      } else this.#take(line, await this.#budget.take(line.length));
    }
  }

  /** Resolves when every question that was read has its answer, and the asker has it. */
  async finished(): Promise<void> {
    while (this.#open.size > 0) await this.#oneEnded();
    await this.#answers.written();
  }

  /** Ends soon: what is not answered by then gets an error. Returns false if the asker did not read to the end. */
  async stop(): Promise<boolean> {
    await Promise.race([this.finished(), after(GRACE)]);
    const why = new NoVerdict('STOPPING', 'the server was stopped');
    for (const end of [...this.#open.values()]) end(why);
    return (await Promise.race([this.#answers.written(), after(LAST_WRITE)])) !== 'late';
  }
}

/**
 * Holds a conversation until the input ends and all is answered, or until `stop`. Returns false if answers could not be
 * written in time. @throws the error of the first reading, OutputClosed
 */
export async function converse(settings: ConversationSettings): Promise<boolean> {
  const { readings, greeting, stop, send } = settings;
  const answers = new AnswerWriter(send);
  const conversation = new Conversation(settings, answers);
  await readings.use(({ facts }) => answers.put(`${jsonText({ ...greeting, ...facts })}\n`));
  const all = conversation.read().then(() => conversation.finished());
  all.catch(() => undefined);
  try {
    const stopped = stop.then(() => 'stopped' as const);
    const ended = await Promise.race([all, answers.failed, stopped]);
    return ended === 'stopped' ? await conversation.stop() : true;
  } finally {
    await Promise.race([readings.close(), after(LAST_WRITE)]);
  }
}
