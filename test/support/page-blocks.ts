/** The commands of the documents, taken from the pages themselves, so that what a reader copies is what a test has run. */

/** A block of code: its language, the word after it that says who runs it, and its lines without the indent of a list. */
export interface Block {
  readonly language: string;
  readonly runs: string;
  readonly code: string;
}

/** Returns every fenced block of a Markdown text, in order. */
export function blocksOf(markdown: string): readonly Block[] {
  const fences = markdown.matchAll(/^( *)```(\w+)(?: (\S+))?\n([\s\S]*?)^\1```$/gm);
  return [...fences].map(([, indent = '', language = '', runs = '', code = '']) => ({
    language,
    runs,
    code: code.replace(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** Returns the part of a Markdown text below one heading of the second level. Throws if it has no such heading. */
export function chapter(markdown: string, heading: string): string {
  const parts = markdown.split(/^(?=## )/m);
  const found = parts.find((part) => part.startsWith(`## ${heading}\n`));
  if (found === undefined) throw new Error(`no heading ${heading}`);
  return found;
}
