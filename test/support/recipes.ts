/** The recipes of docs/clients.md, taken from the page itself, so that what a reader copies is what a test has run. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Recipe {
  readonly language: string;
  readonly code: string;
}

const PAGE = fileURLToPath(new URL('../../docs/clients.md', import.meta.url));

/** The page's text. */
export const clientsPage = (): string => readFileSync(PAGE, 'utf8');

/** Every block of code below "Recipes", by the heading that it stands under. Throws if a heading has two. */
export function recipesOf(page: string): ReadonlyMap<string, Recipe> {
  const [, part = ''] = /^## Recipes\n([\s\S]*?)^## /m.exec(page) ?? [];
  const found = new Map<string, Recipe>();
  for (const section of part.split(/^### /m).slice(1)) {
    const name = section.slice(0, section.indexOf('\n'));
    const blocks = [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
    const [, language, code] = blocks[0] ?? [];
    if (blocks.length !== 1 || language === undefined || code === undefined)
      throw new Error(`${name} has ${blocks.length} blocks of code, and a test runs one`);
    found.set(name, { language, code });
  }
  return found;
}

/** The code below one heading. */
export function recipe(name: string): string {
  const found = recipesOf(clientsPage()).get(name);
  if (found === undefined) throw new Error(`docs/clients.md has no recipe for ${name}`);
  return found.code;
}
