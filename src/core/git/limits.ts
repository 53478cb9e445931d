/** What is too large to be judged. Git itself has no limit, and anybody may push (threat I05). */

/** Bytes of a commit or tag. A larger one is undecided: nobody writes it, and each is held whole. */
export const MAX_OBJECT = 32 * 1024 * 1024;

/** Bytes of what may be signed: with its signature it must not be too large to be verified. */
export const MAX_SIGNABLE = MAX_OBJECT - 64 * 1024;
