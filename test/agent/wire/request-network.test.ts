import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openNetworks } from '../../../src/agent/daemon/networks.ts';
import { Unreached } from '../../../src/agent/wire/failure.ts';
import { encodeFrame } from '../../../src/agent/wire/frames.ts';
import { ProtocolError } from '../../../src/agent/wire/protocol.ts';
import { readRequest } from '../../../src/agent/wire/read-messages.ts';
import {
  isRequestNetwork,
  networkOf,
  type RequestNetwork,
  sameNetwork,
} from '../../../src/agent/wire/request-network.ts';
import { loadSettings } from '../../../src/settings/load.ts';

const settingsOf = (env: Record<string, string>, gitConfig = '') =>
  loadSettings({ env, cwd: '/', gitConfig, caller: 'sign' });
const entry = (scope: string, key: string, value: string): string =>
  `${scope}\0file:there\0${key}\n${value}\0`;

describe('the network of a request', () => {
  it('a request carries its client’s network, with absolute paths, and nothing else (D21)', async () => {
    const env = {
      HTTPS_PROXY: 'http://proxy.example:3128',
      NO_PROXY: 'intra.example',
      SSL_CERT_FILE: 'certificates.pem',
      SSL_CERT_DIR: '/etc/a:b',
      SIGNET_CA_FILE: 'ca.pem',
      SIGNET_TIMEOUT: '7',
      SIGNET_IDENTITY: 'alice@example.test',
      SIGSTORE_ID_TOKEN: 'token',
      PATH: '/bin',
    };
    expect(networkOf(await settingsOf(env), env, '/srv')).toEqual({
      variables: {
        SIGNET_CA_FILE: '/srv/ca.pem',
        SIGNET_TIMEOUT: '7',
        HTTPS_PROXY: 'http://proxy.example:3128',
        NO_PROXY: 'intra.example',
        SSL_CERT_FILE: '/srv/certificates.pem',
        SSL_CERT_DIR: '/etc/a:/srv/b',
      },
      logins: [],
      ofRepository: false,
    });
  });

  it('a request carries no password, and says which proxy has one (D21)', async () => {
    const env = {
      HTTPS_PROXY: 'http://user:p@ss@proxy.example:3128',
      all_proxy: 'user:secret@other.example',
      http_proxy: 'plain.example',
    };
    const network = networkOf(await settingsOf(env), env, '/');
    expect(network.logins).toEqual(['HTTPS_PROXY', 'all_proxy']);
    expect(network.variables).toMatchObject({
      HTTPS_PROXY: 'http://proxy.example:3128',
      all_proxy: 'other.example',
      http_proxy: 'plain.example',
    });
    expect(JSON.stringify(network)).not.toMatch(/user|p@ss|secret/);
  });

  it('a request says whether the repository names its network (D21)', async () => {
    for (const [scope, ofRepository] of [
      ['global', false],
      ['local', true],
    ] as const) {
      for (const key of ['signet.proxy', 'signet.cafile']) {
        const settings = await settingsOf({}, entry(scope, key, '/x'));
        expect(networkOf(settings, {}, '/').ofRepository).toBe(ofRepository);
      }
    }
    // a variable outweighs the repository
    const outside = { SIGNET_PROXY: 'none' };
    const settings = await settingsOf(outside, entry('local', 'signet.proxy', 'http://x.example'));
    expect(networkOf(settings, outside, '/').ofRepository).toBe(false);
  });

  it('HTTP_PROXY of a CGI program is not taken as a proxy (D21)', async () => {
    const env = { HTTP_PROXY: 'http://evil.example', REQUEST_METHOD: 'GET' };
    expect(networkOf(await settingsOf(env), env, '/').variables).toEqual({ SIGNET_TIMEOUT: '30' });
  });
});

