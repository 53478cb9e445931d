/**
 * Writes test/vectors/bad: `node test/support/make-bad-vectors.ts`. Keys are fresh, so a file that is there already is kept:
 * remove it to have it made again. What is wrong with each is its name, and what must refuse it stands in manifest.json.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { algorithmRecipes } from './bad/algorithms.ts';
import { armorRecipes } from './bad/armor.ts';
import { contentRecipes } from './bad/content.ts';
import { encodingRecipes } from './bad/encoding.ts';
import { signerRecipes } from './bad/signers.ts';
import { unsignedRecipes } from './bad/unsigned.ts';
import { valueRecipes } from './bad/values.ts';

const TARGET = new URL('../vectors/bad/', import.meta.url);

mkdirSync(TARGET, { recursive: true });
const rows = [
  ...algorithmRecipes,
  ...armorRecipes,
  ...contentRecipes,
  ...encodingRecipes,
  ...signerRecipes,
  ...unsignedRecipes,
  ...valueRecipes,
].map(({ make, ...row }) => {
  const file = new URL(row.file, TARGET);
  if (!existsSync(file)) writeFileSync(file, make());
  return row;
});
const lines = rows.map((row) => ` ${JSON.stringify(row)}`);
writeFileSync(new URL('manifest.json', TARGET), `[\n${lines.join(',\n')}\n]\n`);
writeFileSync(new URL('.gitattributes', TARGET), '* -text\n');
