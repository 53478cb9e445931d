/** Every reason code with its page, as text for a terminal. */

import { EVIDENCE_PAGES } from './evidence.ts';
import { OBJECT_PAGES } from './object.ts';
import { type RefusalCode, type RefusalPage, verdictOf } from './page.ts';
import { POLICY_PAGES } from './policy.ts';
import { PUSH_PAGES } from './push.ts';

/** A code without a page does not compile. */
export const REFUSAL_PAGES: Readonly<Record<RefusalCode, RefusalPage>> = {
  ...OBJECT_PAGES,
  ...PUSH_PAGES,
  ...EVIDENCE_PAGES,
  ...POLICY_PAGES,
};

/** Every code, in the order of the checks. */
export const REFUSAL_CODES = Object.keys(REFUSAL_PAGES) as readonly RefusalCode[];

/** Returns true if the word is a code of a refusal. */
export function isRefusalCode(word: string): word is RefusalCode {
  return Object.hasOwn(REFUSAL_PAGES, word);
}

/** Returns the verdict that a code leads to, with its exit code. */
export function verdictWord(code: RefusalCode): string {
  return verdictOf(code, Object.hasOwn(POLICY_PAGES, code));
}

/** Returns the page of a code, wrapped by `wrap`, which takes a text and the width of its indent. */
export function refusalText(
  code: RefusalCode,
  wrap: (text: string, indent: number) => string,
): string {
  const { means, why, mend, example } = REFUSAL_PAGES[code];
  const steps = mend.map(([say, type]) => {
    const line = `  - ${wrap(say, 4)}`;
    return type === undefined ? line : `${line}:\n      ${type}`;
  });
  return `${code}: ${verdictWord(code)}

${wrap(means, 0)}

how it comes about
${why.map((cause) => `  - ${wrap(cause, 4)}`).join('\n')}

what to do
${steps.join('\n')}

how it looks
  ${wrap(example, 2)}
`;
}
