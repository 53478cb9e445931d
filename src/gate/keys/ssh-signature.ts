/**
 * Verifies SSH signatures (OpenSSH PROTOCOL.sshsig) by keys that a policy pins. It runs `ssh-keygen -Y verify` as git
 * does, and finds it through PATH, never through the repository's configuration (threat P14). The program gets exactly
 * one allowed key, in a directory that only this user can read and that is removed afterwards (threat I11).
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Crypto } from '../../core/crypto.ts';
import { signingSshKey, sshFingerprint } from '../../core/git/ssh-signature.ts';
import type { KeyRule } from '../../core/policy/model.ts';
import type { Environment } from '../../system/environment.ts';
import { findExecutable, runProcess } from '../../system/process.ts';
import type { KeyCheck } from './openpgp.ts';

export interface SshVerifier {
  readonly verify: (payload: Uint8Array, armor: Uint8Array) => Promise<KeyCheck>;
  /** Removes the files that were written. */
  readonly close: () => Promise<void>;
}

/** Returns the environment that ssh-keygen needs to start, without anything that makes it ask or read elsewhere. */
function quietEnvironment(env: Environment): Environment {
  return { PATH: env.PATH, LC_ALL: 'C', SystemRoot: env.SystemRoot };
}

const PRINCIPAL = 'git-signet';

/** Returns a verifier for the SSH keys of a policy, or undefined if there is no ssh-keygen. */
export function sshVerifier(
  rules: readonly KeyRule[],
  crypto: Crypto,
  env: Environment,
): SshVerifier | undefined {
  const program = findExecutable('ssh-keygen', env);
  if (program === undefined) return undefined;
  let directory: Promise<string> | undefined;
  let count = 0;
  const verify = async (payload: Uint8Array, armor: Uint8Array): Promise<KeyCheck> => {
    const key = signingSshKey(armor);
    if (key === undefined) {
      return { status: 'bad', code: 'armor-malformed', detail: 'the SSH signature cannot be read' };
    }
    const fingerprint = sshFingerprint(key, crypto);
    const rule = rules.find((each) => each.key === key);
    if (rule === undefined) return { status: 'unknown', claimed: fingerprint };
    directory ??= mkdtemp(join(tmpdir(), 'git-signet-ssh-'));
    const folder = await directory;
    count += 1;
    const [signature, signers] = [join(folder, `${count}.sig`), join(folder, `${count}.signers`)];
    await writeFile(signature, armor, { mode: 0o600, flag: 'wx' });
    const line = `${PRINCIPAL} namespaces="git" ${key}\n`;
    await writeFile(signers, line, { mode: 0o600, flag: 'wx' });
    const args = ['-Y', 'verify', '-n', 'git', '-I', PRINCIPAL, '-f', signers, '-s', signature];
    const options = { cwd: folder, env: quietEnvironment(env), input: payload };
    const { exitCode } = await runProcess(program, args, options);
    await Promise.all([rm(signature), rm(signers)]);
    if (exitCode === 0) return { status: 'good', rule, fingerprint };
    const detail = 'the SSH signature does not verify';
    return { status: 'bad', code: 'signature-invalid', detail, claimed: fingerprint };
  };
  const close = async (): Promise<void> => {
    if (directory !== undefined) await rm(await directory, { recursive: true, force: true });
  };
  return { verify, close };
}
