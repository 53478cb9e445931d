/** Checks that an object's bytes match its name. git hashes objects that it fetches, but not objects that it reads later. */

import type { Crypto } from '../core/crypto.ts';
import { type ObjectFormat, objectId } from '../core/git/signed-object.ts';
import { UsageError } from '../errors.ts';
import type { GitObjectType, ObjectFrame } from './object-frames.ts';

/** An object whose bytes match its name. */
export interface HashedObject {
  readonly id: string;
  readonly type: GitObjectType;
  readonly raw: Uint8Array;
}

/** Returns the error for a store that holds other bytes under a name. A run cannot decide anything beyond such an object. */
export function corrupt(id: string, what: string): UsageError {
  return new UsageError(`${id}: ${what}`, {
    code: 'OBJECT_CORRUPT',
    hint: 'the object store was changed, so verify in a fresh clone',
  });
}

/** Returns the object if its bytes match its name. @throws UsageError OBJECT_CORRUPT */
export function hashed(frame: ObjectFrame, crypto: Crypto, format: ObjectFormat): ObjectFrame {
  if (frame.kind !== 'object') return frame;
  const name = objectId(crypto, frame.type, frame.raw, format);
  if (name === frame.id) return frame;
  throw corrupt(frame.id, `the object store holds ${name} under this name`);
}

/** Returns the error for a missing object. */
export function noSuchObject(id: string, what = 'no such object'): UsageError {
  return new UsageError(`${id}: ${what}`, { code: 'NO_SUCH_OBJECT' });
}

/** Returns an object that must exist. @throws UsageError NO_SUCH_OBJECT, or OBJECT_CORRUPT if it has another type */
export function expected(frame: ObjectFrame | undefined, type: GitObjectType): HashedObject {
  if (frame?.kind === 'object' && frame.type === type) return frame;
  if (frame?.kind === 'object') throw corrupt(frame.id, `a ${frame.type}, not a ${type}`);
  if (frame?.kind !== 'too-large') throw noSuchObject(frame?.id ?? type);
  throw noSuchObject(frame.id, `it is too large to be read (${frame.size} bytes)`);
}
