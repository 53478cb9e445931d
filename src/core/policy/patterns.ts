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

const globs = new Map<string, RegExp>();

function globOf(pattern: string): RegExp {
  const known = globs.get(pattern);
  if (known !== undefined) return known;
  const source = pattern
    .split(/(\*\*?)/)
    .map((part) =>
      part === '**'
        ? '[^\\x00-\\x1f]*'
        : part === '*'
          ? '[^/\\x00-\\x1f]*'
          : part.replace(/[\\^$.|?+()[\]{}/-]/g, (special) => `\\${special}`),
    )
    .join('');
  const made = new RegExp(`^${source}$`);
  globs.set(pattern, made);
  return made;
}

/** True when the ref, or the tag's name, is what the pattern describes; byte for byte but for its stars. */
export function matchesRef(pattern: string, ref: string): boolean {
  if (!pattern.includes('*')) return pattern === ref;
  return ref.length <= LONGEST_VALUE && globOf(pattern).test(ref);
}
