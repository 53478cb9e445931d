/** Lines of JSON with one field changed at a time: away, of another type, out of range, huge, or no number at all. */

import { type ShardEnd, shardLines } from '../../src/gate/shards/shard-file.ts';

/** A changed line, and what was changed. */
export interface ForgedLine {
  readonly what: string;
  readonly absent: boolean;
  readonly line: string;
}

type Path = readonly (string | number)[];

function* pathsIn(value: unknown, at: Path = []): Generator<readonly [Path, unknown]> {
  if (at.length > 0) yield [at, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    yield* pathsIn(each, [...at, Array.isArray(value) ? Number(name) : name]);
  }
}

/** Values of every type, as JSON or as what a careless reader takes for it. */
const VALUES = ['null', 'true', '"x"', '[]', '[[]]', '{}', '{"toString":1}', '7'];
const NUMBERS = ['NaN', '1e999', '-1e999', '1e300', '-1e300', '9007199254740993'];
const MARK = '"@changed@"';

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value;
}

/** Returns the values of other types, and for a number those that are out of range. */
function othersFor(value: unknown): readonly string[] {
  const others = VALUES.filter((text) => typeOf(JSON.parse(text)) !== typeOf(value));
  return typeof value === 'number' ? [...others, ...NUMBERS] : others;
}

/** Returns the line with each of its fields changed in each way. */
export function forgedLines(line: string): readonly ForgedLine[] {
  const forged: ForgedLine[] = [];
  const value: unknown = JSON.parse(line);
  for (const [path, old] of pathsIn(value)) {
    const field = String(path.at(-1));
    const changed = (to: unknown): string => {
      const copy: unknown = JSON.parse(line);
      const parent = path.slice(0, -1).reduce((at, name) => Reflect.get(at as object, name), copy);
      if (to === undefined) Reflect.deleteProperty(parent as object, field);
      else Reflect.set(parent as object, field, to);
      return JSON.stringify(copy);
    };
    const name = path.join('.');
    if (typeof path.at(-1) === 'string')
      forged.push({ what: `${name} away`, absent: true, line: changed(undefined) });
    for (const other of othersFor(old)) {
      const text = changed('@changed@').replace(MARK, () => other);
      forged.push({ what: `${name} ${other}`, absent: false, line: text });
    }
  }
  return forged;
}

/** Returns a shard of these lines. Its digest holds. */
export function shardText(
  texts: readonly string[],
  { judged, total, selection }: Omit<ShardEnd, 'lines'>,
): string {
  const lines = shardLines();
  return texts.map(lines.line).join('') + lines.end({ judged, total, selection });
}
