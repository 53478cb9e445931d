/**
 * A sandbox for a test file: started once, in a directory of its own, ended with the file. Its state holds private
 * keys of no person. The directory goes when the file is done.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { loadKey, openStateDirectory } from '../../src/sandbox/state.ts';

/** A directory under the system's temporary one, for the caller to remove. */
export const scratchDirectory = (name = 'test'): string =>
  mkdtempSync(join(tmpdir(), `git-signet-${name}-`));

/** The issuers' keys (RSA) in PEM. To make one takes most of the time in which a sandbox starts. */
const issuerKeys: string[] = [];
let used = 0;
let lastFile: string | undefined;

/** Gives the issuer of a new sandbox a key. The sandboxes of one test file have one each, and the next file has them again. */
function giveIssuerKey(dir: string): void {
  const { testPath } = expect.getState();
  if (testPath !== lastFile) used = 0;
  lastFile = testPath;
  const kept = issuerKeys[used];
  openStateDirectory(dir);
  if (kept === undefined) {
    const { privateKey } = loadKey(dir, 'issuer', 'rsa');
    issuerKeys.push(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  } else writeFileSync(join(dir, 'keys/issuer.pem'), kept, { mode: 0o600 });
  used += 1;
}

/** Starts a sandbox in a directory that `close` removes. */
export async function scratchSandbox(options: Omit<SandboxOptions, 'dir'> = {}): Promise<Sandbox> {
  const dir = scratchDirectory('sandbox');
  giveIssuerKey(dir);
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
