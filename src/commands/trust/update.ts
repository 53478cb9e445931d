/** `git signet trust update`: asks the mirror for the newest trust root, now. */

import type { Command, Run } from '../../cli/command.ts';
import { settingOption } from '../../cli/options.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { createHttpClient } from '../../http/http.ts';
import { networkOptions } from '../../http/network.ts';
import { settingsHere } from '../../settings/here.ts';
import type { Settings } from '../../settings/load.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { type Refreshed, type RefreshOptions, refreshTrust } from '../../trust/mirror-refresh.ts';
import { type MirrorSource, publicGood, trustSourceOf } from '../../trust/source.ts';

/** Asks a mirror over new connections. @throws ServiceError, AnswerError, ConfigError */
export async function refreshNow(
  source: MirrorSource,
  settings: Settings,
  {
    env,
    crypto,
    now,
    root,
  }: Pick<Invocation, 'env'> & Pick<RefreshOptions, 'crypto' | 'now' | 'root'>,
): Promise<Refreshed> {
  const { send, close } = createHttpClient(networkOptions(settings, env));
  try {
    return await refreshTrust(source, { send, crypto, now, root });
  } finally {
    close();
  }
}

const run: Run = async (args, invocation) => {
  const { env, now, terminal, streams } = invocation;
  const settings = await settingsHere(invocation, { flags: args.flags });
  const crypto = await loadCrypto();
  const source = trustSourceOf(settings, crypto);
  if (source.kind === 'file') {
    throw new UsageError(`the trust root is the file ${source.path}, which has no mirror to ask`, {
      hint: 'to replace it: git signet trust init --from FILE',
    });
  }
  // key files need the public-good root for the keys that they do not name
  const mirror = source.kind === 'mirror' ? source : publicGood(settings, crypto);
  terminal.progress(`asking ${mirror.name} for its trust root`);
  const { changed } = await refreshNow(mirror, settings, { env, crypto, now });
  terminal.progress(undefined);
  writePage(
    streams,
    `${mirror.name}: ${changed ? 'a new trust root' : 'the trust root is current'}\n`,
  );
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'fetch the newest trust root',
  options: {
    'trusted-root': settingOption('trust', {
      meaning: 'use this trust root instead of the configured one',
    }),
    'trust-root': settingOption('trustRoot'),
  },
  about: ['asks its mirror for the newest root, as signing does once a day (verifying never does)'],
  run,
};
