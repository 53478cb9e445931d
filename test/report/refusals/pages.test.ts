import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf, readSources } from '../../../scripts/imports.ts';
import { refusalDocuments } from '../../../scripts/man-parts/refusal-documents.ts';
import { parseArguments } from '../../../src/cli/arguments.ts';
import { findCommand } from '../../../src/cli/call.ts';
import { COMMANDS } from '../../../src/commands/table.ts';
import {
  isRefusalCode,
  REFUSAL_CODES,
  REFUSAL_PAGES,
  refusalText,
  verdictWord,
} from '../../../src/report/refusals/pages.ts';
import { messagesIn } from '../../support/code-prose.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'docs/refusals');
const asPattern = (template: string): RegExp =>
  new RegExp(
    `^${template
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.+')}$`,
  );

/** The source without the pages themselves. */
const sources = new Map(
  [...readSources(root, 'src')].filter(([path]) => !path.includes('report/refusals/')),
);
const imports = Map.groupBy(importsOf(sources), ({ from }) => from);
const messages = new Map(
  [...sources].map(([path, text]) => [path, messagesIn(text).map((one) => asPattern(one.text))]),
);

/** Messages of the files that name a code, of their folders, and of what they import, as patterns. */
function messagesBeside(code: string): readonly RegExp[] {
  const names = (text: string): boolean =>
    text.includes(`'${code}'`) || (code.endsWith('-differs') && text.includes('-differs`'));
  const naming = [...sources].filter(([, text]) => names(text)).map(([path]) => path);
  const folders = new Set(naming.map((path) => dirname(path)));
  const imported = naming.flatMap((path) => imports.get(path) ?? []).map(({ to }) => to);
  const near = [...sources.keys()].filter(
    (path) => folders.has(dirname(path)) || imported.includes(path),
  );
  return near.flatMap((path) => messages.get(path) ?? []);
}

/** Codes whose message is another program's error, or the reason that a policy gives. */
const WORDS_OF_OTHERS: readonly string[] = ['certificate-malformed', 'revoked'];

describe('the pages of reason codes', () => {
  it('each code of the core has its page, and no page is without a code', () => {
    const verdicts = readFileSync(join(root, 'src/core/verdict.ts'), 'utf8');
    const [, union = ''] =
      /export type ReasonCode =([\s\S]*?)export interface Finding/.exec(verdicts) ?? [];
    const codes = [...union.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code = '']) => code);
    expect(codes.length).toBeGreaterThan(45);
    const [, findings = ''] = /code: PolicyCode \| (.*);/.exec(verdicts) ?? [];
    const notes = [...findings.matchAll(/'([a-z-]+)'/g)].map(([, code = '']) => code);
    expect([...REFUSAL_CODES].sort()).toEqual([...new Set([...codes, ...notes])].sort());
  });

  it('docs/refusals holds what the table says, and nothing else', () => {
    const documents = refusalDocuments();
    expect(readdirSync(folder).sort()).toEqual(documents.map(([file]) => file).sort());
    for (const [file, text] of documents) {
      expect(readFileSync(join(folder, file), 'utf8'), `${file}: run scripts/build`).toBe(text);
    }
  });

  it.each(REFUSAL_CODES.filter((code) => !WORDS_OF_OTHERS.includes(code)))(
    'the example of %s is a message that the program has for it',
    (code) => {
      const { example } = REFUSAL_PAGES[code];
      expect(
        messagesBeside(code).filter((pattern) => pattern.test(example)),
        example,
      ).not.toEqual([]);
    },
  );

  it('an example that no message fits is seen', () => {
    expect(messagesBeside('sct-missing').some((one) => one.test('the certificate is odd'))).toBe(
      false,
    );
  });

  it.each(REFUSAL_CODES)('what to type for %s is what the program takes', async (code) => {
    const typed = REFUSAL_PAGES[code].mend.flatMap(([, type]) => type ?? []);
    for (const line of typed) {
      const [git, word, ...words] = line.split(' ');
      expect(git).toBe('git');
      if (word !== 'signet') continue;
      const { command, rest } = await findCommand(words, COMMANDS);
      expect(() => parseArguments(rest, command), line).not.toThrow();
    }
  });

  it('the page at a terminal says code, verdict, cause, remedy and looks', () => {
    const text = refusalText('content-digest-differs', (line) => line);
    expect(text).toMatch(/^content-digest-differs: refused \(exit 1\)\n/);
    expect(text).toMatch(/^ {6}git signet resign origin\/main\.\.HEAD$/m);
    expect(text).toContain(REFUSAL_PAGES['content-digest-differs'].example);
  });

  it('a verdict is the one that the core gives', () => {
    expect(verdictWord('unsigned')).toBe('unsigned (exit 5)');
    expect(verdictWord('log-unreachable')).toBe('undecided (exit 3)');
    expect(verdictWord('key-not-pinned')).toBe('not allowed (exit 6)');
    expect(verdictWord('tag-version-not-newer')).toBe('a note: it changes no verdict');
    expect(isRefusalCode('toString')).toBe(false);
  });
});
