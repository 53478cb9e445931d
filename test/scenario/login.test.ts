/** A person commits, and logs in with a browser that is no browser: every end of a login, as git sees it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceName } from '../../src/sandbox/index.ts';
import {
  type Commit,
  listens,
  makeRepository,
  type Repository,
} from '../support/login-scenario.ts';
import { clickThrough, fetchPage, firstLink } from '../support/person.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
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

const callbackOf = async (page: string): Promise<URL> => {
  const { body } = await fetchPage(page);
  return new URL(new URL(firstLink(body)).searchParams.get('redirect_uri') ?? '');
};

const present = haveTools('script');

describe.skipIf(!present)('git commit -S with a login', () => {
  it('S09 one click, and the commit is signed; a chatty opener changes nothing', async () => {
    const commit = repository.commit('parser: refuse trailing bytes');
    const page = await commit.page;
    const pages = await clickThrough(page);
    expect(pages[0]?.body).toContain('parser: refuse trailing bytes');
    expect(pages[0]?.body).toContain('parser');
    expect(pages.at(-1)?.body).toContain('Logged in as alice@example.test');
    const { code, said } = await commit.ended;
    expect(code).toBe(0);
    expect(said.split('\n').filter(Boolean)).toEqual([
      expect.stringMatching(/^git-signet: signing needs a login \(127\.0\.0\.1:\d+\)$/),
      expect.stringMatching(
        /^git-signet: opening http:\/\/127\.0\.0\.1:\d+\/[\w-]{24} \(waiting up to 2 min\)$/,
      ),
      expect.stringMatching(/^git-signet: signed as alice@example\.test, Rekor \d+$/),
    ]);
    expect(await listens(page)).toBe(false);
    const verified = repository.git('verify-commit', '-v', 'HEAD');
    expect(verified).toMatchObject({ code: 0 });
    expect(repository.git('log', '-1', '--format=%GS').stdout).toContain('alice@example.test');
    expect(repository.git('cat-file', 'commit', 'HEAD').stdout).not.toContain('chatter');
  });

  it('O18 nobody comes: it ends by itself', async () => {
    await endsWith(repository.commit('late', { loginTimeout: '1' }), /nobody logged in within 1 s/);
  });

  it('O01 a wrong state ends it', async () => {
    const commit = repository.commit('forged');
    const callback = await callbackOf(await commit.page);
    expect((await fetchPage(`${callback}?code=stolen&state=wrong`)).status).toBe(400);
    await endsWith(commit, /does not belong to this login/);
  });

  it('O06 favicons, foreign hosts and other paths do not', async () => {
    const commit = repository.commit('patient');
    const page = await commit.page;
    const callback = await callbackOf(page);
    expect((await fetchPage(new URL('/favicon.ico', page).href)).status).toBe(404);
    expect((await fetchPage(`${callback}?code=x&state=y`, { host: 'evil.example' })).status).toBe(
      421,
    );
    expect((await fetchPage(String(callback))).status).toBe(400);
    await clickThrough(page);
    expect(await commit.ended).toMatchObject({ code: 0 });
  });

  it('a refusal at the issuer is told as one', async () => {
    const commit = repository.commit('refused');
    const page = await commit.page;
    const link = new URL(firstLink((await fetchPage(page)).body));
    const callback = new URL(link.searchParams.get('redirect_uri') ?? '');
    callback.search = String(
      new URLSearchParams({
        error: 'access_denied',
        error_description: 'the person refused',
        state: link.searchParams.get('state') ?? '',
        iss: sandbox().urls.issuer,
      }),
    );
    const { status, location } = await fetchPage(callback.href);
    expect(status).toBe(303);
    expect((await fetchPage(location ?? '')).body).toContain('Nothing was signed');
    await endsWith(commit, /the login was refused \(access_denied: the person refused\)/);
  });

  it('O13 the wrong account publishes nothing', async () => {
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
  ])('S13 Ctrl-C %s ends git at once, with nothing left', async (_name, hanging) => {
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
