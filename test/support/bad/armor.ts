/** Faults of armor: threat C13. */

import { concat, toBase64 } from '../../../src/core/bytes.ts';
import { readArmor, writeArmor } from '../../../src/core/cms/signed-data.ts';
import type { Check, ReasonCode } from '../../../src/core/verdict.ts';
import { vector } from '../gitsign-vectors.ts';
import { BASE, type Recipe, recipe, withArmor } from './recipe.ts';

const good = (): string => Buffer.from(vector(BASE).signature).toString('latin1');
const der = (): Uint8Array => readArmor(vector(BASE).signature);

function armor(
  name: string,
  make: () => string,
  code: ReasonCode = 'armor-malformed',
  check: Check = 'cms',
): Recipe {
  return recipe(`C13-${name}`, check, code, () => withArmor(make()));
}

export const armorRecipes: readonly Recipe[] = [
  armor('two-blocks', () => good() + good()),
  armor('two-ends', () => good() + good().split('\n').at(-2)!),
  armor('headers', () => good().replace('-----\n', '-----\nVersion: 1\n\n')),
  armor('blank-line-behind-the-begin', () => good().replace('-----\n', '-----\n\n')),
  armor('blank-line-in-the-middle', () => good().replace(/(.{64}\n)/, '$1\n')),
  armor('text-behind', () => `${good()}and so on\n`),
  armor('space-behind-the-begin', () => good().replace('-----\n', '----- \n')),
  armor('space-behind-the-end', () => good().replace(/-----\n$/, '----- \n')),
  armor('end-of-another-kind', () => good().replace('END SIGNED', 'END SINGED')),
  armor('no-end', () => good().split('\n').slice(0, -2).join('\n')),
  armor('nothing-inside', () => writeArmor(new Uint8Array())),
  armor('space-in-a-line', () => good().replace(/(\n.{30})/, '$1 ')),
  armor('tab-before-a-line', () => good().replace(/\n(.{64})/, '\n\t$1')),
  armor('space-behind-a-line', () => good().replace(/(\n.{64})/, '$1 ')),
  armor('lone-CR', () => good().replace(/(\n.{30})/, '$1\r')),
  armor('NUL', () => good().replace(/(\n.{30})/, '$1\0'), 'object-malformed', 'object'),
  armor('base64url', () => good().replaceAll('+', '-').replaceAll('/', '_')),
  armor('padding-missing', () =>
    writeArmor(concat(der(), new Uint8Array((4 - (der().length % 3)) % 3))).replace(
      /=+(?=\n-)/,
      '',
    ),
  ),
  armor('padding-in-the-middle', () => good().replace(/\n(.{62})../, '\n$1==')),
  armor('padding-too-much', () => good().replace(/(?=\n-----END)/, '====')),
  armor('unused-bits-set', () => unusedBits()),
  armor('odd-number-of-digits', () => good().replace(/(?=\n-----END)/, 'A')),
  armor(
    'DER-without-armor-lines',
    () =>
      `-----BEGIN SIGNED MESSAGE-----\n${Buffer.from(der()).toString('latin1')}\n-----END SIGNED MESSAGE-----\n`,
    'object-malformed',
    'object',
  ),
  armor('begin-in-lower-case', () => good().toLowerCase(), 'signature-kind-unsupported', 'object'),
  armor('text-before', () => `see:\n${good()}`, 'signature-kind-unsupported', 'object'),
];

/** Base64 whose last digit before the padding says more than there are octets. */
function unusedBits(): string {
  const padded = concat(der(), new Uint8Array(2)).subarray(
    0,
    der().length - (der().length % 3) + 1,
  );
  const text = toBase64(padded);
  return `-----BEGIN SIGNED MESSAGE-----\n${text.replace(/.==$/, (end) => `${end[0] === 'A' ? 'B' : 'Z'}==`)}\n-----END SIGNED MESSAGE-----\n`;
}
