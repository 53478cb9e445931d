/** A login on another device: against the sandbox's issuer, and against issuers that do one thing wrong (threat O11). */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loginWithDevice } from '../../../src/login/device/device.ts';
import { obtainIdentityToken } from '../../../src/login/obtain-token.ts';
import type { TokenRequest } from '../../../src/login/token-request.ts';
import { startIssuer, type TestIssuer, type Wrong } from '../../support/issuer.ts';
import { answerDevice } from '../../support/person.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { fakeTerminal, type Listener } from '../../support/signing.ts';
import { tokenRequest } from '../../support/token-request.ts';

const sandbox = useSandbox();

// openid-client waits by the clock, so the clock is ours
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** The ways of a request to the network, and when it asked for tokens: seconds since it asked before. */
function timed(request: TokenRequest) {
  const waits: number[] = [];
  let asking = 0;
  let last = 0;
  const send: TokenRequest['send'] = async (question) => {
    asking += 1;
    const now = performance.now();
    if (question.method === 'POST' && question.url.endsWith('/token')) {
      waits.push(Math.round((now - last) / 1000));
    }
    if (question.method === 'POST') last = now;
    return request.send(question).finally(() => {
      asking -= 1;
    });
  };
  return { waits, request: { ...request, send }, asking: () => asking > 0 };
}

/** Lets time pass while no task runs, until `work` is done. */
async function meanwhile<T>(work: Promise<T>, busy: () => boolean): Promise<T | Error> {
  let done = false;
  const outcome = work
    .catch((error: Error) => error)
    .finally(() => {
      done = true;
    });
  while (!done) {
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    if (!busy()) await vi.advanceTimersByTimeAsync(1000);
  }
  return outcome;
}

/** A person with another device, who does what the terminal says. */
function personElsewhere(answer: 'agree' | 'deny'): Listener & { readonly busy: () => boolean } {
  const terminal = fakeTerminal();
  let busy = false;
  const say = (line: string): void => {
    terminal.say(line);
    const [, address, code] = /^open (\S+) and enter (\S+) /.exec(line) ?? [];
    if (address === undefined || code === undefined) return;
    busy = true;
    void answerDevice(address, code, answer).finally(() => {
      busy = false;
    });
  };
  return { ...terminal, say, busy: () => busy };
}

describe('a login on another device', () => {
  async function attempt(answer: 'agree' | 'deny') {
    const terminal = personElsewhere(answer);
    const { client, ...made } = await tokenRequest({
      issuerUrl: sandbox().urls.issuer,
      env: { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' },
      flags: { publishIdentity: 'yes' },
      terminal,
    });
    const { request, waits, asking } = timed(made);
    const busy = () => asking() || terminal.busy();
    const outcome = await meanwhile(obtainIdentityToken(request), busy);
    client.close();
    return { outcome, lines: terminal.lines, waits };
  }

  it('host, code and a picture of both are shown, and the person’s answer is taken (O11)', async () => {
    const { outcome, lines, waits } = await attempt('agree');
    expect(outcome).toMatchObject({
      source: 'device code',
      fresh: true,
      claims: { challenge: 'alice@example.test' },
      refreshToken: expect.anything(),
    });
    expect(lines[0]).toBe('no browser over SSH: log in on any device');
    expect(lines[1]).toMatch(
      /^open http:\/\/127\.0\.0\.1:\d+\/device and enter [A-Z]{4}-[A-Z]{4} \(waiting up to 10 min\)$/,
    );
    expect(lines.slice(2, -1).every((line) => /^ {2}[█▀▄ ]+$/.test(line))).toBe(true);
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.at(-1)).toMatch(
      /^ {2}agree only if the page is at 127\.0\.0\.1:\d+ and shows [A-Z]{4}-[A-Z]{4}$/,
    );
    expect(waits).toEqual([5]);
  });

  it('a refusal there is a refusal here', async () => {
    const { outcome } = await attempt('deny');
    expect(outcome).toMatchObject({ code: 'LOGIN_REFUSED', exitCode: 4 });
  });
});

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterEach(() => issuer.be({}));
afterAll(() => issuer.close());

const HONEST = {
  device_code: 'the-device-code',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://issuer.example/device',
  expires_in: 600,
};

