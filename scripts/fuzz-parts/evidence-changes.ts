/** Changes of a signature: its armor, the DER of the CMS, the protobuf of the log entry in it, the checkpoint in that. */

import { CmsOid, readArmor, writeArmor } from '../../src/core/cms/signed-data.ts';
import { attribute, attributeAt } from '../../test/support/cms-edit.ts';
import {
  clone,
  type Der,
  everyNode,
  kid,
  kids,
  literal,
  octets,
  parse,
  withIndefiniteLength,
  withLongLength,
  write,
} from '../../test/support/der-edit.ts';
import type { Random } from './random.ts';

const LOG_ENTRY = CmsOid.transparencyLogEntry;

type Change<T> = (mine: T, random: Random, theirs: T) => T;

/** One element changed, of all that there are. */
const ofElement =
  (change: (siblings: Der[], at: number, random: Random, theirs: Der) => void): Change<Der> =>
  (mine, random, theirs) => {
    const all = everyNode(mine).slice(1);
    const { path } = random.pick(all);
    const { node: foreign } = random.pick(everyNode(theirs));
    change(kids(kid(mine, ...path.slice(0, -1))), path.at(-1) ?? 0, random, clone(foreign));
    return mine;
  };

const derChanges: Readonly<Record<string, Change<Der>>> = {
  drop: ofElement((siblings, at) => siblings.splice(at, 1)),
  double: ofElement((siblings, at) => {
    const one = siblings[at];
    if (one !== undefined) siblings.splice(at, 0, clone(one));
  }),
  swap: ofElement((siblings, at, random) => {
    const with_ = random.below(siblings.length);
    const [one, two] = [siblings[at], siblings[with_]];
    if (one === undefined || two === undefined) return;
    siblings[at] = two;
    siblings[with_] = one;
  }),
  splice: ofElement((siblings, at, _random, foreign) => siblings.splice(at, 1, foreign)),
  insert: ofElement((siblings, at, _random, foreign) => siblings.splice(at, 0, foreign)),
  tag: ofElement((siblings, at, random) => {
    const one = siblings[at];
    if (one !== undefined)
      one.tag = random.pick([one.tag ^ 0x20, one.tag ^ 1, 0x04, 0x30, 0xa0, 0x05]);
  }),
  octet: ofElement((siblings, at, random) => {
    const { content } = siblings[at] ?? {};
    if (!(content instanceof Uint8Array) || content.length === 0) return;
    const copy = Uint8Array.from(content);
    const where = random.below(copy.length);
    copy[where] = (copy[where] ?? 0) ^ (1 << random.below(8));
    siblings[at] = { tag: siblings[at]?.tag ?? 0, content: copy };
  }),
  long: ofElement((siblings, at) => {
    const one = siblings[at];
    if (one !== undefined) siblings[at] = literal(withLongLength(one));
  }),
  indefinite: ofElement((siblings, at) => {
    const one = siblings[at];
    if (one !== undefined) siblings[at] = literal(withIndefiniteLength(one));
  }),
  /** The whole of one side's certificates, signer or unsigned attributes. */
  part: (mine, random, theirs) => {
    const path = random.pick([
      [1, 0, 3],
      [1, 0, 4],
      [1, 0, 4, 0, 6],
      [1, 0, 4, 0, 3],
      [1, 0, 4, 0, 5],
      [1, 0, 3, 0],
    ]);
    const taken = reached(theirs, path);
    const above = reached(mine, path.slice(0, -1));
    if (taken !== undefined && above !== undefined && !(above.content instanceof Uint8Array)) {
      above.content.splice(path.at(-1) ?? 0, random.below(2), clone(taken));
    }
    return mine;
  },
};

function reached(from: Der, path: readonly number[]): Der | undefined {
  let at: Der | undefined = from;
  for (const step of path) {
    at = at === undefined || at.content instanceof Uint8Array ? undefined : at.content[step];
  }
  return at;
}

/** The unsigned attribute that holds the log entry: its octets. */
function entryOf(root: Der): Der | undefined {
  const unsigned = reached(root, [1, 0, 4, 0, 6]);
  if (unsigned === undefined || unsigned.content instanceof Uint8Array) return undefined;
  const at = attributeAt(unsigned, LOG_ENTRY);
  return at === -1 ? undefined : reached(unsigned, [at, 1, 0]);
}

