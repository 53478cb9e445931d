/**
 * Another user of the machine, with the process list in hand: what the opener was given is read there, and of no use.
 * Real users of the system, so this needs an administrator, and Linux, which tells whose a connection is.
 */

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRepository, type Repository } from '../support/login-scenario.ts';
import { clickThrough } from '../support/person.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const [OWNER, OTHER] = [61_234, 61_235];

/** Runs a program as another user. */
const runAs = (uid: number, program: string, ...args: string[]) =>
  spawnSync(program, args, { uid, gid: uid, encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } });

/** Fetches a page as another user: status line, headers and body. */
const fetchAs = (uid: number, url: string): string => {
  const { hostname, port, pathname } = new URL(url);
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
  const script = `exec 3<>/dev/tcp/${hostname}/${port}; printf '${request}' >&3; cat <&3`;
  return runAs(uid, '/bin/bash', '-c', script).stdout;
};

const possible =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  haveTools('script', 'bash') &&
  runAs(OWNER, programUnderTest(), '--version').status === 0;
if (!possible) console.warn('skipped: cannot run the program as other users here');

describe.skipIf(!possible)('a login while another user looks on', () => {
  const sandbox = useSandbox();
  let repository: Repository;
  beforeAll(() => {
    // its trust files are read by the owner of the repository
    spawnSync('chmod', ['-R', 'a+rX', sandbox().dir]);
    repository = makeRepository(sandbox(), OWNER);
  });
  afterAll(() => repository.close());

  it('another user who asks first gets no page, and the login goes on (O19)', async () => {
    const commit = repository.commit('for my eyes');
    const page = await commit.page;
    const seen = fetchAs(OTHER, page);
    expect(seen).toMatch(/^HTTP\/1\.1 403 /);
    expect(seen).toContain('This login page is not yours');
    expect(seen).not.toMatch(/for my eyes|state=|set-cookie/i);
    await commit.reads(/another user of this machine asked for the login page, and was refused/);
    // the sandbox runs as the administrator, as does this browser, whom nothing is kept from
    const pages = await clickThrough(page);
    expect(pages[0]?.body).toContain('for my eyes');
    expect(fetchAs(OTHER, page)).not.toContain('for my eyes');
    const { code, said } = await commit.ended;
    expect([code, said]).toEqual([0, expect.not.stringContaining('Sign as')]);
  });

  it('the printed address works in a browser of any user (O19)', async () => {
    const commit = repository.commit('by another browser', { loginTimeout: '4' });
    await commit.page;
    const [, printed = ''] = await commit.reads(/or open this address .*: (http\S+)/);
    expect(fetchAs(OTHER, printed)).toContain('by another browser');
    expect((await commit.ended).said).toContain('you did not log in within 4 s');
  });
});
