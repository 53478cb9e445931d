/** Reads the settings of the agent's forwarded socket from the agent's own configuration, at its start. */

import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { AgentBackend } from '../../agent/daemon/backend.ts';
import type { ForwardPlace } from '../../agent/daemon/daemon.ts';
import { prepareDirectory } from '../../agent/socket-path.ts';
import type { Crypto } from '../../core/crypto.ts';
import { ConfigError, isSignetError } from '../../errors.ts';
import type { Settings } from '../../settings/load.ts';
import type { Environment } from '../../system/environment.ts';
import { expectedHere } from '../login/logins.ts';

interface Parts {
  readonly settings: Settings;
  readonly env: Environment;
  readonly cwd: string;
  readonly backend: AgentBackend;
  readonly crypto: Crypto;
}

/** Lists the allowed clones by absolute path, or undefined if every repository is allowed. @throws ConfigError */
export function repositoriesOf({
  forwardRepositories: text,
}: Settings): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const paths = text
    .split(delimiter)
    .filter((path) => path !== '')
    .map((path) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path));
  const relative = paths.find((path) => !isAbsolute(path));
  if (relative === undefined) return paths;
  throw new ConfigError(`signet.forwardRepositories: ${relative}: expected an absolute path`);
}

function auditPath({ forwardLog }: Settings, { XDG_STATE_HOME: state }: Environment): string {
  const base =
    state !== undefined && isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  return forwardLog ?? join(base, 'git-signet', 'forwarded.log');
}

/** Undefined if signet.forwardSocket is not set. An error here does not keep the agent from starting. */
export async function forwardingOf(
  parts: Parts,
): Promise<ForwardPlace | { readonly problem: string } | undefined> {
  try {
    return await configured(parts);
  } catch (error) {
    if (isSignetError(error)) return { problem: error.message };
    throw error;
  }
}

async function configured(parts: Parts): Promise<ForwardPlace | undefined> {
  const { settings, env, cwd, backend, crypto } = parts;
  const { forwardSocket: path, forwardConfirm, forwardRate: rate, rekorMode } = settings;
  if (path === undefined) return undefined;
  const [{ forwardServer }, { openAuditLog }, { openScope }, { confirmWith }] = await Promise.all([
    import('../../agent/forward/forward.ts'),
    import('../../agent/forward/audit.ts'),
    import('../../agent/forward/scope.ts'),
    import('../../agent/forward/confirm.ts'),
  ]);
  const repositories = repositoriesOf(settings);
  prepareDirectory(dirname(path));
  const serve = forwardServer({
    backend,
    rate,
    expected: await expectedHere(settings, { cwd, env }),
    matchCommitter: settings.matchCommitter,
    scope: repositories === undefined ? undefined : openScope(repositories, { env, crypto }),
    confirm: forwardConfirm === undefined ? undefined : confirmWith(forwardConfirm, env),
    audit: openAuditLog(auditPath(settings, env), backend.now),
    online: rekorMode === 'online',
  });
  return { path, serve };
}
