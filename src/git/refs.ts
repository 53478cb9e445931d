/** Finds the ref of a plain name in all places where git looks. A name with two meanings is refused (threats P04, P18). */

import { UsageError } from '../errors.ts';
import { type GitRepository, gitLine, isFullHash } from './repository.ts';

interface Parts {
  /** The part before the first `^`, `~`, `:` or `@{`. */
  readonly short: string;
  readonly rest: string;
}

/** Splits a name into a part that may be a ref, and the steps from there. */
export function partsOf(name: string): Parts {
  const short = /^(?:[^@^~:]|@(?!\{))*/.exec(name)?.[0] ?? '';
  return { short: short === '@' ? 'HEAD' : short, rest: name.slice(short.length) };
}

/** Returns the places where git looks for a short name, in git's order (gitrevisions(7)). */
function placesOf(short: string): readonly string[] {
  const places = ['refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];
  return [...places.map((place) => `${place}${short}`), `refs/remotes/${short}/HEAD`];
}

/** Up to this many names, asking for single refs costs less than listing all refs. */
const FEW_NAMES = 8;

/** Returns the places that hold a ref. They are not asked for as names, because git would read some of them in another way. */
async function refsAmong(
  repository: GitRepository,
  places: readonly string[],
): Promise<ReadonlySet<string>> {
  const patterns = places.length > FEW_NAMES * placesOf('').length ? [] : places;
  const listed = await gitLine(repository, ['for-each-ref', '--format=%(refname)', ...patterns]);
  return new Set(listed.split('\n'));
}

/** Matches a shortened hash, alone or at the end of a name as `git describe` writes it. */
const SHORTENED = /^(?:.+-g)?([0-9a-f]{4,64})$/i;

/** Returns the names that are also a shortened hash. git takes the ref and does not warn. */
async function shortenedHashes(
  repository: GitRepository,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const digits = new Map(
    names.flatMap((name) => {
      const found = SHORTENED.exec(name)?.[1]?.toLowerCase();
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
  if (digits.size === 0) return new Set();
  const args = [...new Set(digits.values())].map((prefix) => `--disambiguate=${prefix}`);
  const ids = (await gitLine(repository, ['rev-parse', ...args])).split('\n');
  const also = [...digits].filter(([, prefix]) => ids.some((id) => id.startsWith(prefix)));
  return new Set(also.map(([name]) => name));
}

function twoMeanings(name: string, both: string, hint: string): UsageError {
  return new UsageError(`${name} means both ${both}`, { code: 'AMBIGUOUS_NAME', hint });
}

/** Returns the full name of the ref that each short name means, or undefined if it names none. @throws UsageError AMBIGUOUS_NAME */
export async function refsOf(
  repository: GitRepository,
  names: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const shorts = new Map(names.map((name) => [name, partsOf(name).short]));
  const looked = [...new Set(shorts.values())].filter(
    (short) => short !== '' && short !== 'HEAD' && !isFullHash(short, repository.format),
  );
  if (looked.length === 0) return new Map();
  const exact = looked.filter((short) => short.startsWith('refs/'));
  const there = await refsAmong(repository, [...exact, ...looked.flatMap(placesOf)]);
  const refs = new Map<string, string | undefined>();
  for (const short of looked) {
    const found = there.has(short) ? [short] : placesOf(short).filter((place) => there.has(place));
    const [first, second] = found;
    refs.set(short, first);
    if (first === undefined || second === undefined) continue;
    const name = names.find((each) => shorts.get(each) === short) ?? short;
    throw twoMeanings(name, `${first} and ${second}`, `use the full name: ${second}`);
  }
  const plain = looked.filter(
    (short) => refs.get(short) !== undefined && refs.get(short) !== short,
  );
  const [also] = await shortenedHashes(repository, plain);
  if (also === undefined) return refs;
  const name = names.find((each) => shorts.get(each) === also) ?? also;
  const first = refs.get(also);
  const hint = `use the full name: ${first}, or the full hash`;
  throw twoMeanings(name, `${first} and the object whose hash begins with it`, hint);
}