describe('a network that travels', () => {
  const fits: RequestNetwork = {
    variables: { SIGNET_PROXY: 'http://proxy.example', SIGNET_TIMEOUT: '30' },
    logins: ['SIGNET_PROXY'],
    ofRepository: true,
  };
  const request = (network: unknown) =>
    readRequest(
      encodeFrame({ op: 'reach', secret: '', network: network as RequestNetwork }).subarray(4),
    );

  it('a network is read as it was sent (D21)', () => {
    expect(request(fits)).toMatchObject({ network: fits });
  });

  it.each([
    ['nothing', undefined],
    ['text', 'http://proxy.example'],
    ['another variable', { ...fits, variables: { LD_PRELOAD: '/tmp/x.so' } }],
    ['another setting', { ...fits, variables: { SIGNET_FULCIO_URL: 'https://x.example' } }],
    ['a number', { ...fits, variables: { SIGNET_TIMEOUT: 30 } }],
    ['a NUL', { ...fits, variables: { SIGNET_CA_FILE: '/a\0b' } }],
    ['a password', { ...fits, variables: { HTTPS_PROXY: 'http://u:p@proxy.example' } }],
    ['too much text', { ...fits, variables: { NO_PROXY: 'x'.repeat(10_000) } }],
    ['a login of something else', { ...fits, logins: ['NO_PROXY'] }],
    ['no origin', { variables: {}, logins: [] }],
    ['a field more', { ...fits, urlOpener: 'sh' }],
  ])('a network with %s is refused (D08 D13 D21)', (_name, network) => {
    expect(isRequestNetwork(network)).toBe(false);
    expect(() => request(network)).toThrow(ProtocolError);
  });

  it('two networks are the same only if all their texts are (D21)', () => {
    const variables = { SIGNET_TIMEOUT: '30', SIGNET_PROXY: 'http://proxy.example' };
    expect(sameNetwork(fits, { ...fits, variables })).toBe(true);
    expect(sameNetwork(fits, { ...fits, logins: [] })).toBe(false);
    expect(sameNetwork(fits, { ...fits, variables: { SIGNET_TIMEOUT: '30' } })).toBe(false);
    expect(sameNetwork(fits, undefined)).toBe(false);
    expect(sameNetwork(undefined, undefined)).toBe(true);
  });
});

describe('the agent’s networks', () => {
  const networks = async (own = '') => {
    const ownSettings = () => settingsOf({}, own);
    return openNetworks({
      ...{ ownSettings, settings: await ownSettings() },
      env: { HOME: '/h', HTTPS_PROXY: 'http://starter.example' },
    });
  };
  const asked = { service: 'the log', method: 'GET', url: 'https://log.example' } as const;
  const proxied: RequestNetwork = {
    variables: { HTTPS_PROXY: 'http://127.0.0.1:9', SIGNET_TIMEOUT: '5' },
    logins: [],
    ofRepository: false,
  };

  it('the agent takes the network from the request, and nothing of it from its own environment (D21)', async () => {
    const { through } = await networks();
    const { env, settings } = await through({
      ...proxied,
      variables: { SIGNET_TIMEOUT: '5' },
    });
    expect(env).toEqual({ HOME: '/h', SIGNET_TIMEOUT: '5' });
    expect(settings.timeout).toBe(5);
    expect((await through(undefined)).env.HTTPS_PROXY).toBe('http://starter.example');
  });

  it('only requests with the same network share connections (D21)', async () => {
    const { through } = await networks();
    const other = { ...proxied, variables: { ...proxied.variables, NO_PROXY: 'x.example' } };
    expect(await through({ ...proxied })).toBe(await through(proxied));
    expect(await through(other)).not.toBe(await through(proxied));
  });

  it('a server that does not answer is reported as out of the agent’s reach (D22)', async () => {
    const { through, everReached } = await networks();
    const { send } = await through(proxied);
    await expect(send(asked)).rejects.toMatchObject({ lack: 'network', exitCode: 3 });
    expect(everReached()).toBe(false);
  });

  it('a slow server is not out of reach once any server has answered (D22)', async () => {
    let hangs = true;
    const server = createServer((_request, response) => {
      if (!hangs) response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const slow = { ...asked, url: `http://127.0.0.1:${port}/`, deadline: 0.2 };
    const { send } = await (await networks()).through(proxied);
    // nothing says that this is not a network that swallows everything
    await expect(send(slow)).rejects.toBeInstanceOf(Unreached);
    hangs = false;
    await send(slow);
    hangs = true;
    const late = await send(slow).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'SERVICE_UNREACHABLE' });
    expect(late).not.toBeInstanceOf(Unreached);
    server.closeAllConnections();
    server.close();
  });

  it('a proxy’s password comes from protected configuration for the same proxy only (D21)', async () => {
    const network = { ...proxied, logins: ['HTTPS_PROXY'] };
    const lacks = { lack: 'password', hint: expect.stringContaining('git config --global') };
    for (const own of ['', entry('global', 'signet.proxy', 'http://u:p@127.0.0.1:10')]) {
      const { send } = await (await networks(own)).through(network);
      await expect(send(asked)).rejects.toMatchObject(lacks);
    }
    const own = entry('global', 'signet.proxy', 'http://u:p@127.0.0.1:9');
    const { send } = await (await networks(own)).through(network);
    await expect(send(asked)).rejects.toMatchObject({ lack: 'network' });
  });
});
