import { describe, expect, it } from 'vitest';
import { describeProxy, proxyChoice } from '../../src/http/proxy.ts';

/** The proxy's host for an address, as these variables have it. */
const host = (url: string, env: Record<string, string>, setting?: string) =>
  proxyChoice(setting, env)(new URL(url))?.url.host;

const LOG = 'https://rekor.example.test/api';

describe('proxyChoice', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['nothing', {}, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://p.test:1' }, 'p.test:1'],
    [
      'https_proxy first',
      { HTTPS_PROXY: 'http://p.test:1', https_proxy: 'http://q.test:2' },
      'q.test:2',
    ],
    [
      'ALL_PROXY last',
      { ALL_PROXY: 'http://a.test:3', HTTPS_PROXY: 'http://p.test:1' },
      'p.test:1',
    ],
    ['ALL_PROXY', { ALL_PROXY: 'http://a.test:3' }, 'a.test:3'],
    ['all_proxy', { all_proxy: 'http://a.test:3' }, 'a.test:3'],
    ['no scheme', { HTTPS_PROXY: 'p.test:3128' }, 'p.test:3128'],
    ['an empty one', { HTTPS_PROXY: '', ALL_PROXY: 'http://a.test:3' }, 'a.test:3'],
    ['another protocol’s', { HTTP_PROXY: 'http://p.test:1' }, undefined],
    ['an IPv6 proxy', { HTTPS_PROXY: 'http://[::1]:8' }, '[::1]:8'],
  ])('the proxy is found: %s', (_name, env, expected) => {
    expect(host(LOG, env)).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ['rekor.example.test', LOG, true],
    ['example.test', LOG, true],
    ['.example.test', LOG, true],
    ['*.example.test', LOG, true],
    ['EXAMPLE.test', LOG, true],
    ['ample.test', LOG, false],
    ['fulcio.example.test', LOG, false],
    ['other.test example.test', LOG, true],
    ['other.test, example.test', LOG, true],
    ['example.test:443', LOG, true],
    ['example.test:8443', LOG, false],
    ['example.test:8443', 'https://rekor.example.test:8443/', true],
    ['*', LOG, true],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/99', 'https://10.1.2.3/', false],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['[fd12::1]:443', 'https://[fd12::1]/', true],
    ['fd12::1', 'https://[fd12::1]/', true],
    ['10.0.0.0/8', LOG, false],
    ['', LOG, false],
    ['rekor.example.test.', LOG, true],
  ])('NO_PROXY=%s and %s: direct is %s', (list, url, direct) => {
    const env = { HTTPS_PROXY: 'http://p.test:1', NO_PROXY: list };
    expect(host(url, env)).toBe(direct ? undefined : 'p.test:1');
    expect(host(url, { HTTPS_PROXY: 'http://p.test:1', no_proxy: list, NO_PROXY: 'x' })).toBe(
      direct ? undefined : 'p.test:1',
    );
  });

  it.each(['http://127.0.0.1:9/', 'https://localhost/', 'http://[::1]:9/', 'https://127.0.9.9/'])(
    'no proxy stands before %s',
    (url) => {
      const env = { HTTPS_PROXY: 'http://p.test:1', HTTP_PROXY: 'http://p.test:1' };
      expect(host(url, env, 'http://s.test:2')).toBeUndefined();
    },
  );

  it('signet.proxy overrules the variables, and `none` switches them off', () => {
    const env = { HTTPS_PROXY: 'http://p.test:1' };
    expect(host(LOG, env, 's.test:2')).toBe('s.test:2');
    expect(host(LOG, env, 'none')).toBeUndefined();
  });

  it('the login of a proxy stays out of every message (O10)', () => {
    const proxy = proxyChoice(undefined, { HTTPS_PROXY: 'http://me:hid%40den@p.test:1' })(
      new URL(LOG),
    );
    expect(proxy?.authorization?.reveal()).toBe(
      `Basic ${Buffer.from('me:hid@den').toString('base64')}`,
    );
    expect(proxy?.url.href).toBe('http://p.test:1/');
    expect(JSON.stringify(proxy)).not.toContain('den');
    expect(describeProxy(proxy!)).toBe('p.test:1 (HTTPS_PROXY)');
  });

  it.each([
    'socks5://me:secret@p.test:1',
    'http://',
    'ftp://me:secret@p.test',
    'http://me:secret@p:99999',
  ])(
    'an error about %s gives the variable’s name, not its value, and only if it is needed (O10)',
    (text) => {
      const choice = proxyChoice(undefined, { ALL_PROXY: text });
      expect(choice(new URL('http://127.0.0.1:9/'))).toBeUndefined();
      expect(() => choice(new URL(LOG))).toThrow(expect.objectContaining({ code: 'CONFIG' }));
      expect(() => choice(new URL(LOG))).toThrow('ALL_PROXY');
      expect(() => choice(new URL(LOG))).not.toThrow('secret');
    },
  );

  it('a stranger’s Proxy header is no variable (CGI)', () => {
    const env = { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://evil.test:1' };
    expect(host('http://rekor.example.test/', env)).toBeUndefined();
  });
});