/** One field as it stands: number with wire type, and content (octets of a varint, or of a length-delimited value). */
interface Field {
  key: number;
  content: Uint8Array;
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): { value: number; octets: Uint8Array } => {
    const from = at;
    let value = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const octet = bytes[at] ?? 0;
      value += (octet & 0x7f) * 2 ** shift;
      at += 1;
      if (octet < 0x80) break;
    }
    return { value, octets: bytes.subarray(from, at) };
  };
  while (at < bytes.length) {
    const key = varint().value;
    if ((key & 7) === 0) fields.push({ key, content: varint().octets });
    else {
      const { value } = varint();
      fields.push({ key, content: bytes.subarray(at, at + value) });
      at += value;
    }
  }
  return fields;
}

function varintOf(value: number): number[] {
  const octets: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...octets, rest];
    octets.push((rest % 128) | 0x80);
  }
}

const fieldBytes = ({ key, content }: Field): Uint8Array =>
  Buffer.concat([
    Uint8Array.from(varintOf(key)),
    (key & 7) === 0 ? new Uint8Array() : Uint8Array.from(varintOf(content.length)),
    content,
  ]);
const messageBytes = (fields: readonly Field[]): Uint8Array =>
  Buffer.concat(fields.map(fieldBytes));

const fieldChanges: Readonly<Record<string, Change<Field[]>>> = {
  drop: (mine, random) => mine.toSpliced(random.below(mine.length), 1),
  double: (mine, random) => [...mine, random.pick(mine)],
  turn: (mine) => mine.toReversed(),
  splice: (mine, random, theirs) =>
    mine.toSpliced(random.below(mine.length), random.below(2), random.pick(theirs)),
  number: (mine, random) => {
    const at = random.below(mine.length);
    return mine.with(at, {
      ...random.pick(mine),
      key: 8 * random.below(12) + random.pick([0, 1, 2, 5, 7]),
    });
  },
  octet: (mine, random) => {
    const at = random.below(mine.length);
    const { key, content } = mine[at] ?? { key: 0, content: new Uint8Array(1) };
    const copy = Uint8Array.from(content.length === 0 ? [0] : content);
    const where = random.below(copy.length);
    copy[where] = (copy[where] ?? 0) ^ (1 << random.below(8));
    return mine.with(at, { key, content: copy });
  },
  longVarint: (mine, random) => {
    const at = random.below(mine.length);
    const { key, content } = mine[at] ?? { key: 0, content: new Uint8Array(1) };
    const last = content.length - 1;
    const longer = Uint8Array.from([...content.subarray(0, last), (content[last] ?? 0) | 0x80, 0]);
    return mine.with(at, { key, content: (key & 7) === 0 ? longer : content });
  },
};

const lineOf = (note: string, random: Random): { lines: string[]; at: number } => {
  const lines = note.split('\n');
  return { lines, at: random.below(lines.length) };
};

const noteChanges: Readonly<Record<string, Change<string>>> = {
  drop: (note, random) => {
    const { lines, at } = lineOf(note, random);
    return lines.toSpliced(at, 1).join('\n');
  },
  double: (note, random) => {
    const { lines, at } = lineOf(note, random);
    return lines.toSpliced(at, 0, lines[at] ?? '').join('\n');
  },
  move: (note, random) => {
    const { lines, at } = lineOf(note, random);
    const [taken = ''] = lines.splice(at, 1);
    return lines.toSpliced(random.below(lines.length + 1), 0, taken).join('\n');
  },
  other: (note, random, theirs) => {
    const { lines, at } = lineOf(note, random);
    return lines.with(at, random.pick(theirs.split('\n'))).join('\n');
  },
  add: (note, random, theirs) => {
    const { lines, at } = lineOf(note, random);
    return lines.toSpliced(at, 0, random.pick([...theirs.split('\n'), '', ' ', 'x'])).join('\n');
  },
  text: (note, random) => {
    const at = random.below(note.length + 1);
    return (
      note.slice(0, at) +
      random.pick(['\r', '\n', ' ', '0', '\0', '=', '\u2014 ']) +
      note.slice(at + random.below(2))
    );
  },
  whole: (_note, _random, theirs) => theirs,
};

