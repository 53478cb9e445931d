/** Says at the terminal that a signature was made. */

import type { VerifiedSignature } from './signature-types.ts';
import type { SigningTools } from './tools.ts';

/** Returns the line, or undefined if the user wants none. A signature in no log and a new login are always told. */
export function signedLine(
  { identity, logIndex, freshLogin }: VerifiedSignature,
  { unlogged, settings }: Pick<SigningTools, 'unlogged' | 'settings'>,
): string | undefined {
  if (unlogged) {
    return `signed as ${identity}, IN NO LOG (signet.log = none), timestamped`;
  }
  return freshLogin || !settings.quiet
    ? `signed as ${identity} (log entry ${logIndex})`
    : undefined;
}
