/** Changes of evidence, one thing each, for the oracle and us to judge. */

import type { InclusionProof, TransparencyLogEntry } from '../../src/core/rekor/log-entry.ts';
import type { Difference, Mutant } from './differences.ts';
import type { Evidence } from './oracle.ts';

const flip = (bytes: Uint8Array, at = 0, mask = 1): Uint8Array => bytes.with(at, bytes[at]! ^ mask);

function onEntry(
  name: string,
  change: (entry: TransparencyLogEntry) => TransparencyLogEntry | undefined,
  differs?: Mutant['differs'],
): Mutant {
  return {
    name,
    differs,
    change: (base) => ({ ...base, entry: base.entry && change(base.entry) }),
  };
}

function onProof(
  name: string,
  change: (proof: InclusionProof) => Partial<InclusionProof>,
  differs?: Mutant['differs'],
): Mutant {
  return onEntry(
    name,
    (entry) => ({
      ...entry,
      inclusionProof: { ...entry.inclusionProof!, ...change(entry.inclusionProof!) },
    }),
    differs,
  );
}

const onNote = (
  name: string,
  change: (note: string) => string,
  differs?: Mutant['differs'],
): Mutant =>
  onProof(`checkpoint: ${name}`, ({ checkpoint }) => ({ checkpoint: change(checkpoint) }), differs);

const line =
  (at: number, change: (text: string) => string) =>
  (note: string): string =>
    note
      .split('\n')
      .map((text, index) => (index === at ? change(text) : text))
      .join('\n');
const signature =
  (change: (bytes: Buffer) => Buffer) =>
  (note: string): string => {
    const at = note.lastIndexOf(' ') + 1;
    return `${note.slice(0, at)}${change(Buffer.from(note.slice(at).trim(), 'base64')).toString('base64')}\n`;
  };
const WITNESS = `\u2014 witness.test ${Buffer.alloc(68, 7).toString('base64')}\n`;

/** Only an entry with a promise has its index and time signed. */
const promised =
  (difference: Difference) =>
  (base: Evidence): Difference | undefined =>
    base.entry?.inclusionPromise === undefined ? difference : undefined;
/** Where a token proves a time, the oracle passes over what the log says of it. */
const stamped =
  (difference: Difference) =>
  (base: Evidence): Difference | undefined =>
    base.tokens.length > 0 ? difference : undefined;

const indexes: readonly Mutant[] = [
  onEntry(
    'entry index + 1',
    (entry) => ({ ...entry, logIndex: entry.logIndex + 1n }),
    promised('unsigned index'),
  ),
  onEntry('entry index 0', (entry) => ({ ...entry, logIndex: 0n }), promised('unsigned index')),
  onEntry('log id, first octet', (entry) => ({ ...entry, logId: flip(entry.logId) })),
  onEntry('log id, last octet', (entry) => ({ ...entry, logId: flip(entry.logId, 31) })),
  onEntry('log id empty', (entry) => ({ ...entry, logId: new Uint8Array() })),
  onEntry('log id cut', (entry) => ({ ...entry, logId: entry.logId.subarray(0, 4) })),
  onEntry('kind rekord', (entry) => ({ ...entry, kind: 'rekord' })),
  onEntry('kind dsse', (entry) => ({ ...entry, kind: 'dsse' })),
  onEntry('kind empty', (entry) => ({ ...entry, kind: '' })),
  onEntry('version 0.0.3', (entry) => ({ ...entry, version: '0.0.3' })),
  onEntry('no entry', () => undefined),
  onEntry(
    'time + 1',
    (entry) => ({ ...entry, integratedTime: entry.integratedTime + 1n }),
    promised('unsigned time'),
  ),
  onEntry(
    'time long ago',
    (entry) => ({ ...entry, integratedTime: 1n }),
    promised('unsigned time'),
  ),
  onEntry('no proof', ({ inclusionProof: _, ...entry }) => entry),
];