function changeOne<T>(
  changes: Readonly<Record<string, Change<T>>>,
  mine: T,
  random: Random,
  theirs: T,
): T {
  const change = changes[random.pick(Object.keys(changes))];
  return change === undefined ? mine : change(mine, random, theirs);
}

const PROOF = 8 * 6 + 2;
const CHECKPOINT = 8 * 5 + 2;
const ENVELOPE = 8 * 1 + 2;

/** Changes something that lies at the end of a way through nested fields. */
function within(
  bytes: Uint8Array,
  way: readonly number[],
  change: (found: Uint8Array) => Uint8Array,
): Uint8Array {
  const [key, ...rest] = way;
  if (key === undefined) return change(bytes);
  const fields = fieldsOf(bytes);
  const at = fields.findIndex((field) => field.key === key);
  const field = fields[at];
  if (field === undefined) return bytes;
  return messageBytes(fields.with(at, { key, content: within(field.content, rest, change) }));
}

function found(bytes: Uint8Array, way: readonly number[]): Uint8Array {
  let result: Uint8Array = new Uint8Array();
  within(bytes, way, (one) => {
    result = one;
    return one;
  });
  return result;
}

const WAYS = [[], [PROOF], [PROOF, CHECKPOINT]] as const;

function changedEntry(mine: Uint8Array, random: Random, theirs: Uint8Array): Uint8Array {
  if (random.once(3)) {
    const way = [PROOF, CHECKPOINT, ENVELOPE];
    const other = Buffer.from(found(theirs, way)).toString('utf8');
    return within(mine, way, (note) =>
      Buffer.from(
        changeOne(noteChanges, Buffer.from(note).toString('utf8'), random, other),
        'utf8',
      ),
    );
  }
  const way = random.pick(WAYS);
  const other = fieldsOf(found(theirs, way));
  return within(mine, way, (bytes) => {
    const fields = fieldsOf(bytes);
    const usable = fields.length > 0 && other.length > 0;
    return usable ? messageBytes(changeOne(fieldChanges, fields, random, other)) : bytes;
  });
}

/** A signature with another log entry, or with the same one put in where there was none. */
function withEntry(mine: Der, random: Random, theirs: Der): Der {
  const [own, other] = [entryOf(mine), entryOf(theirs)];
  if (other === undefined || other.content instanceof Uint8Array === false) return mine;
  if (own === undefined || !(own.content instanceof Uint8Array)) {
    const signer = reached(mine, [1, 0, 4, 0]);
    if (signer !== undefined && !(signer.content instanceof Uint8Array)) {
      signer.content.push({ tag: 0xa1, content: [attribute(LOG_ENTRY, octets(other.content))] });
    }
    return mine;
  }
  own.content = changedEntry(own.content, random, other.content);
  return mine;
}

const armorLines: Change<string> = (armor, random, theirs) => {
  const lines = armor.split('\n');
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  return random
    .pick([
      () => lines.toSpliced(at, 1),
      () => lines.toSpliced(at, 0, line),
      () => lines.with(at, `${line}\r`),
      () => lines.with(at, ` ${line}`),
      () => lines.with(at, `${line} `),
      () => lines.with(at, random.pick(theirs.split('\n'))),
      () => lines.with(at, line.replaceAll('=', '')),
      () => lines.toSpliced(at, 0, ''),
      () => lines.toSpliced(at, 0, 'Comment: x'),
      () => lines.toSpliced(0, 0, '-----BEGIN SIGNED MESSAGE-----'),
      () => [...lines, ...theirs.split('\n')],
      () => lines.with(at, line.slice(0, 32)).toSpliced(at + 1, 0, line.slice(32)),
    ])()
    .join('\n');
};

/** The armor with one thing changed somewhere in it. `theirs`: the armor of another good object. */
export function changedArmor(mine: string, random: Random, theirs: string): string {
  const kind = random.below(4);
  if (kind === 0) return armorLines(mine, random, theirs);
  const [root, other] = [mine, theirs].map((armor) =>
    parse(readArmor(Buffer.from(armor, 'latin1'))),
  );
  if (root === undefined || other === undefined) return mine;
  const changed =
    kind === 1 ? changeOne(derChanges, root, random, other) : withEntry(root, random, other);
  return writeArmor(write(changed));
}