interface Answers {
  readonly authorization?: Record<string, unknown>;
  /** Errors of the token endpoint, one a question, perhaps with the seconds of Retry-After; then the token. */
  readonly errors?: readonly (string | number)[];
  readonly claims?: Wrong['claims'];
}

async function ask(
  { authorization = {}, errors = [], claims }: Answers,
  flags = {},
  interactive = true,
) {
  const left = [...errors];
  issuer.be({
    discovery: (honest) => ({ ...honest, device_authorization_endpoint: `${issuer.url}/device` }),
    ...(claims === undefined ? {} : { claims }),
    handle: (request, response) => {
      const json = (status: number, value: unknown): true => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
        return true;
      };
      if (request.url === '/device') return json(200, { ...HONEST, ...authorization });
      const error = request.url === '/token' ? left.shift() : undefined;
      if (error === undefined) return false;
      if (typeof error === 'number') return json(error, {});
      const [word, later] = error.split(' ');
      if (later !== undefined) response.setHeader('retry-after', later);
      // public Sigstore's issuer says so with this status
      return json(word === 'authorization_pending' ? 401 : 400, { error: word });
    },
  });
  const terminal = fakeTerminal(interactive);
  const { client, ...made } = await tokenRequest({ issuerUrl: issuer.url, flags, terminal });
  const { request, waits, asking } = timed(made);
  const begun = performance.now();
  const outcome = await meanwhile(loginWithDevice(request, ''), asking);
  const seconds = (performance.now() - begun) / 1000;
  client.close();
  return { outcome, waits, seconds, lines: terminal.lines };
}

describe('an issuer’s pace and patience (O11)', () => {
  it('the issuer is asked every five seconds, slower if it says so, while the code lives', async () => {
    const pending = Array.from({ length: 500 }, () => 'authorization_pending');
    const { outcome, waits, seconds } = await ask({
      errors: ['authorization_pending', 'slow_down', ...pending],
    });
    expect(outcome).toMatchObject({ code: 'LOGIN_TIMEOUT', exitCode: 4 });
    expect(waits.slice(0, 4)).toEqual([5, 5, 10, 10]);
    expect(waits.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(600);
    // openid-client looks every 5 s whether it is over
    expect(seconds).toBeLessThanOrEqual(606);
  });

  it('the issuer’s own interval is kept, and the login ends by loginTimeout', async () => {
    const pending = Array.from({ length: 500 }, () => 'authorization_pending');
    const { waits } = await ask(
      { authorization: { interval: 7, expires_in: 100_000 }, errors: pending },
      { loginTimeout: '10' },
    );
    expect(waits).toEqual([7, 7, 7, 7, 7, 7, 7]);
  });

  it('the device login waits as long as the issuer asks, up to a limit', async () => {
    const errors = ['authorization_pending 30', 'authorization_pending'];
    expect((await ask({ errors })).waits).toEqual([5, 30, 5]);
    const { outcome, seconds } = await ask({ errors: ['slow_down 9999'] });
    expect(outcome).toMatchObject({ code: 'LOGIN_TIMEOUT' });
    expect(seconds).toBeLessThanOrEqual(606);
  });

  it('backs off from an issuer in trouble, and gives up on one that stays there', async () => {
    const { outcome, waits } = await ask({ errors: [503, 503] });
    expect(outcome).toMatchObject({ source: 'device code' });
    expect(waits).toEqual([5, 10, 20]);
    expect((await ask({ errors: [503, 503, 503, 503, 503] })).outcome).toMatchObject({
      code: 'SERVICE_REFUSED',
    });
  });

  it('after an outage the pause doubles, and then the issuer’s own pace returns', async () => {
    const { waits } = await ask({ errors: ['slow_down', 503, 503, 'authorization_pending'] });
    expect(waits).toEqual([5, 10, 20, 40, 10]);
    const outages = [503, 503, 503, 'authorization_pending', 503, 503, 503];
    expect((await ask({ errors: outages })).outcome).toMatchObject({ source: 'device code' });
  });

  it('an outage that lasts ends with the code, not after it', async () => {
    const slow = { interval: 100, expires_in: 250 };
    const { outcome, waits, seconds } = await ask({ authorization: slow, errors: [503, 503] });
    expect(outcome).toMatchObject({ code: 'LOGIN_TIMEOUT' });
    expect(seconds).toBeLessThanOrEqual(251);
    expect(waits).toEqual([100]);
  });

  it.each([
    ['access_denied', 'LOGIN_REFUSED'],
    ['expired_token', 'LOGIN_TIMEOUT'],
    ['invalid_grant', 'LOGIN_FAILED'],
  ])('%s ends it', async (error, code) => {
    const { outcome, waits } = await ask({ errors: [error] });
    expect(outcome).toMatchObject({ code, exitCode: 4 });
    expect(waits).toHaveLength(1);
    expect(String(outcome)).not.toContain('the-device-code');
  });
});

describe('an invitation that cannot be trusted (O11)', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['plain http', { verification_uri: 'http://issuer.example/device' }, /neither https/],
    ['a script', { verification_uri: 'javascript:alert(1)' }, /neither https|cannot be used/],
    ['a user name in the address', { verification_uri: 'https://a@issuer.example/' }, /user name/],
    [
      'another host with the code in it',
      { verification_uri_complete: 'https://evil.example/?c=WDJB-MJHT' },
      /two places/,
    ],
    ['a look-alike code', { user_code: 'WDJB-MJНТ' }, /compared by eye/],
    ['control characters', { user_code: 'A\u001b[2JB' }, /compared by eye/],
    ['a text for a code', { user_code: 'x'.repeat(60) }, /compared by eye/],
  ])('%s', async (_name, authorization, line) => {
    const { outcome, lines } = await ask({ authorization });
    expect(outcome).toMatchObject({ message: expect.stringMatching(line) });
    expect((outcome as { exitCode?: number }).exitCode).toBeGreaterThan(2);
    expect(lines).toEqual([]);
  });

  it.each<[string, Wrong['claims']]>([
    ['another audience', (honest) => ({ ...honest, aud: 'other' })],
    ['an unverified address', (honest) => ({ ...honest, email_verified: false })],
    ['another party', (honest) => ({ ...honest, aud: ['sigstore', 'x'], azp: 'x' })],
  ])('a token with %s (O09)', async (_name, claims) => {
    const { outcome } = await ask({ claims });
    expect(outcome).toMatchObject({ exitCode: 4 });
  });
});

