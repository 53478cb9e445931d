/**
 * A sandbox for a test file: started once, in a directory of its own, ended with the file. Its state holds private
 * keys of no person. The directory goes when the file is done.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';

/** A directory under the system's temporary one, for the caller to remove. */
export const scratchDirectory = (name = 'test'): string =>
  mkdtempSync(join(tmpdir(), `git-signet-${name}-`));

/** Starts a sandbox in a directory that `close` removes. */
export async function scratchSandbox(options: Omit<SandboxOptions, 'dir'> = {}): Promise<Sandbox> {
  const dir = scratchDirectory('sandbox');
  const sandbox = await startSandbox({ dir, autoApprove: true, ...options });
  return {
    ...sandbox,
    close: async () => {
      await sandbox.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/**
 * One sandbox for all tests of the file that calls this at its top; the login answers itself unless
 * `autoApprove: false`. Use the getter inside tests: it is not there before they run.
 */
export function useSandbox(options: Omit<SandboxOptions, 'dir'> = {}): () => Sandbox {
  let sandbox: Sandbox | undefined;
  beforeAll(async () => {
    sandbox = await scratchSandbox(options);
  });
  afterAll(async () => {
    await sandbox?.close();
  });
  return () => {
    if (sandbox === undefined) throw new Error('the sandbox starts with the first test');
    return sandbox;
  };
}
