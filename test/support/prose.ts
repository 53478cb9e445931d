/** What makes a sentence of a document hard to read, as far as a program can see it. */

import { withoutBlocks } from './references.ts';

/** Words that stand where the actor is missing, or that have a plainer form. */
const RIDDLES =
  /\b(?:whoever|whomever|nobody|somebody|someone|anybody|anyone|everybody|everyone|for ever|he|him|his)\b/gi;
const LONGEST = 40;

/** The sentences of a document: no code, and the cells of a table one by one. */
function sentencesOf(markdown: string): readonly string[] {
  const prose = withoutBlocks(markdown).replace(/`[^`\n]*`/g, 'code');
  return prose
    .split(/\n\s*\n|\n(?=\s*(?:[-|#]|\d+\. ))/)
    .flatMap((block) => (block.trimStart().startsWith('|') ? block.split('|') : [block]))
    .flatMap((block) => block.replace(/\s+/g, ' ').split(/(?<=[.!?:]) /));
}

/** Words that hide the actor, each with its sentence. */
export function riddlesIn(markdown: string): readonly string[] {
  return sentencesOf(markdown).flatMap((sentence) =>
    [...sentence.matchAll(RIDDLES)].map(([word]) => `${word}: ${sentence.trim()}`),
  );
}

/** Sentences of more than 40 words. */
export function longIn(markdown: string): readonly string[] {
  return sentencesOf(markdown).filter((sentence) => sentence.split(' ').length > LONGEST);
}

/** Sentences that a semicolon chains. In a table it parts the members of a list. */
export function chainsIn(markdown: string): readonly string[] {
  const plain = markdown.replace(/^\|.*$/gm, '');
  return sentencesOf(plain).filter((sentence) => sentence.includes(';'));
}
