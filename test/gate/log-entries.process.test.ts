import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logLookupOf } from '../../src/core/log-lookup.ts';
import { openLogAccess } from '../../src/gate/log-entries.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { vector } from '../support/gitsign-vectors.ts';
import { type RecordedRekor, recordedRekor } from '../support/recorded-rekor.ts';
import { signet, verdictsOf } from '../support/verify-scenario.ts';

const root = fileURLToPath(new URL('../vectors/gitsign/trust/trusted_root.json', import.meta.url));
const NOW = Date.parse('2027-11-21T00:00:00Z') / 1000;

describe('openLogAccess', () => {
  const online = vector('online/01-plain.commit');
  let repository: ScratchRepository;
  let rekor: RecordedRekor;
  beforeAll(async () => {
    repository = scratchRepository('entries');
    repository.write('commit', online.raw);
    rekor = await recordedRekor();
  });
  afterAll(() => rekor.close());

  const verdict = async (...flags: string[]): Promise<string | undefined> => {
    const args = ['verify', '--format', 'jsonl', '--unsafe-any-identity', '--trusted-root', root];
    const answered = await signet(repository, [...args, ...flags, online.id], { now: NOW });
    return verdictsOf(answered).get(online.id);
  };
  const kept = (): readonly string[] => {
    const folder = join(repository.home, 'git-signet/entries');
    mkdirSync(folder, { recursive: true });
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    return files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  };

  it('a found log entry is kept, and the log is asked again if the kept entry is damaged', async () => {
    expect(await verdict('--rekor-url', rekor.url)).toBe('verified');
    expect(kept().length).toBeGreaterThan(0);
    for (const path of kept()) writeFileSync(path, '{"damaged":');
    expect(await verdict('--rekor-url', rekor.url)).toBe('verified');
  });

  it('a run waits only once for a log that does not answer', async () => {
    const names = ['01-plain', '02-utf8-multiline', '03-bob', '04-no-final-newline', '05-merge'];
    const more = [...names, '06-latin1-encoding-header'];
    const others = more.map((name) => vector(`online/${name}.commit`));
    for (const { raw } of others) repository.write('commit', raw);
    const proxy = await startFaultProxy({ target: rekor.url, fault: 'hang' });
    const input = others.map(({ id }) => `${id}\n`).join('');
    const args = ['verify', '--stdin', '--format', 'jsonl', '--unsafe-any-identity'];
    const answered = await signet(
      repository,
      [...args, '--trusted-root', root, '--rekor-url', proxy.url],
      {
        now: NOW,
        input,
        env: { SIGNET_TIMEOUT: '1', XDG_CACHE_HOME: join(repository.home, 'no') },
      },
    );
    proxy.close();
    const verdicts = [...verdictsOf(answered).values()];
    expect(verdicts).toEqual(new Array(6).fill('undecided log-unreachable'));
    // four at once, three attempts each; then no request follows
    expect(proxy.asked()).toBeLessThanOrEqual(12);
  });

  it('the next processes do not ask a log that did not answer the last one', async () => {
    const proxy = await startFaultProxy({ target: rekor.url, fault: 'hang' });
    const lookup = logLookupOf(online.payload, online.signature, nodeCrypto)!;
    const env = {
      HOME: join(repository.home, 'silent'),
      SIGNET_TIMEOUT: '1',
      SIGNET_REKOR_URL: proxy.url,
    };
    const settings = await loadSettings({ env, cwd: repository.path, gitConfig: '' });
    const absent = {
      status: 'undecided',
      check: 'log',
      code: 'log-entry-absent',
      detail: '',
    } as const;
    const asked = async (later: number): Promise<string> => {
      const now = (): number => Math.floor(Date.now() / 1000) + later;
      const access = openLogAccess({ settings, crypto: nodeCrypto, env, now, oneOfMany: true });
      const verdict = await access.judge(lookup, async () => absent);
      access.close();
      return 'detail' in verdict ? verdict.detail : '';
    };
    expect(await asked(0)).toMatch(/did not answer in 1 s/);
    const before = proxy.asked();
    expect(await asked(0)).toMatch(/did not answer \d+ s ago \(127\.0\.0\.1:\d+\)/);
    expect(proxy.asked()).toBe(before);
    expect(await asked(30)).toMatch(/did not answer in 1 s/);
    proxy.close();
  });

  it('a kept entry about another object is asked for again, and is no forgery offline (R02)', async () => {
    const other = vector('online/02-utf8-multiline.commit');
    repository.write('commit', other.raw);
    const args = ['verify', '--format', 'jsonl', '--unsafe-any-identity', '--trusted-root', root];
    const before = kept();
    await signet(repository, [...args, '--rekor-url', rekor.url, other.id], { now: NOW });
    const fresh = kept().filter((path) => !before.includes(path));
    expect(fresh.length).toBeGreaterThan(0);
    for (const path of before) writeFileSync(path, readFileSync(fresh[0]!));
    expect(await verdict('--offline')).toBe('undecided log-entry-absent');
    expect(await verdict('--rekor-url', rekor.url)).toBe('verified');
  });
});
