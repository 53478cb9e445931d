/** The published schemas: each is whole, so that no tool has to fetch anything, and its name is where npm's mirrors serve it. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) =>
  JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
const { name, exports } = read('package.json') as {
  name: string;
  exports: Record<string, string>;
};
const SCHEMAS = Object.entries(exports).filter(([entry]) => entry.startsWith('./schema/'));

/** The values of `key` anywhere in a schema. */
function valuesOf(key: string, value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === key ? [inner] : valuesOf(key, inner),
  );
}

describe.each(SCHEMAS)('%s', (_entry, path) => {
  const schema = read(path);

  it('has an address of its own: that of the file in the package', () => {
    expect(valuesOf('$id', schema)).toEqual([`https://unpkg.com/${name}/${path.slice(2)}`]);
  });

  it('refers to nothing outside itself', () => {
    const references = valuesOf('$ref', schema);
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((reference) => !String(reference).startsWith('#/'))).toEqual([]);
  });
});

it('each schema is exported', () => {
  expect(SCHEMAS.map(([entry]) => entry)).toEqual([
    './schema/policy.json',
    './schema/serve.json',
    './schema/verify-result.json',
  ]);
});
