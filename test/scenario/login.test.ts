/** A person commits, and logs in with a browser that is no browser: every end of a login, as git sees it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceName } from '../../src/sandbox/index.ts';
import {
  type Commit,
  listens,
  makeRepository,
  type Repository,
} from '../support/login-scenario.ts';
import { browse, clickThrough, fetchPage, firstLink, type Jar } from '../support/person.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const users = ['alice@example.test', 'mallory@example.test', 'grace@example.test'].map((email) => ({
  email,
  emailVerified: true,
}));
const sandbox = useSandbox({ users });
let repository: Repository;
beforeAll(() => {
  repository = makeRepository(sandbox());
});
afterAll(() => repository.close());

/** git wrote no commit, said so in one line of ours with a hint, and nothing listens. */
async function endsWith(commit: Commit, line: RegExp): Promise<void> {
  const before = repository.head();
  const { code, said } = await commit.ended;
  expect(code).toBe(128);
  expect(said).toMatch(line);
  const ours = said.split('\n').filter((text) => text.startsWith('git-signet: '));
  expect(ours.at(-1)).toMatch(line);
  expect(ours.filter((text) => line.test(text))).toHaveLength(1);
  expect(said).not.toMatch(/chatter|noise|eyJ|code=|state=/);
  expect(repository.head()).toBe(before);
  expect(await listens(await commit.page)).toBe(false);
}

/** Where the answer to an open page belongs, and its state. */
async function callbackOf(page: string, jar: Jar): Promise<{ callback: URL; state: string }> {
  const { searchParams } = new URL(firstLink((await browse(page, jar)).body));
  const callback = new URL(searchParams.get('redirect_uri') ?? '');
  return { callback, state: searchParams.get('state') ?? '' };
}

const TWICE = 'the login page was opened a second time. If it was not you, press Ctrl-C';

const present = haveTools('script');

