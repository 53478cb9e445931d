/** The deadlines of logins, in seconds, as multiples of `signet.loginTimeout`. Every wait ends (threat O18). */

/** Returns the time to log in on another device, and to compare or copy a code. */
export function patienceElsewhere(loginTimeout: number): number {
  return Math.min(loginTimeout * 5, 1800);
}

/** Returns the longest time that any login takes, with the user's agreement at the end. */
export function longestLogin(loginTimeout: number): number {
  return patienceElsewhere(loginTimeout) + loginTimeout;
}
