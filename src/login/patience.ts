/** How long a person may take, in seconds, as multiples of `signet.loginTimeout`: every wait ends (threat O18). */

/** To find another device, log in there, and compare or copy a code. */
export function patienceElsewhere(loginTimeout: number): number {
  return Math.min(loginTimeout * 5, 1800);
}

/** The longest that any login takes, from its first line to the person's agreement: for whoever waits for one. */
export function longestLogin(loginTimeout: number): number {
  return patienceElsewhere(loginTimeout) + loginTimeout;
}
