/** Limits on the size of objects. git itself has none, and a stranger may push a large object (threat I05). */

/** Most bytes of a commit or tag. A larger one is undecided, because each is held in memory as a whole. */
export const MAX_OBJECT = 32 * 1024 * 1024;

/** Most bytes that may be signed. The object with its signature must still be small enough to be verified. */
export const MAX_SIGNABLE = MAX_OBJECT - 64 * 1024;
