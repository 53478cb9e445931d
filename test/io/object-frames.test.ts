import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError, type ObjectFrame, objectFramer } from '../../src/io/object-frames.ts';

const ID = 'a'.repeat(40);
const stream = (...parts: string[]): Buffer => Buffer.from(parts.join(''), 'latin1');
const object = (raw: string, type = 'commit'): string => `${ID} ${type} ${raw.length}\n${raw}\n`;

/** Frames of a stream cut at these places. */
function frames(bytes: Buffer, cuts: readonly number[] = [], limit = 1000): ObjectFrame[] {
  const framer = objectFramer(limit);
  const found: ObjectFrame[] = [];
  let at = 0;
  for (const cut of [...new Set(cuts)].sort((a, b) => a - b).concat(bytes.length)) {
    for (const frame of framer.push(bytes.subarray(at, cut))) {
      found.push(frame.kind === 'object' ? { ...frame, raw: Buffer.from(frame.raw) } : frame);
    }
    at = cut;
  }
  framer.end();
  return found;
}

describe('objectFramer', () => {
  it('cuts objects, missing ones and odd bytes', () => {
    const raw = 'tree\n\0\r\n\n x missing\n';
    expect(frames(stream(object(raw), `${ID} missing\n`, object('', 'tree')))).toEqual([
      { kind: 'object', id: ID, type: 'commit', raw: Buffer.from(raw) },
      { kind: 'missing', id: ID },
      { kind: 'object', id: ID, type: 'tree', raw: Buffer.alloc(0) },
    ]);
  });

  it('gives the same frames however the stream is cut into chunks', () => {
    const bytes = stream(
      ...[
        object('one\n\n'),
        `${ID} missing\n`,
        object('x'.repeat(300)),
        object('y'.repeat(90)),
        object(''),
      ],
    );
    const whole = frames(bytes, [], 200);
    expect(whole.map(({ kind }) => kind)).toEqual([
      'object',
      'missing',
      'too-large',
      'object',
      'object',
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        expect(frames(bytes, cuts, 200)).toEqual(whole);
      }),
    );
  });

  it('passes over what is larger than the limit, and keeps what has exactly its size', () => {
    const bytes = stream(object('x'.repeat(101)), object('y'.repeat(100)));
    expect(frames(bytes, [], 100)).toEqual([
      { kind: 'too-large', id: ID, type: 'commit', size: 101 },
      { kind: 'object', id: ID, type: 'commit', raw: Buffer.from('y'.repeat(100)) },
    ]);
  });

  it.each([
    ['an ambiguous name', `${ID} ambiguous\n`],
    ['a short id', 'abc commit 1\nx\n'],
    ['an unknown type', `${ID} commits 1\nx\n`],
    ['a size with a sign', `${ID} commit +1\nx\n`],
    ['a size with a leading zero', `${ID} commit 01\nx\n`],
    ['a size beyond all memory', `${ID} commit 9999999999999999\n`],
    ['no newline behind an object', `${ID} commit 1\nxx\n`],
    ['no newline behind an object that is passed over', `${ID} commit 2000\n${'x'.repeat(2001)}\n`],
    ['an endless header', 'x'.repeat(200)],
    ['an end in mid-object', `${ID} commit 5\nxx`],
    ['an end in mid-header', `${ID} com`],
    ['an end within what is passed over', `${ID} commit 2000\nxx`],
  ])('refuses %s', (_, text) => {
    expect(() => frames(stream(text))).toThrow(FrameError);
  });
});
