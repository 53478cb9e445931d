/**
 * Real git while a service is in trouble: no commit on a failure, a commit where the trouble passes, and a verdict
 * that an outage never turns into a forgery's. And real git in a company: a proxy with a login, an authority of its own.
 */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Ran, runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { startPrivateNetwork } from '../support/private-network.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const repository = scratchRepository('outages');
const proxies: FaultProxy[] = [];
let env: Record<string, string> = {};

beforeAll(async () => {
  env = { ...sandbox().env, SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
  repository.must('commit', '-q', '--allow-empty', '-m', 'unsigned');
});
afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.close();
});

const commit = (more: Record<string, string>): Promise<Ran> => {
  const args = ['commit', '-q', '--allow-empty', '-S', '-m', 'subject'];
  return repository.gitMeanwhile({ env: { ...env, ...more } }, ...args);
};
const head = (): string => repository.must('rev-parse', 'HEAD');

const SERVICES = {
  fulcio: 'SIGNET_FULCIO_URL',
  rekor: 'SIGNET_REKOR_URL',
  rekorV2: 'SIGNET_REKOR_URL',
  tsa: 'SIGNET_TIMESTAMP_URL',
} as const;
type Service = keyof typeof SERVICES;

async function broken(service: Service, fault: Fault): Promise<Record<string, string>> {
  const proxy = await startFaultProxy({ target: sandbox().urls[service], fault });
  proxies.push(proxy);
  const version = service === 'rekorV2' ? { SIGNET_REKOR_VERSION: '2' } : {};
  return { [SERVICES[service]]: proxy.url, ...version };
}

describe('git commit', () => {
  it.each<[Service, Fault, string, RegExp]>([
    [
      'fulcio',
      '500 always',
      '20',
      /the certificate authority refused with status 500 \(HOST, tried 3 times\)/,
    ],
    [
      'rekor',
      'hang',
      // a loaded machine needs more than one second for three attempts
      '4',
      /the log did not answer in 4 s \(HOST, POST \/api\/v1\/log\/entries, tried 3 times\)/,
    ],
    [
      'rekorV2',
      'redirect',
      '20',
      /the log redirects from HOST to 127\.0\.0\.1:9, and redirects are not followed/,
    ],
    [
      'tsa',
      'wrong body',
      '20',
      /the timestamp authority \(HOST\) gave a token that cannot be used/,
    ],
  ])('%s, %s: nothing is written (I06 R14 R15)', async (service, fault, timeout, says) => {
    const before = head();
    const more = { ...(await broken(service, fault)), SIGNET_TIMEOUT: timeout };
    expect((await commit(more)).exit).not.toBe(0);
    expect(head()).toBe(before);
    // git 2.39 keeps to itself what its program says
    const direct = await runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'x'], {
      cwd: repository.path,
      env: { ...repository.env, ...env, ...more },
      input: Buffer.from(`tree ${'0'.repeat(40)}\nauthor a\ncommitter a\n\nx\n`),
    });
    expect(direct.out).toBe('');
    expect(direct.err).not.toContain('SIG_CREATED');
    expect(direct.err).toMatch(new RegExp(says.source.replace('HOST', proxies[0]!.host)));
    expect(direct.err).toMatch(/nothing is lost|signet\.\w+|configure the address/);
    expect(direct.exit).toBe(service === 'tsa' ? 1 : 3);
  });

  it.each<[Service, Fault]>([
    ['fulcio', 'reset once'],
    ['rekor', 'reset once'],
    ['rekorV2', 'reset once'],
    ['tsa', '500 once'],
  ])('%s, %s: signed after all, and verified (R14)', async (service, fault) => {
    const made = await commit(await broken(service, fault));
    expect(made.exit, made.err).toBe(0);
    const ran = await repository.gitMeanwhile({ env: sandbox().env }, 'verify-commit', 'HEAD');
    expect(ran.exit, ran.err).toBe(0);
  });
});

describe('git verify-commit', () => {
  const graded = async (more: Record<string, string>): Promise<readonly string[]> => {
    const verified = await repository.gitMeanwhile(
      { env: { ...sandbox().env, ...more } },
      ...['log', '-1', '--format=%G?'],
    );
    const asked = await repository.gitMeanwhile(
      { env: { ...sandbox().env, ...more } },
      ...['verify-commit', 'HEAD'],
    );
    return [verified.out.trim(), String(asked.exit === 0), asked.err];
  };

  it('calls an outage of the log an outage: E, undecided, never B', async () => {
    expect((await commit({ SIGNET_REKOR_MODE: 'online' })).exit).toBe(0);
    for (const fault of ['refuse', 'wrong body'] as const) {
      const [grade, good, says] = await graded({
        ...(await broken('rekor', fault)),
        SIGNET_TIMEOUT: '1',
      });
      expect([grade, good]).toEqual(['E', 'false']);
      expect(says).toMatch(
        /^git-signet: cannot check: not in the signature, and the log could not be reached \(the log/,
      );
      expect(says).toContain(proxies.at(-1)!.host);
    }
    expect((await graded({})).slice(0, 2)).toEqual(['U', 'true']);
  });
});

it('signing works through a company proxy that needs a login and resolves all names', async () => {
  const port = (url: string): number => Number(new URL(url).port);
  const { fulcio, rekor, rekorV2, tsa } = sandbox().urls;
  const network = await startPrivateNetwork(repository.home, {
    'fulcio.example.test': port(fulcio),
    'rekor.example.test': port(rekor),
    'rekor2.example.test': port(rekorV2),
    'tsa.example.test': port(tsa),
  });
  const company = {
    SIGNET_FULCIO_URL: 'https://fulcio.example.test',
    SIGNET_REKOR_URL: 'https://rekor.example.test',
    SIGNET_TIMESTAMP_URL: 'https://tsa.example.test/api/v1/timestamp',
    SIGNET_CA_FILE: network.caFile,
    HTTPS_PROXY: network.proxyWithLogin,
    NO_PROXY: 'localhost,127.0.0.1',
  };
  try {
    for (const more of [
      { SIGNET_REKOR_MODE: 'online' },
      { SIGNET_REKOR_URL: 'https://rekor2.example.test', SIGNET_REKOR_VERSION: '2' },
    ]) {
      const made = await commit({ ...company, ...more });
      expect(made.exit, made.err).toBe(0);
      const checked = { env: { ...sandbox().env, ...company } };
      const ran = await repository.gitMeanwhile(checked, 'verify-commit', 'HEAD');
      expect(ran.exit, ran.err).toBe(0);
    }
    const asked = [...new Set(network.connects)].toSorted();
    expect(asked).toEqual([
      'fulcio.example.test:443',
      'rekor.example.test:443',
      'rekor2.example.test:443',
      'tsa.example.test:443',
    ]);
    // without the authority there is no signature, and the message says what to do
    const before = head();
    expect((await commit({ ...company, SIGNET_CA_FILE: '' })).exit).not.toBe(0);
    expect(head()).toBe(before);
  } finally {
    network.close();
  }
});
