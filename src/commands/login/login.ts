/**
 * `git signet login`: logs in before anything is signed, for editors and programs without a terminal. The token goes to
 * the agent, which asks for a certificate for its own key. This process keeps nothing.
 */

import { basename } from 'node:path';
import { offerLogin } from '../../agent/client/client.ts';
import { askAgain } from '../../agent/client/reach.ts';
import { readable } from '../../agent/client/trouble.ts';
import { prepareDirectory } from '../../agent/socket-path.ts';
import { HandedBack } from '../../agent/wire/failure.ts';
import type { CredentialStatus } from '../../agent/wire/protocol.ts';
import { networkOf } from '../../agent/wire/request-network.ts';
import type { Command, Run } from '../../cli/command.ts';
import { visible } from '../../core/escape.ts';
import { acceptExpected, accountFor, impossible } from '../../core/expected-account.ts';
import { ConfigError, ExitCode } from '../../errors.ts';
import { committerHere } from '../../git/committer.ts';
import { createHttpClient } from '../../http/http.ts';
import { networkOptions } from '../../http/network.ts';
import { saidWait } from '../../http/said-waits.ts';
import { obtainIdentityToken } from '../../login/obtain-token.ts';
import { tokenOnStdin } from '../../login/token-on-stdin.ts';
import type { IdentityToken } from '../../login/token-request.ts';
import { chooseServices } from '../../services/choose-servers.ts';
import { settingsHere } from '../../settings/here.ts';
import type { SettingName, Settings } from '../../settings/load.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { forgetFailure } from '../../system/last-failure.ts';
import type { Secret } from '../../system/secret.ts';
import { trustForSigning } from '../../trust/daily.ts';
import { loadSigningConfig } from '../../trust/load.ts';
import { ensureAgent } from '../agent/agent.ts';
import { agentHere } from '../agent/here.ts';
import { agentOff, agentOffWords } from './login-here.ts';
import { describeCredential, expectedHere } from './logins.ts';

interface Asked {
  readonly settings: Settings;
  /** The expectation that the agent keeps the login under. */
  readonly expected: string;
  readonly given: Secret | undefined;
}

/** Logs in, and gives the result to `use`. The browser's pages stay up until `use` ends. */
async function withToken<T>(
  invocation: Invocation,
  { settings, expected, given }: Asked,
  use: (identity: IdentityToken) => Promise<T>,
): Promise<T> {
  const { env, cwd, terminal, now } = invocation;
  // the mirror names the issuer, so a mirror that was never asked is asked now
  await trustForSigning({ settings, crypto: await loadCrypto(), env, now });
  const config = await loadSigningConfig(settings);
  const { issuerUrl } = chooseServices(settings, config, now());
  const { send, close } = createHttpClient(networkOptions(settings, env));
  let identity: IdentityToken | undefined;
  try {
    const context = { repository: basename(cwd), kind: 'login', subject: '' } as const;
    identity = await obtainIdentityToken({
      ...{ settings, issuerUrl, env, terminal, send, now, context, given },
      expected: accountFor(expected),
      committer: await committerHere(cwd, env),
      accept: (claims) => acceptExpected(expected, claims, true),
    });
    return await use(identity);
  } finally {
    await identity?.finished;
    close();
  }
}

async function keep(invocation: Invocation, asked: Asked, showClaims: boolean): Promise<void> {
  const { terminal, streams, now } = invocation;
  const here = await agentHere(invocation);
  const { address, directory } = here;
  // without an agent a login would be lost: look before the user logs in
  prepareDirectory(directory);
  const show = async (token: Secret | undefined): Promise<void> => {
    if (!showClaims || token === undefined) return;
    const { visibleClaims } = await import('../../login/claims-view.ts');
    streams.write(`${JSON.stringify(visibleClaims(token), null, 2)}\n`);
  };
  // shown before the token is judged, because they explain a refusal
  await show(asked.given);
  const kept = await withToken(invocation, asked, async (identity): Promise<CredentialStatus> => {
    if (asked.given === undefined) await show(identity.token);
    const network = networkOf(asked.settings, invocation.env, invocation.cwd);
    // an agent that ends meanwhile is started again, so that the user does not log in twice
    const offer = async (): Promise<CredentialStatus> => {
      await ensureAgent(here, invocation);
      return offerLogin(address, { ...identity, identity: asked.expected, network });
    };
    // an agent that has no network ends, and the next one is a child of this process
    const offers = askAgain(offer).catch((error: unknown) => {
      if (error instanceof HandedBack && error.leaving) return askAgain(offer);
      throw error;
    });
    try {
      return await saidWait(offers, () =>
        terminal.say('waiting for the agent, which asks for a certificate'),
      );
    } catch (error) {
      throw readable(error, address);
    }
  });
  forgetFailure(invocation.env, undefined);
  terminal.say(`logged in as ${describeCredential(kept, now())}`);
}

const run: Run = async (args, invocation) => {
  const { terminal } = invocation;
  const device = args.switches.has('device');
  const identity = args.values.get('identity');
  const flags: Partial<Record<SettingName, string>> = {
    ...(device ? { tokenProvider: 'device' } : {}),
    ...(identity === undefined ? {} : { identity }),
  };
  const configured = await settingsHere(invocation);
  const settings = await settingsHere(invocation, { flags });
  if (settings.agentSocket !== undefined) {
    throw new ConfigError('signing here goes to a forwarded agent (signet.agentSocket)', {
      hint: 'log in on the machine where that agent runs',
    });
  }
  if (settings.publishIdentity === 'no') {
    const { nothingIsPublished } = await import('../../signing/nothing-published.ts');
    throw await nothingIsPublished('no login', invocation);
  }
  const off = await agentOff(invocation, settings);
  if (off !== undefined) {
    throw new ConfigError(`no agent keeps a login here (${agentOffWords(off)})`, {
      hint: off.undo,
    });
  }
  const expected = await expectedHere(settings, invocation);
  const trouble = impossible(expected);
  if (trouble !== undefined) throw trouble;
  // refused before the user types a token
  const given = args.switches.has('token-stdin')
    ? tokenOnStdin(invocation.streams, invocation.terminal)
    : undefined;
  await keep(invocation, { settings, expected, given }, args.switches.has('show-claims'));
  const usual = await expectedHere(configured, invocation);
  if (expected !== usual && configured.identity === undefined) {
    terminal.hint(`kept for repositories that ask for it: git signet use ${visible(expected)}`);
  }
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'log in now, for signing later',
  options: {
    identity: {
      takes: 'text',
      value: 'NAME',
      meaning: 'the only account to accept (default: signet.identity)',
    },
    device: { meaning: 'with a code, on another device' },
    'token-stdin': { meaning: 'read the identity token from standard input' },
    'show-claims': { meaning: 'print the claims of the token, never the token' },
  },
  exclusive: [['device', 'token-stdin']],
  about: [
    'Logs in now, so that signing needs no browser and no terminal until the login ends. The agent keeps it in memory, for all repositories that use the same servers.',
  ],
  examples: [['git signet login'], ['git signet login --identity alice@example.com --device']],
  exits: { 0: 'logged in', 2: 'configuration', 3: 'a server does not answer', 4: 'no login' },
  run,
};
