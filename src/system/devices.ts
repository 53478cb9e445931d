/** Asks about the devices that a person sits at. */

import type { Environment } from './environment.ts';
import { nodeFs } from './node-fs.ts';

/**
 * Returns the devices to write to the user and to read from the user. Windows has one device for each, and opening one for
 * both does not work. They need the device prefix, because Windows takes other names for files. Not tested on Windows.
 */
export function terminalDevices(platform: NodeJS.Platform): {
  readonly output: string;
  readonly input: string;
} {
  return platform === 'win32'
    ? { output: '\\\\.\\CONOUT$', input: '\\\\.\\CONIN$' }
    : { output: '/dev/tty', input: '/dev/tty' };
}

/**
 * Returns true if the descriptor is a terminal. Loads `node:tty` for a device other than the null device only, because it
 * takes a millisecond. git gives pipes to the program that it starts, and scripts often give the null device.
 */
export function isTerminal(descriptor: number): boolean {
  const { fstatSync, statSync } = nodeFs();
  try {
    const asked = fstatSync(descriptor);
    if (!asked.isCharacterDevice()) return false;
    if (process.platform !== 'win32' && asked.rdev === statSync('/dev/null').rdev) return false;
  } catch {
    return false;
  }
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}

/** Less than this many columns hold no sentence. */
const LEAST_COLUMNS = 20;

/** Returns the width that COLUMNS says, as git takes it. */
export function columnsSaid({ COLUMNS: text = '' }: Environment): number | undefined {
  return /^\d{1,4}$/.test(text) && Number(text) >= LEAST_COLUMNS ? Number(text) : undefined;
}

/** Asks a terminal for its width. Returns undefined if it does not say. */
export function columnsAt(device: string): number | undefined {
  try {
    const { WriteStream } = process.getBuiltinModule('node:tty');
    const asked = new WriteStream(nodeFs().openSync(device, 'r+'));
    const { columns } = asked;
    asked.destroy();
    return columns;
  } catch {
    return undefined;
  }
}