const proofs: readonly Mutant[] = [
  onProof('proof index + 1', ({ logIndex }) => ({ logIndex: logIndex + 1n })),
  onProof('proof index 0', ({ logIndex }) => ({ logIndex: logIndex === 0n ? 1n : 0n })),
  onProof('proof index beyond', ({ treeSize }) => ({ logIndex: treeSize })),
  onProof(
    'root hash, first octet',
    ({ rootHash }) => ({ rootHash: flip(rootHash) }),
    'root and size',
  ),
  onProof('root hash empty', () => ({ rootHash: new Uint8Array() }), 'root and size'),
  onProof('tree size + 1', ({ treeSize }) => ({ treeSize: treeSize + 1n }), 'root and size'),
  onProof('tree size 0', () => ({ treeSize: 0n }), 'root and size'),
  onProof('hashes: none', () => ({ hashes: [] })),
  onProof('hashes: first dropped', ({ hashes }) => ({ hashes: hashes.slice(1) })),
  onProof('hashes: last dropped', ({ hashes }) => ({ hashes: hashes.slice(0, -1) })),
  onProof('hashes: first again', ({ hashes }) => ({ hashes: [hashes[0]!, ...hashes] })),
  onProof('hashes: one more', ({ hashes }) => ({ hashes: [...hashes, new Uint8Array(32)] })),
  onProof('hashes: turned round', ({ hashes }) => ({ hashes: hashes.toReversed() })),
  onProof('hashes: first changed', ({ hashes }) => ({ hashes: hashes.with(0, flip(hashes[0]!)) })),
  onProof('hashes: last changed', ({ hashes }) => ({
    hashes: hashes.with(-1, flip(hashes.at(-1)!, 31)),
  })),
  onProof('hashes: first cut', ({ hashes }) => ({
    hashes: hashes.with(0, hashes[0]!.subarray(1)),
  })),
];