describe('whom the person is to be', () => {
  it('the expected account is named before the code is shown', async () => {
    const { lines } = await ask({}, { identity: 'alice@example.test' });
    expect(lines[0]).toBe('log in as alice@example.test');
    expect((await ask({})).lines[0]).toMatch(/^open https:/);
  });
});

describe('what becomes public (O11)', () => {
  const PUBLIC =
    /^this will be public forever: your e-mail address, the time, and a fingerprint of /;

  it('without a terminal the publication is said before the code, which is the answer', async () => {
    const { outcome, lines } = await ask({}, {}, false);
    expect(lines[0]).toMatch(PUBLIC);
    expect(lines[0]).toMatch(/\. By entering the code, you agree to that$/);
    expect(lines[1]).toMatch(/^open https:/);
    expect(outcome).toMatchObject({ told: true });
  });

  it('the publication is not said again to a user who agreed before', async () => {
    const { lines } = await ask({}, { publishIdentity: 'yes' }, false);
    expect(lines.join('\n')).not.toMatch(/public forever/);
  });

  it('at a terminal the question follows the login, because the code is no answer', async () => {
    const { outcome, lines } = await ask({});
    expect(lines.join('\n')).not.toMatch(/public forever/);
    expect(outcome).toMatchObject({ told: false });
  });
});

describe('where the issuer has no such thing', () => {
  it('a forced device login says so, and otherwise a code is typed', async () => {
    const forced = await tokenRequest({
      issuerUrl: issuer.url,
      flags: { tokenProvider: 'device' },
    });
    await expect(obtainIdentityToken(forced)).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
    });
    forced.client.close();
    const terminal = fakeTerminal();
    const free = await tokenRequest({ issuerUrl: issuer.url, terminal });
    await expect(obtainIdentityToken(free)).rejects.toMatchObject({ code: 'LOGIN_TIMEOUT' });
    expect(terminal.lines[0]).toMatch(/^no browser here: open this address on any device/);
    free.client.close();
  });
});
