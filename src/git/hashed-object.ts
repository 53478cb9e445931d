/** What an object's bytes must be: those that its name stands for. git hashes what a fetch brings, not what it reads later. */

import type { Crypto } from '../core/crypto.ts';
import { type ObjectFormat, objectId } from '../core/git/object.ts';
import { UsageError } from '../errors.ts';
import type { GitObjectType, ObjectFrame } from './object-frames.ts';

/** An object whose bytes are those that its name stands for. */
export interface HashedObject {
  readonly id: string;
  readonly type: GitObjectType;
  readonly raw: Uint8Array;
}

/** What a store holds under a name is something else. Nothing that leads through it can be decided. */
export function corrupt(id: string, what: string): UsageError {
  return new UsageError(`${id}: ${what}`, {
    code: 'OBJECT_CORRUPT',
    hint: 'the object store was changed; verify in a fresh clone',
  });
}

/** The object, if its bytes make its name. @throws UsageError OBJECT_CORRUPT */
export function hashed(frame: ObjectFrame, crypto: Crypto, format: ObjectFormat): ObjectFrame {
  if (frame.kind !== 'object') return frame;
  const name = objectId(crypto, frame.type, frame.raw, format);
  if (name === frame.id) return frame;
  throw corrupt(frame.id, `the object store holds ${name} under this name`);
}

/** What is asked for is not there. */
export function noSuchObject(id: string, what = 'no such object'): UsageError {
  return new UsageError(`${id}: ${what}`, { code: 'NO_SUCH_OBJECT' });
}

/** An object that must be there. @throws UsageError NO_SUCH_OBJECT, OBJECT_CORRUPT where it is of another type */
export function expected(frame: ObjectFrame | undefined, type: GitObjectType): HashedObject {
  if (frame?.kind === 'object' && frame.type === type) return frame;
  if (frame?.kind === 'object') throw corrupt(frame.id, `a ${frame.type}, not a ${type}`);
  if (frame?.kind !== 'too-large') throw noSuchObject(frame?.id ?? type);
  throw noSuchObject(frame.id, `too large to be read (${frame.size} bytes)`);
}
