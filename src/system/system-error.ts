/** Words the operating system's errors. They are no bugs of this program. */

import { UsageError } from '../errors.ts';

interface Words {
  readonly what: string;
  readonly hint?: string;
}

const ROOM = 'free some space (df -h, df -i), or choose another place';

const WORDS: Readonly<Record<string, Words>> = {
  ENOSPC: { what: 'the disk is full, or has no room for more files', hint: ROOM },
  EDQUOT: { what: 'your disk quota is used up', hint: ROOM },
  EFBIG: { what: 'the file would be too large', hint: ROOM },
  EROFS: { what: 'the file system is read-only' },
  EACCES: { what: 'permission denied' },
  EPERM: { what: 'permission denied' },
  EIO: { what: 'the disk reports an error' },
  EMFILE: { what: 'too many files are open', hint: 'ulimit -n raises the limit' },
  ENFILE: { what: 'too many files are open on this machine' },
  ENOTDIR: { what: 'a part of the path is not a directory' },
  ENAMETOOLONG: { what: 'the path is too long' },
  ELOOP: { what: 'the path leads through too many links' },
};

/** Words for the files of a user. By themselves these codes may be a bug of this program. */
const FILE_WORDS: Readonly<Record<string, Words>> = {
  ENOENT: { what: 'there is no such file' },
  EISDIR: { what: 'it is a directory' },
};

/** The codes for a missing file of this program. All of its files were there when it was built. */
const MISSING: readonly string[] = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'];

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Returns the reason in words with its code, or the code alone, or '' if it is no system error. */
export function systemReason(error: unknown): string {
  const code = codeOf(error);
  if (!/^E[A-Z0-9]+$/.test(code)) return '';
  const known = { ...WORDS, ...FILE_WORDS };
  const words = Object.hasOwn(known, code) ? known[code] : undefined;
  return words === undefined ? code : `${words.what} (${code})`;
}

/** Returns the reason of any error in words, without the path that the caller names. */
export function reasonOf(error: unknown): string {
  return systemReason(error) || (error instanceof Error ? error.message : String(error));
}

/** Returns it as a UsageError, or undefined if it may be a bug of this program. */
export function systemError(error: unknown): UsageError | undefined {
  const code = codeOf(error);
  if (MISSING.includes(code)) {
    const hint = 'run the same command again';
    return new UsageError('git-signet was upgraded or removed while it ran', {
      hint,
      cause: error,
    });
  }
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  if (words === undefined) return undefined;
  const { path } = error as { readonly path?: unknown };
  const place = typeof path === 'string' && path !== '' ? `${path}: ` : '';
  return new UsageError(`${place}${systemReason(error)}`, { hint: words.hint, cause: error });
}
