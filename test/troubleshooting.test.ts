/** docs/troubleshooting.md explains texts that the program really has, and those that users meet first. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSources } from '../scripts/imports.ts';
import { messagesIn } from './support/code-prose.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(`${root}docs/troubleshooting.md`, 'utf8');
const messages = [...readSources(root, 'src')].flatMap(([path, code]) =>
  path.includes('report/refusals/') ? [] : messagesIn(code).map(({ text }) => text),
);
const isSaid = (text: string): boolean => messages.some((message) => message.includes(text));

/** Headings of errors, without those of the chapter about git's own words. */
const headings = page
  .split(/^(?=## )/m)
  .filter((chapter) => !chapter.startsWith('## If only git'))
  .flatMap((chapter) => [...chapter.matchAll(/^### (.*)$/gm)].map(([, text = '']) => text));

/** What newcomers met in their first week. */
const MET = [
  'you are not logged in, and',
  'you did not log in within …',
  'no browser could be started',
  'no policy is given: whose signatures should pass?',
  'there is no such file in that revision',
  'this shallow clone ends at …',
  'verify ignores …, because the environment must not decide whom to trust',
  'no policy is configured, so every signer passes: git signet help policy',
  'owns the hooks of this repository, so nothing was written',
];

describe('docs/troubleshooting.md', () => {
  it.each(headings)('the program has the text "%s"', (heading) => {
    expect(isSaid(heading)).toBe(true);
  });

  it('a text that the program does not have is seen', () => {
    expect(isSaid('the moon is not at home')).toBe(false);
  });

  it('what newcomers met in their first week is explained', () => {
    expect(MET.filter((text) => !headings.includes(text))).toEqual([]);
    expect(headings.length).toBeGreaterThan(30);
  });

  it('each error says what to do', () => {
    const sections = page.split(/^### /m).slice(1);
    const silent = sections.filter(
      (section) => section.split('\n').slice(1).join('').trim().length < 20,
    );
    expect(silent).toEqual([]);
  });
});
