/** Limits of a conversation, so that no question takes the memory or the time of the others (threat I05). */

import { MAX_OBJECT } from '../../core/git/limits.ts';

/** Most bytes of a line: the largest object in base64, and its other fields. */
export const MAX_LINE = Math.ceil(MAX_OBJECT / 3) * 4 + 64 * 1024;
/** Most characters of the text by which an asker knows a question. */
export const MAX_ID = 128;
/** Most brackets, commas and colons of a line. Millions of them would make a JSON value that is larger than its text. */
export const MAX_MARKS = 512;
/** Most questions that are read and not answered. */
export const IN_FLIGHT = 64;
/** Milliseconds for a question that names no deadline, and the most that one may name. */
export const DEADLINE = 30_000;
export const MAX_DEADLINE = 600_000;
