/** Opens the file of signet.logPath: private, only for appending, and never through a link (threat S14). */

import { constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { ConfigError } from '../errors.ts';
import { systemError, systemReason } from './system-error.ts';

/**
 * Opens a file for appending, and creates it with mode 0600. `setting` names it in messages.
 * @throws ConfigError for a link, and for anything but a plain file
 */
export function openLog(path: string, setting = 'signet.logPath'): number {
  const refuse = (why: string, hint = 'choose a plain file of your own'): never => {
    throw new ConfigError(`${path} ${why} (${setting})`, { hint });
  };
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) return refuse('is a link or not a plain file');
  const noFollow = constants.O_NOFOLLOW ?? 0;
  const noWait = constants.O_NONBLOCK ?? 0;
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | noFollow | noWait;
  let descriptor: number;
  try {
    descriptor = openSync(path, flags, 0o600);
  } catch (error) {
    return refuse(`cannot be opened: ${systemReason(error)}`, systemError(error)?.hint);
  }
  const opened = fstatSync(descriptor);
  if (!opened.isFile() || opened.nlink !== 1) return refuse('is a link or not a plain file');
  return descriptor;
}
