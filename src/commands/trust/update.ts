/** `git signet trust update`: asks the mirror of the trust root in force for its newest, now. */

import { parseArguments } from '../../cli/arguments.ts';
import type { Command } from '../../cli/command.ts';
import type { Crypto } from '../../core/crypto.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { createHttpClient } from '../../http/http.ts';
import { networkOptions } from '../../http/network.ts';
import { settingsHere } from '../../settings/here.ts';
import type { Settings } from '../../settings/load.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { type Refreshed, refreshTrust } from '../../trust/refresh.ts';
import { type MirrorSource, publicGood, trustSourceOf } from '../../trust/source.ts';

/** Asks a mirror with connections of its own. @throws ServiceError, AnswerError, ConfigError */
export async function refreshNow(
  source: MirrorSource,
  settings: Settings,
  crypto: Crypto,
  { env, now }: Invocation,
  root?: string,
): Promise<Refreshed> {
  const { send, close } = createHttpClient(networkOptions(settings, env));
  try {
    return await refreshTrust(source, {
      send,
      crypto,
      now,
      root,
    });
  } finally {
    close();
  }
}

export const run: Command = async (invocation) => {
  const args = parseArguments(invocation.args, { options: {}, settings: ['trust', 'trustRoot'] });
  const extra = args.positionals[0] ?? args.rest?.[0];
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  const { terminal, streams } = invocation;
  const settings = await settingsHere(invocation, { flags: args.flags });
  const crypto = await loadCrypto();
  const source = trustSourceOf(settings, crypto);
  if (source.kind === 'file') {
    throw new UsageError(`the trust root is a file, ${source.path}: nothing to fetch it from`, {
      hint: 'git signet trust init --from FILE puts another in its place',
    });
  }
  // key files take from the public-good root what they do not name
  const mirror = source.kind === 'mirror' ? source : publicGood(settings, crypto);
  terminal.progress(`asking ${mirror.name} for its trust root`);
  const { changed } = await refreshNow(mirror, settings, crypto, invocation);
  terminal.progress(undefined);
  streams.write(`${mirror.name}: ${changed ? 'a new trust root' : 'the trust root is current'}\n`);
  return ExitCode.ok;
};
