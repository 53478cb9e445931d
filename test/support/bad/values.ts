/** Faults of the signature value: threat C09. */

import { concat } from '../../../src/core/bytes.ts';
import {
  type Der,
  kids,
  literal,
  nothing,
  parse,
  seq,
  withIndefiniteLength,
  withLongLength,
  write,
} from '../der-edit.ts';
import { changedAfter, type Recipe } from './recipe.ts';

const N = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const scalar = (...value: readonly number[]): Der => ({ tag: 2, content: Uint8Array.from(value) });

/** The signature's two integers, changed. */
function scalars(name: string, change: (r: Der, s: Der) => Der): Recipe {
  return changedAfter(
    `C09-${name}`,
    'signature-invalid',
    ({ signature }) => {
      const [r, s] = kids(parse(signature.content as Uint8Array));
      signature.content = write(change(r!, s!));
    },
    'signature',
  );
}

export const valueRecipes: readonly Recipe[] = [
  changedAfter(
    'C09-empty',
    'signature-invalid',
    ({ signature }) => {
      signature.content = new Uint8Array();
    },
    'signature',
  ),
  scalars('no-scalars', () => seq()),
  scalars('one-scalar', (r) => seq(r)),
  scalars('three-scalars', (r, s) => seq(r, s, s)),
  scalars('r-zero', (_, s) => seq(scalar(0), s)),
  scalars('s-zero', (r) => seq(r, scalar(0))),
  scalars('both-zero', () => seq(scalar(0), scalar(0))),
  scalars('r-one-s-one', () => seq(scalar(1), scalar(1))),
  scalars('r-empty', (_, s) => seq(scalar(), s)),
  scalars('r-negative', (_, s) => seq(scalar(0x80, 1), s)),
  scalars('r-not-minimal', (r, s) => seq(scalar(0, ...(r.content as Uint8Array)), s)),
  scalars('r-of-33-octets', (_, s) => seq(scalar(1, ...new Uint8Array(32)), s)),
  scalars('r-of-4096-octets', (_, s) => seq(scalar(1, ...new Uint8Array(4095)), s)),
  scalars('r-is-the-order', (_, s) => seq(scalar(0, ...N), s)),
  scalars('s-is-the-order', (r) => seq(r, scalar(0, ...N))),
  scalars('r-over-the-order', (_, s) => seq(scalar(0, ...new Uint8Array(32).fill(0xff)), s)),
  scalars('bytes-inside', (r, s) => seq(r, s, nothing())),
  scalars('bytes-behind', (r, s) => literal(concat(write(seq(r, s)), Uint8Array.of(0)))),
  scalars('long-length', (r, s) => literal(withLongLength(seq(r, s)))),
  scalars('indefinite-length', (r, s) => literal(withIndefiniteLength(seq(r, s)))),
  scalars('r-and-s-side-by-side', (r, s) => {
    const octetsOf = ({ content }: Der) => Buffer.from(content as Uint8Array).subarray(-32);
    return literal(concat(octetsOf(r), octetsOf(s)));
  }),
  changedAfter('C09-bit-string', 'cms-malformed', ({ signature }) => {
    signature.tag = 3;
    signature.content = concat(Uint8Array.of(0), signature.content as Uint8Array);
  }),
];