const notes: readonly Mutant[] = [
  onNote(
    'origin changed',
    line(0, (text) => `${text}x`),
  ),
  onNote(
    'origin empty',
    line(0, () => ''),
  ),
  onNote(
    'size + 1',
    line(1, (text) => String(BigInt(text) + 1n)),
  ),
  onNote(
    'size with a zero before',
    line(1, (text) => `0${text}`),
  ),
  onNote(
    'size in hexadecimal',
    line(1, (text) => `0x${BigInt(text).toString(16)}`),
  ),
  onNote(
    'size empty',
    line(1, () => ''),
  ),
  onNote(
    'size not a number',
    line(1, () => 'x'),
  ),
  onNote(
    'root changed',
    line(2, (text) => `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`),
  ),
  onNote(
    'root without padding',
    line(2, (text) => text.replace('=', '')),
  ),
  onNote('root gone', (note) => note.split('\n').toSpliced(2, 1).join('\n')),
  onNote('a line added', (note) => note.replace('\n\n', '\nmore\n\n')),
  onNote('no separator', (note) => note.replace('\n\n', '\n')),
  onNote('no signature', (note) => `${note.split('\n\n')[0]}\n\n`),
  onNote('empty', () => ''),
  onNote('no final newline', (note) => note.trimEnd()),
  onNote('a blank line after', (note) => `${note}\n`, 'note grammar'),
  onNote('text after', (note) => `${note}hello\n`, 'note grammar'),
  onNote(
    'text before the signature',
    (note) => note.replace('\n\n', '\n\nhello\n'),
    'note grammar',
  ),
  onNote(
    'text on the signature line',
    (note) => note.replace('\n\n', '\n\nhello '),
    'note grammar',
  ),
  onNote('a hyphen for the dash', (note) => note.replace('\u2014', '-')),
  onNote('carriage returns', (note) => note.replaceAll('\n', '\r\n')),
  onNote('a witness after', (note) => `${note}${WITNESS}`),
  onNote('a witness before', (note) => note.replace('\n\n', `\n\n${WITNESS}`)),
  onNote('a witness alone', (note) => `${note.split('\n\n')[0]}\n\n${WITNESS}`),
  onNote('signed twice', (note) => `${note}${note.split('\n\n')[1]}`, 'signed twice'),
  onNote('name changed', (note) => note.replace(/\u2014 (\S+)/, '\u2014 evil.test')),
  onNote('name shortened', (note) => note.replace(/\u2014 \S/, '\u2014 '), 'part of a name'),
  onNote('name as a pattern', (note) => note.replace(/\u2014 (\S+)/, '\u2014 .*')),
  onNote(
    'hint changed',
    signature((bytes) => Buffer.from(flip(bytes))),
  ),
  onNote(
    'signature: first octet',
    signature((bytes) => Buffer.from(flip(bytes, 4))),
  ),
  onNote(
    'signature: last octet',
    signature((bytes) => Buffer.from(flip(bytes, bytes.length - 1))),
  ),
  onNote(
    'signature: cut',
    signature((bytes) => bytes.subarray(0, -1)),
  ),
  onNote(
    'signature: hint alone',
    signature((bytes) => bytes.subarray(0, 4)),
  ),
  onNote(
    'signature: an octet more',
    signature((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
  ),
];

/** Of an entry by a log that promises (v1). */
export const promiseMutants: readonly Mutant[] = [
  onEntry('promise gone', ({ inclusionPromise: _, ...entry }) => entry, stamped('unsigned time')),
  onEntry(
    'promise and time gone',
    ({ inclusionPromise: _, ...entry }) => ({ ...entry, integratedTime: 0n }),
    stamped('unsigned index'),
  ),
  onEntry('promise empty', (entry) => ({ ...entry, inclusionPromise: new Uint8Array() })),
  onEntry('promise with an octet more', (entry) => ({
    ...entry,
    inclusionPromise: Uint8Array.of(...entry.inclusionPromise!, 0),
  })),
  onEntry('promise cut', (entry) => ({
    ...entry,
    inclusionPromise: entry.inclusionPromise!.subarray(0, -1),
  })),
  onEntry('time 0', (entry) => ({ ...entry, integratedTime: 0n })),
  ...[0, 1, 2, 3, 4, 20, 36, 37, 38, 60, 69].map((at) =>
    onEntry(`promise, octet ${at}`, (entry) => ({
      ...entry,
      inclusionPromise: flip(
        entry.inclusionPromise!,
        Math.min(at, entry.inclusionPromise!.length - 1),
      ),
    })),
  ),
];

/** Of an entry by any log. */
export const entryMutants: readonly Mutant[] = [...indexes, ...proofs, ...notes];

/** Single octets of the parts that are bytes. */
export function octets(
  part: 'certificate' | 'signature' | 'signedAttrs',
  length: number,
  step: number,
): readonly Mutant[] {
  return positions(length, step, 1).map((at) => ({
    name: `${part}, octet ${at}`,
    change: (base) => ({ ...base, [part]: flip(base[part], at) }),
  }));
}

/** `read` are the parts of the token that the oracle looks at. */
export function tokenOctets(
  base: Evidence,
  step: number,
  read: readonly Uint8Array[],
): readonly Mutant[] {
  const [token] = base.tokens;
  const spans = read.map((part) => ({
    from: Buffer.from(token!).indexOf(part),
    size: part.length,
  }));
  return positions(token!.length, step, 0).map((at) => ({
    name: `token, octet ${at}`,
    change: (evidence) => ({ ...evidence, tokens: [flip(token!, at)] }),
    differs: spans.some(({ from, size }) => at >= from && at < from + size)
      ? undefined
      : 'unread token parts',
  }));
}

function positions(length: number, step: number, from: number): readonly number[] {
  return Array.from(
    { length: Math.ceil((length - from) / step) },
    (_, index) => from + index * step,
  );
}
