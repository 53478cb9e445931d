import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError, type ObjectFrame, objectFramer } from '../../src/git/object-frames.ts';

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
  it('the framer cuts objects, missing ones and odd bytes', () => {
    const raw = 'tree\n\0\r\n\n x missing\n';
    expect(frames(stream(object(raw), `${ID} missing\n`, object('', 'tree')))).toEqual([
      { kind: 'object', id: ID, type: 'commit', raw: Buffer.from(raw) },
      { kind: 'missing', id: ID },
      { kind: 'object', id: ID, type: 'tree', raw: Buffer.alloc(0) },
    ]);
  });

  it('the framer gives the same frames for any cut of the stream into chunks', () => {
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

  it('the framer fills a long object into its own buffer, for any cut of the stream (I05)', () => {
    const long = 'z'.repeat(1024 * 1024 + 5);
    const bytes = stream(object('before'), object(long), object('behind'), `${ID} missing\n`);
    for (const cuts of [
      [],
      [3],
      [60, 70],
      [200, 900_000, 900_001],
      [bytes.length - 200, bytes.length - 160],
    ]) {
      const framer = objectFramer(2 * 1024 * 1024);
      const found: ObjectFrame[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        for (const frame of framer.push(bytes.subarray(at, cut))) {
          if (frame.kind !== 'object') found.push(frame);
          else {
            const { own, raw } = frame;
            expect(own === undefined || own.buffer === raw.buffer).toBe(true);
            found.push({ ...frame, raw: Buffer.from(raw) });
          }
        }
        at = cut;
      }
      framer.end();
      const [first, second, third, fourth] = found;
      expect(found).toHaveLength(4);
      expect(
        [first, second, third].map((each) => each?.kind === 'object' && each.raw.length),
      ).toEqual([6, long.length, 6]);
      expect(second?.kind === 'object' && Buffer.from(second.raw).equals(Buffer.from(long))).toBe(
        true,
      );
      expect(fourth?.kind).toBe('missing');
    }
  });

  it('the framer skips an object over the limit, and keeps one of exactly that size', () => {
    const bytes = stream(object('x'.repeat(101)), object('y'.repeat(100)));
    expect(frames(bytes, [], 100)).toEqual([
      { kind: 'too-large', id: ID, type: 'commit', size: 101 },
      { kind: 'object', id: ID, type: 'commit', raw: Buffer.from('y'.repeat(100)) },
    ]);
  });

  it('the framer refuses a stream that ends inside a long object (I05)', () => {
    const bytes = stream(`${ID} commit ${2 ** 21}\nx`);
    expect(() => frames(bytes, [], 2 ** 22)).toThrow(FrameError);
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
  ])('the framer refuses %s', (_, text) => {
    expect(() => frames(stream(text))).toThrow(FrameError);
  });
});
