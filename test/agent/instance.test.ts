import { describe, expect, it } from 'vitest';
import { agentEnvironment } from '../../src/agent/client/start.ts';
import { INSTANCE_SETTINGS, instanceEnvironment, instanceOf } from '../../src/agent/instance.ts';
import { agentAddress } from '../../src/agent/socket-path.ts';
import { isOfNetwork } from '../../src/agent/wire/request-network.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { SETTINGS, variableOf } from '../../src/settings/table.ts';
import { loadCrypto } from '../../src/system/crypto-port.ts';

const crypto = await loadCrypto();
const settingsOf = (env: Record<string, string>, cwd = '/') =>
  loadSettings({ env, cwd, gitConfig: '' });

/** A value that each setting takes. */
function other(name: (typeof INSTANCE_SETTINGS)[number]): string {
  const { kind } = SETTINGS[name];
  if (typeof kind !== 'string') return String(kind.at(-1));
  return kind === 'url' || kind === 'issuer' ? 'https://other.example' : '/other';
}

describe('an instance', () => {
  it.each(INSTANCE_SETTINGS)('another %s makes another instance (D10)', async (name) => {
    const plain = instanceOf(await settingsOf({}), '/', crypto);
    const changed = instanceOf(await settingsOf({ [variableOf(name)]: other(name) }), '/', crypto);
    const silent = SETTINGS[name].kind === 'boolean' && changed.values[name] === plain.values[name];
    expect(silent || changed.digest !== plain.digest).toBe(true);
    // an agent that is started for it finds the same, whatever files say
    const again = await settingsOf(instanceEnvironment(changed), '/elsewhere');
    expect(instanceOf(again, '/elsewhere', crypto).digest).toBe(changed.digest);
  });

  it('the instance is the same for another identity, and in another directory if no path is relative (D10)', async () => {
    const one = await settingsOf({ SIGNET_TRUST: '/t.json', SIGNET_IDENTITY: 'a@x.test' });
    const two = await settingsOf({ SIGNET_TRUST: '/t.json', SIGNET_IDENTITY: 'b@x.test' });
    expect(instanceOf(one, '/a', crypto).digest).toBe(instanceOf(two, '/b', crypto).digest);
    const relative = await settingsOf({ SIGNET_TRUST: 't.json' });
    expect(instanceOf(relative, '/a', crypto).digest).not.toBe(
      instanceOf(relative, '/b', crypto).digest,
    );
  });
});

describe('the environment of an agent that a signature starts', () => {
  it('an agent inherits servers and places, and no token, command, repository setting or network (D08 D12 D21 O10)', async () => {
    const env = {
      HOME: '/home/a',
      PATH: '/bin',
      XDG_RUNTIME_DIR: '/run/user/7',
      HTTPS_PROXY: 'http://proxy.example',
      SIGSTORE_ID_TOKEN: 'token',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'token',
      CI_JOB_TOKEN: 'token',
      GITHUB_TOKEN: 'token',
      GIT_DIR: '/repository/.git',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'signet.forwardConfirm',
      GIT_CONFIG_VALUE_0: '/tmp/evil',
      GIT_CONFIG_PARAMETERS: "'http.extraheader=token'",
      LISTEN_FDS: '1',
      LD_PRELOAD: '/tmp/evil.so',
      NODE_OPTIONS: '--require /tmp/evil.js',
      SIGNET_URL_OPENER: '/tmp/evil',
      SIGNET_FORWARD_RATE: '7',
      // the caller's own values: its network, and how long the agent shall live
      https_proxy: 'http://evil.example',
      ALL_PROXY: 'http://evil.example',
      NO_PROXY: 'evil.example',
      SSL_CERT_FILE: '/tmp/evil.pem',
      SSL_CERT_DIR: '/tmp/evil',
      NODE_EXTRA_CA_CERTS: '/tmp/evil.pem',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      SIGNET_PROXY: 'http://evil.example',
      SIGNET_CA_FILE: '/tmp/evil.pem',
      SIGNET_TIMEOUT: '66666',
      SIGNET_AGENT_IDLE: '66666',
      SIGNET_LOGIN_TIMEOUT: '66666',
      SIGNET_KEYRING: 'yes',
    };
    const settings = await settingsOf({
      SIGNET_FULCIO_URL: 'https://ca.example',
      SIGNET_URL_OPENER: '/tmp/evil',
      SIGNET_FORWARD_CONFIRM: '/tmp/evil',
      SIGNET_PROXY: 'http://user:token@proxy.example',
    });
    const instance = instanceOf(settings, '/', crypto);
    const kept = agentEnvironment({
      address: agentAddress('/run/user/7/git-signet', instance.digest),
      env,
      instance,
    });
    expect(kept).toMatchObject({
      HOME: '/home/a',
      PATH: '/bin',
      XDG_RUNTIME_DIR: '/run/user/7',
      SIGNET_FULCIO_URL: 'https://ca.example',
      SIGNET_AGENT_DIRECTORY: '/run/user/7/git-signet',
    });
    expect(JSON.stringify(kept)).not.toMatch(
      /token"|token@|evil|66666|KEYRING|TLS_REJECT|repository|LISTEN_FDS/,
    );
    expect(Object.keys(kept).filter(isOfNetwork)).toEqual([]);
  });

  it('what the agent shares between repositories comes from none of them (P21)', async () => {
    const local = (key: string, value: string): string =>
      `local\0file:.git/config\0${key}\n${value}\0`;
    const gitConfig = [
      local('signet.keyring', 'true'),
      local('signet.agentidle', '7'),
      local('signet.logintimeout', '7'),
    ].join('');
    const settings = await loadSettings({ env: {}, cwd: '/', gitConfig, caller: 'sign' });
    const instance = instanceOf(settings, '/', crypto);
    const address = agentAddress('/run/user/7/git-signet', instance.digest);
    expect(settings).toMatchObject({ keyring: false, agentIdle: 28_800, loginTimeout: 120 });
    // the agent reads them itself, where no repository has a say
    const kept = agentEnvironment({ address, env: {}, instance });
    expect(Object.keys(kept).filter((name) => /KEYRING|IDLE|TIMEOUT/.test(name))).toEqual([]);
  });
});
