import { concat } from '../../../src/core/bytes.ts';
import { CmsOid } from '../../../src/core/cms/signed-data.ts';
import type { Check, ReasonCode } from '../../../src/core/verdict.ts';
import {
  armorOf,
  attribute,
  type Message,
  openVector,
  resign,
  signedByStranger,
} from '../cms-edit.ts';
import { clone, type Der, integer, kid, kids, nothing, sort } from '../der-edit.ts';
import { bytes } from '../odd-objects.ts';
import { BASE, type Recipe, recipe, withArmor } from './recipe.ts';

/** A real, verified signature with something else in the unsigned part. */
function unsigned(
  name: string,
  check: Check,
  code: ReasonCode,
  edit: (attributes: Der, message: Message) => void,
  file = BASE,
): Recipe {
  return recipe(name, check, code, () => {
    const message = openVector(file);
    edit(message.unsignedAttrs!, message);
    return withArmor(armorOf(message), file);
  });
}

const TOKEN = CmsOid.timeStampToken;
const TSA = 'tsa/01-offline-immediate.commit';
const addSorted = (attributes: Der, ...added: Der[]): void => {
  kids(attributes).push(...added);
  sort(attributes);
};
const entryOf = (file: string): Der => clone(kid(openVector(file).unsignedAttrs!, 0));
const old = (arc: number): Der =>
  attribute(`1.3.6.1.4.1.57264.3.${arc}`, { tag: 0x13, content: bytes('x') });

export const unsignedRecipes: readonly Recipe[] = [
  unsigned('C12-two-entries', 'log', 'cms-malformed', (attributes) =>
    addSorted(attributes, entryOf('offline/03-bob.commit')),
  ),
  unsigned('C12-two-values-of-the-entry', 'log', 'cms-malformed', (attributes) => {
    const values = kid(attributes, 0, 1);
    addSorted(values, clone(kid(entryOf('offline/03-bob.commit'), 1, 0)));
  }),
  unsigned('C12-entry-without-value', 'log', 'cms-malformed', (attributes) => {
    kid(attributes, 0, 1).content = [];
  }),
  unsigned('C12-entry-same-twice', 'cms', 'cms-malformed', (attributes) => {
    kids(attributes).push(clone(kid(attributes, 0)));
  }),
  unsigned('C12-old-and-new-form', 'log', 'log-entry-unsupported', (attributes) =>
    addSorted(attributes, old(0), old(8)),
  ),
  unsigned('C12-old-form-alone', 'log', 'log-entry-unsupported', (attributes) => {
    attributes.content = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(old);
    sort(attributes);
  }),
  unsigned('C12-entry-no-octet-string', 'log', 'log-entry-unsupported', (attributes) => {
    kid(attributes, 0, 1).content = [{ tag: 0x13, content: bytes('x') }];
  }),
  unsigned('C12-entry-empty', 'log', 'log-entry-malformed', (attributes) => {
    kid(attributes, 0, 1, 0).content = new Uint8Array();
  }),
  unsigned('C12-entry-with-bytes-behind', 'log', 'log-entry-malformed', (attributes) => {
    const value = kid(attributes, 0, 1, 0);
    value.content = concat(value.content as Uint8Array, Uint8Array.of(0));
  }),
  unsigned('C12-entry-over-64-KiB', 'log', 'log-entry-malformed', (attributes) => {
    const value = kid(attributes, 0, 1, 0);
    value.content = concat(value.content as Uint8Array, new Uint8Array(66_000));
  }),
  unsigned('C12-thirty-three-attributes', 'cms', 'cms-malformed', (attributes) =>
    addSorted(
      attributes,
      ...Array.from({ length: 32 }, (_, at) => attribute(`1.2.3.${at}`, nothing())),
    ),
  ),
  unsigned('C12-thirty-three-values', 'cms', 'cms-malformed', (attributes) => {
    addSorted(
      attributes,
      attribute('1.2.3', ...Array.from({ length: 33 }, (_, at) => integer(at))),
    );
  }),
  unsigned(
    'C12-attributes-unsorted',
    'cms',
    'cms-malformed',
    (attributes) => {
      kids(attributes).unshift(attribute('2.5.4.3', nothing()));
      kids(attributes).reverse();
    },
    TSA,
  ),
  unsigned('C12-attribute-no-sequence', 'cms', 'cms-malformed', (attributes) => {
    kids(attributes).push(nothing());
    sort(attributes);
  }),
  unsigned('C12-attributes-present-and-empty', 'log', 'log-entry-absent', (attributes) => {
    attributes.content = [];
  }),
  unsigned(
    'C12-two-timestamps',
    'time',
    'cms-malformed',
    (attributes) => {
      const other = kids(openVector('tsa/02-offline-immediate.commit').unsignedAttrs!);
      addSorted(attributes, clone(other.at(-1)!));
    },
    TSA,
  ),
  unsigned(
    'C12-two-values-of-the-timestamp',
    'time',
    'cms-malformed',
    (attributes) => {
      addSorted(kid(attributes, -1, 1), nothing());
    },
    TSA,
  ),
  unsigned('C12-timestamp-that-is-none', 'time', 'timestamp-invalid', (attributes) =>
    addSorted(attributes, attribute(TOKEN, nothing())),
  ),
  unsigned('C15-entry-of-another-signature', 'log', 'log-entry-mismatch', (attributes) => {
    attributes.content = [entryOf('offline/03-bob.commit')];
  }),
  unsigned(
    'C15-timestamp-of-another-signature',
    'time',
    'timestamp-invalid',
    (attributes) => {
      kids(attributes).pop();
      addSorted(
        attributes,
        clone(kid(openVector('tsa/02-offline-immediate.commit').unsignedAttrs!, -1)),
      );
    },
    TSA,
  ),
  unsigned(
    'C15-entry-and-timestamp-of-another-signature',
    'log',
    'log-entry-mismatch',
    (attributes) => {
      attributes.content = clone(
        openVector('tsa/02-offline-immediate.commit').unsignedAttrs!,
      ).content;
    },
    TSA,
  ),
  recipe('C15-genuine-entry-under-a-new-signature', 'log', 'log-entry-mismatch', () => {
    const { message, key } = signedByStranger();
    kids(message.signerInfo).push(clone(openVector(BASE).unsignedAttrs!));
    resign(message, key);
    return withArmor(armorOf(message));
  }),
];
