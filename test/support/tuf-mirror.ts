/** A trust mirror for a test: a repository of the vectors' trusted root, served, and a client's folder and settings for it. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHttpClient } from '../../src/http/http.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { loadTrust } from '../../src/trust/load.ts';
import { type Refreshed, refreshTrust } from '../../src/trust/mirror-refresh.ts';
import { type MirrorSource, mirrorSetting, mirrorSource } from '../../src/trust/source.ts';
import { statePath } from '../../src/trust/state-file.ts';
import { makeTufRepository, type TufOptions, type TufRepository } from './tuf-repository.ts';

const vectors = fileURLToPath(new URL('../vectors/gitsign/trust/', import.meta.url));

/** The vectors' trusted root and signing configuration, as targets. */
export const VECTOR_TARGETS = {
  'trusted_root.json': readFileSync(join(vectors, 'trusted_root.json'), 'utf8'),
  'signing_config.v0.2.json': readFileSync(join(vectors, 'signing_config.json'), 'utf8'),
};

/** The same trusted root, in other bytes. */
export const otherRoot = (note: string): string =>
  JSON.stringify({ ...JSON.parse(VECTOR_TARGETS['trusted_root.json']), note });

export interface TestMirror {
  readonly repository: TufRepository;
  readonly url: string;
  readonly requests: string[];
  /** The setting's value: address and pinned root. */
  readonly setting: string;
  /** Replaces what is served by a copy, to put back later. */
  readonly keep: () => ReadonlyMap<string, Buffer>;
  readonly restore: (files: ReadonlyMap<string, Buffer>) => void;
  readonly client: (trustCache: string) => MirrorClient;
  readonly close: () => Promise<void>;
}

export interface MirrorClient {
  readonly source: MirrorSource;
  readonly state: string;
  readonly refresh: () => Promise<Refreshed>;
  /** Digest of the trust root in force. */
  readonly load: () => Promise<string>;
}

const now = (): number => Math.floor(Date.now() / 1000);

function clientOf(setting: string, trustCache: string, timeout = 10): MirrorClient {
  const source = mirrorSource(setting, { trustCache }, nodeCrypto);
  return {
    source,
    state: statePath(source.directory ?? ''),
    refresh: async () => {
      const http = createHttpClient({ timeout });
      try {
        return await refreshTrust(source, { send: http.send, crypto: nodeCrypto, now });
      } finally {
        http.close();
      }
    },
    load: async () =>
      (await loadTrust({ trust: setting, trustCache, ctLog: 'required' }, nodeCrypto)).digest,
  };
}

/** A client that comes by way of `through`, which stands before the mirror. */
export function clientThrough(
  { setting, url }: Pick<TestMirror, 'setting' | 'url'>,
  through: string,
  trustCache: string,
  timeout: number,
): MirrorClient {
  return clientOf(setting.replace(url, through), trustCache, timeout);
}

/** Makes, publishes and serves. */
export async function testMirror(options: Partial<TufOptions> = {}): Promise<TestMirror> {
  const repository = makeTufRepository({ targets: VECTOR_TARGETS, ...options });
  const server = await repository.serve();
  const digest = createHash('sha256').update(repository.root(1)).digest('hex');
  const setting = mirrorSetting(server.url, 1, digest);
  return {
    ...{ repository, setting, url: server.url, requests: server.requests, close: server.close },
    keep: () => new Map(repository.files),
    restore: (files) => {
      repository.files.clear();
      for (const [path, bytes] of files) repository.files.set(path, bytes);
    },
    client: (trustCache) => clientOf(setting, trustCache),
  };
}
