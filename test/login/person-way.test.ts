/** Every environment, by its variables: which way is chosen, what is said, and when no question is asked. */

import { describe, expect, it } from 'vitest';
import { type Circumstances, choosePersonWay } from '../../src/login/person-way.ts';

const at = (parts: Partial<Circumstances>): Circumstances => ({
  env: {},
  opener: false,
  interactive: true,
  asked: false,
  provider: undefined,
  ...parts,
});
const none = (message: RegExp, hint: RegExp) => ({
  way: 'none',
  message: expect.stringMatching(message),
  hint: expect.stringMatching(hint),
});
const NOBODY = none(
  /^you are not logged in, and there is no terminal to ask at$/,
  /^git signet login/,
);

describe('choosePersonWay', () => {
  it.each<[string, Partial<Circumstances>, object]>([
    ['a desktop', { opener: true }, { way: 'browser' }],
    [
      'a desktop, from an editor without a terminal',
      { opener: true, interactive: false },
      { way: 'browser' },
    ],
    ['a console', {}, { way: 'device', why: 'no browser here' }],
    [
      'a console with a wrong BROWSER',
      { env: { BROWSER: '/nonexistent' } },
      { way: 'device', why: 'BROWSER names no program here (/nonexistent)' },
    ],
    ['SSH', { env: { SSH_CONNECTION: 'a 1 b 22' } }, { way: 'device', why: 'no browser over SSH' }],
    [
      'SSH, without its addresses',
      { env: { SSH_TTY: '/dev/pts/1' } },
      { way: 'device', why: 'no browser over SSH' },
    ],
    [
      'SSH in an editor with a helper',
      { env: { SSH_CONNECTION: 'x' }, opener: true },
      { way: 'browser' },
    ],
    ['WSL', { env: { WSL_DISTRO_NAME: 'Debian' }, opener: true }, { way: 'browser' }],
    [
      'WSL without an opener',
      { env: { WSL_DISTRO_NAME: 'Debian' } },
      { way: 'device', why: 'no browser in WSL without PowerShell' },
    ],
    [
      'a dev container',
      { env: { REMOTE_CONTAINERS: 'true' } },
      { way: 'device', why: 'no browser in a dev container' },
    ],
    [
      'a codespace',
      { env: { CODESPACES: 'true', REMOTE_CONTAINERS: 'true' } },
      { way: 'device', why: 'no browser in a codespace' },
    ],
    ['nothing at all', { interactive: false }, NOBODY],
    [
      'a wrong BROWSER and no terminal',
      { interactive: false, env: { BROWSER: '/nonexistent' } },
      none(
        /^you are not logged in: BROWSER names no program here \(\/nonexistent\), and there is no terminal/,
        /^git signet login/,
      ),
    ],
    [
      'SSH with a BROWSER that is on the other machine',
      { env: { SSH_TTY: '/dev/pts/1', BROWSER: 'firefox' } },
      { way: 'device', why: 'no browser over SSH' },
    ],
    ['SSH without a terminal', { interactive: false, env: { SSH_CONNECTION: 'x' } }, NOBODY],
    [
      'GitHub Actions without the permission',
      { env: { GITHUB_ACTIONS: 'true', CI: 'true' } },
      none(/GitHub Actions offers no identity token/, /permissions: id-token: write/),
    ],
    [
      'GitLab CI',
      { env: { GITLAB_CI: 'true', CI: 'true' } },
      none(/GitLab CI offers/, /id_tokens: /),
    ],
    ['CircleCI', { env: { CIRCLECI: 'true' } }, none(/CircleCI offers/, /context/)],
    ['Buildkite', { env: { BUILDKITE: 'true' } }, none(/Buildkite offers/, /agent/)],
    [
      'some CI, even with a terminal and a browser',
      { opener: true, env: { CI: '1' } },
      none(/CI offers/, /SIGSTORE_ID_TOKEN/),
    ],
    ['CI=false', { opener: true, env: { CI: 'false' } }, { way: 'browser' }],
    ['interactive by name', { provider: 'interactive', env: { CI: '1' } }, { way: 'browser' }],
    [
      'interactive by name, without anything',
      { provider: 'interactive', interactive: false },
      NOBODY,
    ],
    [
      'device by name, on a desktop',
      { provider: 'device', opener: true },
      { way: 'device', why: '' },
    ],
    [
      'device by name, without a terminal to show the code',
      { provider: 'device', interactive: false },
      NOBODY,
    ],
    [
      'device by name, asked for by a command',
      { provider: 'device', interactive: false, asked: true },
      { way: 'device', why: '' },
    ],
    ['paste by name', { provider: 'paste', opener: true }, { way: 'paste', why: '' }],
    [
      'paste by name, without a terminal',
      { provider: 'paste', interactive: false, asked: true },
      none(/no terminal/, /--token-stdin/),
    ],
    [
      'a terminal that GIT_TERMINAL_PROMPT=0 silences',
      { interactive: false, env: { GIT_TERMINAL_PROMPT: '0' } },
      none(
        /^you are not logged in, and there is no terminal to ask at \(GIT_TERMINAL_PROMPT=0\)$/,
        /git signet login/,
      ),
    ],
    [
      '… for a login',
      { asked: true, interactive: false, env: { GIT_TERMINAL_PROMPT: '0' } },
      none(/\(GIT_TERMINAL_PROMPT=0\)$/, /^run it at a terminal without GIT_TERMINAL_PROMPT=0, /),
    ],
    ['one that may be asked', { interactive: false, env: { GIT_TERMINAL_PROMPT: '1' } }, NOBODY],
    [
      'an expected account (O13)',
      {
        interactive: false,
        expected: { name: 'alice@example.test', setting: 'signet.identity' },
      },
      none(
        /^you are not logged in as alice@example\.test \(signet\.identity\), and there is no terminal to ask at$/,
        /git signet login/,
      ),
    ],
    [
      'a login without a terminal',
      { asked: true, interactive: false },
      none(/no terminal/, /--device/),
    ],
  ])('%s', (_name, circumstances, choice) => {
    expect(choosePersonWay(at(circumstances))).toEqual(choice);
  });
});
