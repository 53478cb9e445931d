/** Repositories to measure on: commits with a certificate each, and commits signed by ssh-keygen. */

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const script = join(import.meta.dirname, '../make-history.ts');

export interface BenchRepository {
  readonly repository: string;
  /** What a verifier needs to know; for our program and for gitsign. */
  readonly env: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string>>;

/** `count` commits on `main` of a bare repository, each with its own certificate and embedded log entry. */
export async function historyOf(
  directory: string,
  count: number,
  env: Environment,
): Promise<BenchRepository> {
  const { stdout } = await execute(process.execPath, [script, directory, String(count)], { env });
  const trust = stdout.trim().split('\n').at(-1) ?? '';
  const beside = (name: string): string => join(trust, '..', name);
  return {
    repository: join(directory, 'repo'),
    env: {
      SIGNET_TRUST: trust,
      SIGSTORE_ROOT_FILE: beside('fulcio-chain.pem'),
      SIGSTORE_REKOR_PUBLIC_KEY: beside('rekor.pub'),
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: beside('ctlog.pub'),
    },
  };
}

/** `count` SSH-signed commits; undefined where ssh-keygen is absent. */
export async function sshHistory(
  directory: string,
  count: number,
  env: Environment,
): Promise<BenchRepository | undefined> {
  mkdirSync(directory);
  const key = join(directory, 'key');
  try {
    await execute('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key], { env });
  } catch {
    return undefined;
  }
  const repository = join(directory, 'repo');
  const git = (...args: readonly string[]) => execute('git', args, { env });
  await git('init', '-q', repository);
  const signers = join(directory, 'allowed');
  const { stdout } = await execute('cat', [`${key}.pub`], { env });
  writeFileSync(signers, `alice@example.test ${stdout}`);
  const settings = {
    'user.name': 'Alice',
    'user.email': 'alice@example.test',
    'gpg.format': 'ssh',
    'user.signingKey': key,
    'gpg.ssh.allowedSignersFile': signers,
  };
  for (const [name, value] of Object.entries(settings))
    await git('-C', repository, 'config', name, value);
  for (let i = 0; i < count; i += 1) {
    await git('-C', repository, 'commit', '-q', '-S', '--allow-empty', '-m', `change ${i}`);
  }
  return { repository, env: {} };
}
