/** Which ref a plain name means, of all places where git looks; one that means two things is refused (threats P04, P18). */

import { UsageError } from '../errors.ts';
import { type GitRepository, gitLine, isFullHash } from './repository.ts';

interface Parts {
  /** What stands before the first `^`, `~`, `:` or `@{`. */
  readonly short: string;
  readonly rest: string;
}

/** A name in two: what may be a ref's, and how git goes on from there. */
export function partsOf(name: string): Parts {
  const short = /^(?:[^@^~:]|@(?!\{))*/.exec(name)?.[0] ?? '';
  return { short: short === '@' ? 'HEAD' : short, rest: name.slice(short.length) };
}

/** Places where git looks for a short name, one after the other (gitrevisions(7)). */
function placesOf(short: string): readonly string[] {
  const places = ['refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];
  return [...places.map((place) => `${place}${short}`), `refs/remotes/${short}/HEAD`];
}

/** Asking for single refs costs less than listing all, while they are few. */
const FEW_NAMES = 8;

/** Which of the places hold a ref. As names, git would take some of them for something else. */
async function refsAmong(
  repository: GitRepository,
  places: readonly string[],
): Promise<ReadonlySet<string>> {
  const patterns = places.length > FEW_NAMES * placesOf('').length ? [] : places;
  const listed = await gitLine(repository, ['for-each-ref', '--format=%(refname)', ...patterns]);
  return new Set(listed.split('\n'));
}

/** The hash that a name shortens, by itself or at the end as `git describe` writes it. */
const SHORTENED = /^(?:.+-g)?([0-9a-f]{4,64})$/i;

/** Of these names, those that are also a hash cut short: git takes the ref, and never says so. */
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

function twoMeanings(name: string, question: string, hint: string): UsageError {
  return new UsageError(`${name}: ${question}`, { code: 'AMBIGUOUS_NAME', hint });
}

/** The full name of the one ref that each short name stands for; undefined where it names none. @throws UsageError AMBIGUOUS_NAME */
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
    throw twoMeanings(name, `${first} or ${second}?`, `write it out: ${second}`);
  }
  const plain = looked.filter(
    (short) => refs.get(short) !== undefined && refs.get(short) !== short,
  );
  const [also] = await shortenedHashes(repository, plain);
  if (also === undefined) return refs;
  const name = names.find((each) => shorts.get(each) === also) ?? also;
  const first = refs.get(also);
  const hint = `write it out: ${first}, or the hash in full`;
  throw twoMeanings(name, `${first}, or the object whose hash begins so?`, hint);
}
