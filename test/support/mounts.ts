/** Small file systems of their own, for tests of full and read-only disks. */

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const mount = (options: string, at: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]).status === 0;
const unmount = (at: string): void => void spawnSync('umount', ['-l', at]);

/** Returns whether this user may mount here. Only an administrator makes file systems, and not in every container. */
export function mountsHere(): boolean {
  const possible = process.platform === 'linux' && process.getuid?.() === 0 && triesMount();
  if (!possible) console.warn('skipped: no file system can be mounted here');
  return possible;
}

function triesMount(): boolean {
  const at = join('/tmp', `git-signet-mount-${process.pid}`);
  mkdirSync(at, { recursive: true });
  const works = mount('size=4k', at);
  if (works) unmount(at);
  return works;
}

/** Returns a function that mounts a file system in a folder until the test ends. */
export function useMounts(): (options: string, at: string) => void {
  const mounted: string[] = [];
  afterEach(() => {
    for (const at of mounted.splice(0)) unmount(at);
  });
  return (options, at) => {
    if (!mount(options, at)) throw new Error(`nothing can be mounted at ${at}`);
    mounted.push(at);
  };
}
