/** Asks a question until it is answered with one of a few words. */

import type { Terminal } from './terminal.ts';

export type Answer = 'yes' | 'no' | 'always';

export const YES_OR_NO: Readonly<Record<string, Answer>> = {
  y: 'yes',
  yes: 'yes',
  n: 'no',
  no: 'no',
};
export const ALWAYS: Readonly<Record<string, Answer>> = { a: 'always', always: 'always' };

/**
 * Asks until one of the words in `answers` is typed. An early Enter or a slip must not throw a login away. Returns
 * undefined when input ends or `signal` aborts.
 */
export async function answerTo(
  question: string,
  answers: Readonly<Record<string, Answer>>,
  terminal: Pick<Terminal, 'ask'>,
  signal?: AbortSignal,
): Promise<Answer | undefined> {
  const words = [...new Set(Object.values(answers))].join(' or ');
  for (let text = question; ; text = `please type ${words}:`) {
    const typed = (await terminal.ask(text, signal))?.trim().toLowerCase();
    if (typed === undefined) return undefined;
    if (Object.hasOwn(answers, typed)) return answers[typed];
  }
}
