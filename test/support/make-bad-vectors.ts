/**
 * Writes test/vectors/bad: `node test/support/make-bad-vectors.ts`. Keys are fresh each time, so the files change with every
 * run and are committed; what is wrong with each is its name, and what must refuse it stands in manifest.json.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { algorithmRecipes } from './bad/algorithms.ts';
import { armorRecipes } from './bad/armor.ts';
import { contentRecipes } from './bad/content.ts';
import { encodingRecipes } from './bad/encoding.ts';
import { signerRecipes } from './bad/signers.ts';
import { unsignedRecipes } from './bad/unsigned.ts';
import { valueRecipes } from './bad/values.ts';

const TARGET = new URL('../vectors/bad/', import.meta.url);

rmSync(TARGET, { recursive: true, force: true });
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
  writeFileSync(new URL(row.file, TARGET), make());
  return row;
});
const lines = rows.map((row) => ` ${JSON.stringify(row)}`);
writeFileSync(new URL('manifest.json', TARGET), `[\n${lines.join(',\n')}\n]\n`);
writeFileSync(new URL('.gitattributes', TARGET), '* -text\n');
