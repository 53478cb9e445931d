/** The agent's own process: no core dump with memory in it, no inherited files, and whether its program is still there. */

import { closeSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { keepOutOfCoreDumps } from '../../system/core-dumps.ts';
import { programWords } from '../../system/runtime.ts';

/** fcntl(2), as Linux numbers it. */
const O_CLOEXEC = 0o2000000;
const STREAMS = 3;

/** Secures the process before it holds a login. `keep`: a descriptor that was handed over on purpose. */
export function secureOwnProcess(keep?: number): void {
  keepOutOfCoreDumps();
  process.umask(0o077);
  closeInherited(keep);
}

/**
 * Closes the descriptors that the starter had open for its own reasons: a script's lock would stay locked for hours (threat
 * D25). A runtime opens its own descriptors with O_CLOEXEC, and no descriptor that came through exec has it. macOS starts
 * children without other descriptors (POSIX_SPAWN_CLOEXEC_DEFAULT), and has no list of them.
 */
function closeInherited(keep?: number): void {
  for (const descriptor of inheritedDescriptors()) {
    if (descriptor === keep) continue;
    try {
      closeSync(descriptor);
    } catch {
      // it was the descriptor of the listing
    }
  }
}

function inheritedDescriptors(): readonly number[] {
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((descriptor) => descriptor >= STREAMS && !closesOnExec(descriptor));
  } catch {
    return [];
  }
}

function closesOnExec(descriptor: number): boolean {
  try {
    const [, flags = ''] =
      /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1')) ?? [];
    return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
  } catch {
    // it is closed already
    return true;
  }
}

/**
 * Watches the file that this program was started from. The function returns true once the file was upgraded or removed
 * (threat D24).
 */
export function programWatch(entry: string): () => boolean {
  const file = programWords(entry).at(-1) ?? entry;
  const before = versionOf(file);
  return () => versionOf(file) !== before;
}

function versionOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}`;
}
