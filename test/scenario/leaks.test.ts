/**
 * A whole login with an issuer whose every secret is known, and a search for them wherever they could have gone:
 * arguments of every process of the machine, the environment of children, what was said, the log file, a crash with
 * SIGNET_DEBUG, the user's directories, git's objects (threat O10).
 */

import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';
import { clickThrough } from '../support/person.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT } from '../support/signing.ts';
import { haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
const repository = scratchRepository('leaks');
const GIVEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdHJheSI6InRva2VuIn0.c3RyYXk';
const REFRESH = 'refresh-6f1c9e0d2b';
const ACCESS = 'access-90ab12cd34';
let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.close());

const opener = join(repository.home, 'opener');
const address = join(repository.home, 'address');
const inherited = join(repository.home, 'inherited');

/** Arguments of all processes there are. */
function argumentsNow(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .join('\n');
}

/** Everything below a directory, names and contents. */
function everythingIn(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .map((path) => `${path}\n${statSync(path).isFile() ? readFileSync(path, 'latin1') : ''}`)
    .join('\n');
}

async function untilThere(path: string): Promise<string> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
  return readFileSync(path, 'utf8');
}

describe.skipIf(!haveTools('env') || !existsSync('/proc/self/cmdline'))(
  'a login leaks no secret (O10)',
  () => {
    it('a login leaves no token, code, verifier or secret anywhere', async () => {
      writeFileSync(
        opener,
        `#!/bin/sh\nenv > ${inherited}\nprintf %s "$1" > ${address}.part && mv ${address}.part ${address}\n`,
      );
      chmodSync(opener, 0o755);
      writeFileSync(join(repository.home, 'client-secret'), 'client-77aa88bb99\n');
      const seen: string[] = [];
      let idToken = '';
      issuer.be({
        discovery: (honest) => ({ ...honest, scopes_supported: ['openid', 'offline_access'] }),
        answer: (honest) => {
          honest.set('code', 'code-41fe55d6aa');
          return honest;
        },
        idToken: (honest) => {
          idToken = honest;
          return honest;
        },
        tokens: { refresh_token: REFRESH, access_token: ACCESS },
        handle: () => {
          seen.push(argumentsNow());
          return false;
        },
      });
      const log = join(repository.home, 'log');
      const signing = runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'alice'], {
        cwd: repository.path,
        env: {
          ...repository.env,
          ...sandbox().env,
          GITSIGN_OIDC_ISSUER: issuer.url,
          SIGNET_TOKEN_PROVIDER: 'interactive',
          SIGNET_CLIENT_SECRET_FILE: join(repository.home, 'client-secret'),
          SIGNET_URL_OPENER: `${opener} {url}`,
          SIGNET_LOG_PATH: log,
          SIGNET_DEBUG: '1',
          // stray, under a name that tells nothing
          MINE: GIVEN,
        },
        input: COMMIT,
      });
      const pages = await clickThrough(await untilThere(address));
      const { exit, out, err } = await signing;
      // the sandbox's CA does not know this issuer: the login succeeds, and the certificate is refused
      expect(exit, err).not.toBe(0);
      expect(err).toMatch(/certificate authority/);
      expect(pages.at(-1)?.body).toContain('Logged in as alice@example.test');

      const [exchange] = issuer.exchanges.slice(-1);
      const [request] = issuer.authorizations.slice(-1);
      const secrets = [
        ...[idToken, REFRESH, ACCESS, 'code-41fe55d6aa', 'client-77aa88bb99', GIVEN],
        ...[exchange?.get('code_verifier'), request?.get('nonce')],
      ].map((secret) => secret ?? '');
      expect(secrets.every((secret) => secret.length > 10)).toBe(true);
      const places: Readonly<Record<string, string>> = {
        arguments: seen.join('\n'),
        'environment of children': readFileSync(inherited, 'utf8'),
        'what was said': `${out}${err}`,
        'the log file': readFileSync(log, 'utf8'),
        'the last page': pages.at(-1)?.body ?? '',
        files: everythingIn(repository.home).replaceAll('client-77aa88bb99\n', ''),
      };
      expect(seen.length).toBeGreaterThan(2);
      for (const [place, text] of Object.entries(places)) {
        const found = secrets.filter((secret) => text.includes(secret));
        expect({ place, found }).toEqual({ place, found: [] });
      }
      expect(places['environment of children']).not.toMatch(/TOKEN|SECRET/);
    });
  },
);
