/**
 * Matches the patterns of a policy. Regular expressions for identities are anchored at both ends (CVE-2022-36056 and
 * others, threat P02). In ref patterns `*` matches anything but a slash, and `**` matches anything. Neither matches control
 * characters.
 */

/** Most characters of a value that a pattern may match. A slow pattern must not hang on a stranger's value (threat I05). */
const LONGEST_VALUE = 4096;

const compiled = new Map<string, RegExp>();

/** Returns the pattern, anchored. Throws SyntaxError if it is not valid alone (`a)|(b` would break out of the anchors). */
export function anchoredPattern(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  new RegExp(pattern, 'su');
  // `s` without `m`, so that with a line break in the value a suffix or prefix does not match for the whole
  const anchored = new RegExp(`^(?:${pattern})$`, 'su');
  compiled.set(pattern, anchored);
  return anchored;
}

/** Returns true if the regular expression matches the whole value. */
export function matchesWhole(pattern: string, value: string): boolean {
  return value.length <= LONGEST_VALUE && anchoredPattern(pattern).test(value);
}

/** Tells whether a star matches a character. `many` means the double star. */
type Takes = (character: string, many: boolean) => boolean;

const inRefs: Takes = (character, many) => character >= ' ' && (many || character !== '/');

/**
 * Returns true if the pattern matches the whole text. On a difference the last single star takes one more character. If
 * it may not, the last double star does. No star looks at a character twice. So for any number of stars the cost is
 * bounded by the product of both lengths (threat P23).
 */
function describes(pattern: string, text: string, takes: Takes): boolean {
  let one: { readonly star: number; at: number } | undefined;
  let many: { readonly from: number; at: number } | undefined;
  /** For each single star, the position up to which it was tried without success. */
  const spent = new Map<number, number>();
  let p = 0;
  let t = 0;
  while (p < pattern.length || t < text.length) {
    const star = pattern[p] === '*';
    if (star && pattern[p + 1] === '*') {
      p += 2;
      many = { from: p, at: t };
      one = undefined;
    } else if (star && (spent.get(p) ?? -1) < t) {
      one = { star: p, at: t };
      p += 1;
    } else if (!star && p < pattern.length && pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (one !== undefined && takes(text[one.at] ?? '', false)) {
      one.at += 1;
      p = one.star + 1;
      t = one.at;
    } else {
      if (one !== undefined) spent.set(one.star, one.at);
      if (many === undefined || !takes(text[many.at] ?? '', true)) return false;
      one = undefined;
      many.at += 1;
      p = many.from;
      t = many.at;
    }
  }
  return true;
}

/** Returns true if the pattern matches the ref or tag name, byte for byte except for its stars. */
export function matchesRef(pattern: string, ref: string): boolean {
  if (!pattern.includes('*')) return pattern === ref;
  return ref.length <= LONGEST_VALUE && describes(pattern, ref, inRefs);
}

/** Stand-ins for the stars of a pattern that is itself the text. No ref holds such characters. */
const ONE = '\x01';
const MANY = '\x02';
const inPatterns: Takes = (character, many) =>
  character === ONE || (many && character === MANY) || inRefs(character, many);

/** Returns true if the first pattern matches every name that the second one matches. */
export function coversPattern(wide: string, narrow: string): boolean {
  if (!wide.includes('*')) return wide === narrow;
  if (narrow.length > LONGEST_VALUE) return false;
  const text = narrow.replaceAll('**', MANY).replaceAll('*', ONE);
  return describes(wide, text, inPatterns);
}
