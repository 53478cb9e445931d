/** The remedies that the terminal and the page in the browser share. */

/** What to do after a refusal that has no remedy of its own. */
export const TRY_AGAIN = 'to try again, run the git command again';
