/**
 * Puts fixed values in the place of what differs from run to run, each of the same length, so that lines break where they
 * broke: hashes, times, ports, the secret part of a page's address, the scratch folder, and what a machine has installed.
 */

const DIGITS = '4f2a91c88d0e17c03b5d291aa0f35d1c7b7e21c90a64e0d9b35c2f18';

/** A hash that is the same in every run. `at` counts the hashes of a picture. */
function fixedHash(at: number): string {
  const start = (at * 7) % 49;
  return (DIGITS.slice(start) + DIGITS).slice(0, 40);
}

/** A random folder name of scratchFolder. It stands for the home of a person. */
const HOME = /\/tmp\/alice-\w{6}/g;
const RULES: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, '2026-11-21 11:54:32Z'],
  [/(?<=127\.0\.0\.1:)\d{5}\b/g, '43121'],
  [
    /(?<=127\.0\.0\.1:\d{5}\/)[\w-]{8,}/g,
    (found) => '4YcTq7Hv2mKe9xWb'.repeat(9).slice(0, found.length),
  ],
  [/(?<= {16})\d+\.\d+\.\d+(?: \([^)\n]*\))?/g, '2.47.1'],
  [/(?<=authorities: )[^\r\n]*(?:\r?\n {25}[^\r\n]*)*/g, 'built in, the system’s'],
];

/**
 * Returns the output with fixed values. `hashes` are the objects of the repository: each is known by its first seven
 * digits, and numbered in the order in which the output shows them.
 */
export function withFixedValues(output: string, hashes: readonly string[]): string {
  const known = new Map(hashes.map((hash) => [hash.slice(0, 7), hash]));
  const shown = new Map<string, string>();
  const named = output.replace(/\b[0-9a-f]{7,40}\b/g, (found) => {
    const hash = known.get(found.slice(0, 7));
    if (hash === undefined || !hash.startsWith(found)) return found;
    const fixed = shown.get(hash) ?? fixedHash(shown.size);
    shown.set(hash, fixed);
    return fixed.slice(0, found.length);
  });
  const ruled = RULES.reduce(
    (text, [pattern, fixed]) =>
      text.replace(pattern, (found) => (typeof fixed === 'string' ? fixed : fixed(found))),
    named,
  );
  return ruled.replace(HOME, '/home/alice');
}
