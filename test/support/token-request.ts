/** A request for an identity token, as the signer makes one: against any issuer, in any surroundings. */

import { createHttpClient, type HttpClient } from '../../src/http/http.ts';
import type { TokenRequest } from '../../src/login/token-request.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { clickThrough } from './person.ts';
import { fakeTerminal, type Listener } from './signing.ts';

export interface RequestParts {
  readonly issuerUrl: string;
  readonly flags?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: Listener;
  readonly more?: Partial<Omit<TokenRequest, 'terminal'>>;
}

export interface Requested extends TokenRequest {
  readonly terminal: Listener;
  readonly client: HttpClient;
}

/** Retries do not wait. */
export async function tokenRequest(parts: RequestParts): Promise<Requested> {
  const client = createHttpClient({ wait: async () => undefined });
  const { flags = {}, env = {}, terminal = fakeTerminal() } = parts;
  return {
    client,
    settings: await loadSettings({ env: {}, cwd: '/', gitConfig: '', flags }),
    issuerUrl: parts.issuerUrl,
    env: { PATH: '', ...env },
    terminal,
    send: client.send,
    now: () => Math.floor(Date.now() / 1000),
    context: { repository: 'parser', kind: 'commit', subject: 'parser: refuse trailing bytes' },
    committer: { name: 'Alice', email: 'alice@example.test' },
    accept: () => undefined,
    ...parts.more,
  };
}

/** A terminal whose person opens the page that is said, and clicks through. */
export function clickingTerminal(): Listener {
  const terminal = fakeTerminal();
  return {
    ...terminal,
    hint: (line) => {
      terminal.hint(line);
      const url = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}/.exec(line)?.[0];
      if (url !== undefined) void clickThrough(url).catch(() => undefined);
    },
  };
}
