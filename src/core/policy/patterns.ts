/**
 * Patterns of a policy: regular expressions for identities, anchored at both ends (CVE-2022-36056 and kin, threat
 * P02), and ref patterns, in which `*` stands for anything but a slash and `**` for anything at all; neither stands for control characters.
 */

/** A pattern meets nothing longer: a slow pattern must not hang on a value that a stranger chose (I05). */
const LONGEST_VALUE = 4096;

const compiled = new Map<string, RegExp>();

/** The pattern, anchored; throws SyntaxError when it is not one by itself (`a)|(b` would break out of the anchors). */
export function anchoredPattern(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  new RegExp(pattern, 'su');
  // `s` and no `m`: a line break in a value must not let a suffix or prefix stand for the whole
  const anchored = new RegExp(`^(?:${pattern})$`, 'su');
  compiled.set(pattern, anchored);
  return anchored;
}

/** True when the whole value is what the regular expression describes. */
export function matchesWhole(pattern: string, value: string): boolean {
  return value.length <= LONGEST_VALUE && anchoredPattern(pattern).test(value);
}

/** Whether a star takes a character; `many`: the double star. */
type Takes = (character: string, many: boolean) => boolean;

const inRefs: Takes = (character, many) => character >= ' ' && (many || character !== '/');

/**
 * True when the pattern describes the whole text. On a difference the last single star takes one character more; when
 * it may not, the last double star does. No star looks at a character twice, so however many stars there are, the cost
 * is bounded by the lengths multiplied (threat P23).
 */
function describes(pattern: string, text: string, takes: Takes): boolean {
  let one: { readonly star: number; at: number } | undefined;
  let many: { readonly from: number; at: number } | undefined;
  /** By single star: it was begun somewhere, and nothing that it took up to here has helped. */
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

/** True when the ref, or the tag's name, is what the pattern describes; byte for byte but for its stars. */
export function matchesRef(pattern: string, ref: string): boolean {
  if (!pattern.includes('*')) return pattern === ref;
  return ref.length <= LONGEST_VALUE && describes(pattern, ref, inRefs);
}

/** The stars of a pattern that is itself the text: no ref holds such characters. */
const ONE = '\x01';
const MANY = '\x02';
const inPatterns: Takes = (character, many) =>
  character === ONE || (many && character === MANY) || inRefs(character, many);

/** True when the first pattern describes every name that the second one does. */
export function coversPattern(wide: string, narrow: string): boolean {
  if (!wide.includes('*')) return wide === narrow;
  if (narrow.length > LONGEST_VALUE) return false;
  const text = narrow.replaceAll('**', MANY).replaceAll('*', ONE);
  return describes(wide, text, inPatterns);
}