describe.skipIf(!present)('git commit -S with a login', () => {
  it('a commit is signed after one click, and output of the opener changes nothing (S09)', async () => {
    const commit = repository.commit('parser: refuse trailing bytes');
    const page = await commit.page;
    const pages = await clickThrough(page);
    expect(pages[0]?.body).toContain('parser: refuse trailing bytes');
    expect(pages[0]?.body).toContain('parser');
    expect(pages.at(-1)?.body).toContain('Logged in as alice@example.test');
    const { code, said } = await commit.ended;
    expect(code).toBe(0);
    expect(said.split('\n').filter(Boolean)).toEqual([
      expect.stringMatching(
        /^git-signet: signing needs a login \(127\.0\.0\.1:\d+, waiting up to 2 min\)\. A browser opens$/,
      ),
      expect.stringMatching(
        /^ {2}or open this address in a browser on this machine: http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}$/,
      ),
      expect.stringMatching(/^git-signet: signed as alice@example\.test \(log entry \d+\)$/),
    ]);
    expect(await listens(page)).toBe(false);
    const verified = repository.git('verify-commit', '-v', 'HEAD');
    expect(verified).toMatchObject({ code: 0 });
    expect(repository.git('log', '-1', '--format=%GS').stdout).toContain('alice@example.test');
    expect(repository.git('cat-file', 'commit', 'HEAD').stdout).not.toContain('chatter');
  });

  it('a login that no user completes ends at its deadline (O18)', async () => {
    await endsWith(
      repository.commit('late', { loginTimeout: '1' }),
      /you did not log in within 1 s/,
    );
  });

  it('a wrong state, a favicon, a foreign host or another path does not end the login (O01 O06 O19)', async () => {
    const commit = repository.commit('patient');
    const page = await commit.page;
    const mine: Jar = new Map();
    const { callback } = await callbackOf(page, mine);
    for (const jar of [mine, new Map()]) {
      const forged = await browse(`${callback}?code=stolen&state=wrong`, jar);
      expect([forged.status, forged.body]).toEqual([
        400,
        expect.stringContaining('changed nothing'),
      ]);
    }
    expect((await fetchPage(new URL('/favicon.ico', page).href)).status).toBe(404);
    expect((await fetchPage(`${callback}?code=x&state=y`, { host: 'evil.example' })).status).toBe(
      421,
    );
    expect((await fetchPage(String(callback))).status).toBe(400);
    await clickThrough(page, mine);
    const { code, said } = await commit.ended;
    expect([code, said]).toEqual([0, expect.not.stringContaining('second time')]);
  });

  it('a second browser reads nothing and cannot answer, and the terminal asks for confirmation (O19)', async () => {
    const commit = repository.commit('mine alone', { publishIdentity: 'yes' });
    const page = await commit.page;
    const mine: Jar = new Map();
    const { callback, state } = await callbackOf(page, mine);
    const other: Jar = new Map();
    for (let time = 0; time < 2; time += 1) {
      const seen = await browse(page, other);
      expect([seen.status, seen.body]).toEqual([403, expect.stringContaining('opened before')]);
      expect(seen.body).not.toContain('mine alone');
      expect(seen.body).not.toContain(state);
    }
    await commit.reads(new RegExp(TWICE));
    // even where the state has leaked, the answer of another browser is not taken
    for (const answer of ['code=theirs', 'error=access_denied']) {
      const seen = await browse(`${callback}?${answer}&state=${state}`, other);
      expect([seen.status, seen.body]).toEqual([403, expect.stringContaining('another browser')]);
    }
    await commit.reads(/the login started in one browser and ended in another/);
    const pages = await clickThrough(page, mine);
    expect(pages.at(-1)?.body).toContain('Go back to the terminal');
    await commit.reads(/logged in as alice@example\.test, but its page was opened twice/);
    await commit.reads(/Sign as alice@example\.test\? \[y\/n\]/);
    commit.type('y');
    const { code, said } = await commit.ended;
    expect(code).toBe(0);
    expect(said.split(TWICE)).toHaveLength(2);
  });

  it('another user who opens the page first and logs in is refused at the terminal, and nothing is published (O19 O20)', async () => {
    const before = { ...sandbox().requests };
    const commit = repository.commit('not by mallory', { publishIdentity: 'yes' });
    const page = await commit.page;
    const mallory: Jar = new Map();
    await browse(page, mallory);
    // the browser of the person comes second
    expect((await browse(page, new Map())).body).toContain('opened before');
    await commit.reads(new RegExp(TWICE));
    await clickThrough(page, mallory, 'mallory@example.test');
    await commit.reads(/logged in as mallory@example\.test/);
    await commit.reads(/Sign as mallory@example\.test\? \[y\/n\]/);
    commit.type('n');
    const { code, said } = await commit.ended;
    expect(code).toBe(128);
    expect(said).toContain('you did not confirm that you are mallory@example.test');
    const { fulcio, rekor } = sandbox().requests;
    expect({ fulcio, rekor }).toEqual({ fulcio: before.fulcio, rekor: before.rekor });
  });

  it('another user who opens the page first and fails does not end the login at the printed address (O19)', async () => {
    const commit = repository.commit('all the same', { identity: 'alice@example.test' });
    const page = await commit.page;
    const mallory: Jar = new Map();
    await browse(page, mallory);
    expect((await browse(page, new Map())).status).toBe(403);
    const [, printed = ''] = await commit.reads(/or open this address .*: (http\S+)/);
    await clickThrough(page, mallory, 'mallory@example.test');
    await commit.reads(
      /but this repository expects alice@.*\. git still waits for the login, at the address above/,
    );
    // only the person reads the terminal
    const mine: Jar = new Map();
    expect((await browse(printed, mine)).body).toContain('all the same');
    await clickThrough(printed, mine);
    const { code, said } = await commit.ended;
    expect([code, said]).toEqual([0, expect.stringContaining('signed as alice@example.test')]);
    expect(said).not.toContain('Sign as');
  });

  it('an unexpected account is confirmed by name, once on this machine (O20)', async () => {
    const one = makeRepository(sandbox());
    const commit = one.commit('by grace', { publishIdentity: 'yes' });
    await clickThrough(await commit.page, new Map(), 'grace@example.test');
    await commit.reads(
      /logged in as grace@example\.test, but the committer is alice@example\.test, and this account is new here/,
    );
    commit.type('y');
    expect(await commit.ended).toMatchObject({ code: 0 });
    const again = one.commit('by grace again', { publishIdentity: 'yes' });
    await clickThrough(await again.page, new Map(), 'grace@example.test');
    const { code, said } = await again.ended;
    expect([code, said]).toEqual([0, expect.not.stringContaining('Sign as')]);
    one.close();
  });

  it('a refusal at the issuer is told as one', async () => {
    const commit = repository.commit('refused');
    const page = await commit.page;
    const jar: Jar = new Map();
    const { callback, state } = await callbackOf(page, jar);
    callback.search = String(
      new URLSearchParams({
        error: 'access_denied',
        error_description: 'the person refused',
        state,
        iss: sandbox().urls.issuer,
      }),
    );
    const { status, location } = await browse(callback.href, jar);
    expect(status).toBe(303);
    expect((await fetchPage(location ?? '')).body).toContain('Nothing was signed');
    await endsWith(commit, /the login was refused \(access_denied: the person refused\)/);
  });

  it('the wrong account publishes nothing (O13)', async () => {
    const before = { ...sandbox().requests };
    const commit = repository.commit('whoever', { identity: 'carol@example.test' });
    const pages = await clickThrough(await commit.page);
    expect(pages.at(-1)?.body).toContain('expects carol@example.test');
    await endsWith(
      commit,
      /logged in as alice@example\.test, but this repository expects carol@example\.test/,
    );
    const { fulcio, rekor, ctLog } = sandbox().requests;
    expect({ fulcio, rekor, ctLog }).toEqual({
      fulcio: before.fulcio,
      rekor: before.rekor,
      ctLog: before.ctLog,
    });
  });

  it.each<[string, ServiceName | undefined]>([
    ['while it waits for the person', undefined],
    ['while the certificate authority thinks', 'fulcio'],
    ['while the log thinks', 'rekor'],
  ])('Ctrl-C %s ends git at once, with nothing left (S13)', async (_name, hanging) => {
    const before = repository.head();
    const reached = new Promise<void>((resolve) => {
      sandbox().intercept((service) => {
        if (service !== hanging) return undefined;
        resolve();
        return new Promise(() => undefined);
      });
    });
    const commit = repository.commit('interrupted');
    const page = await commit.page;
    if (hanging !== undefined) {
      await clickThrough(page);
      await reached;
    }
    commit.interrupt();
    expect((await commit.ended).code).not.toBe(0);
    sandbox().intercept(undefined);
    expect(repository.head()).toBe(before);
    expect(repository.git('status', '--porcelain')).toMatchObject({ code: 0, stdout: '' });
    expect(await listens(page)).toBe(false);
  });

  it('an issuer that is away is told at once', async () => {
    sandbox().intercept((service) =>
      service === 'issuer' ? { status: 503, headers: {}, body: '' } : undefined,
    );
    const commit = repository.commit('away');
    commit.page.catch(() => undefined);
    const { code, said } = await commit.ended;
    sandbox().intercept(undefined);
    expect(code).toBe(128);
    expect(said).toMatch(/git-signet: .*issuer/);
  });
});
