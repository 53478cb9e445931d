/** Reads `attestations`: the statements that a policy asks for, of the commit that a ref gets or of a tag. */

import { predicateTypeOf } from '../statement/ready-types.ts';
import type { AttestationRule, IdentityPolicy } from './model.ts';
import { type Names, resolveNames } from './object-rules.ts';
import { asMap, asText, asTexts, type Fields, fault, type Path, type Reader } from './reader.ts';

const URI = /^[a-z][a-z0-9+.-]*:[^\s\p{Cc}]+$/iu;

function readType(reader: Reader, value: unknown, path: Path): string {
  const type = predicateTypeOf(asText(reader, value, path));
  if (URI.test(type)) return type;
  throw fault(reader, path, `'${type}' is neither a predicate type nor a short name of one`);
}

function readPlaces(
  reader: Reader,
  { refs, names }: Fields,
  path: Path,
): Pick<AttestationRule, 'of' | 'on'> {
  if ((refs === undefined) === (names === undefined)) {
    throw fault(reader, path, "expected either 'refs' or 'names'");
  }
  if (refs === undefined) return { of: 'tags', on: asTexts(reader, names, [...path, 'names']) };
  const on = asTexts(reader, refs, [...path, 'refs']);
  const short = on.findIndex((place) => !place.startsWith('refs/'));
  if (short === -1) return { of: 'commits', on };
  const problem = `'${on[short]}' is no full name such as refs/heads/main`;
  throw fault(reader, [...path, 'refs', short], problem);
}

/** Reads `attestations`. Returns nothing if the policy has none. @throws ConfigError POLICY_FILE with line and column */
export function readAttestations(
  reader: Reader,
  value: unknown,
  names: Names,
): Pick<IdentityPolicy, 'attestations'> {
  if (value === undefined) return {};
  if (!Array.isArray(value) || value.length === 0) {
    throw fault(reader, ['attestations'], "'attestations' must be a list, and not empty");
  }
  const attestations = value.map((item: unknown, index) => {
    const path = ['attestations', index];
    const rule = asMap(reader, item, path, ['type', 'by', 'refs', 'names']);
    const by =
      rule.by === undefined ? undefined : resolveNames(reader, rule.by, [...path, 'by'], names);
    return {
      label: `attestations[${index}]`,
      type: readType(reader, rule.type, [...path, 'type']),
      ...readPlaces(reader, rule, path),
      ...(by === undefined ? {} : { by }),
    };
  });
  return { attestations };
}
