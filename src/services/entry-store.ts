/**
 * Keeps log entries that were looked up, so that the next lookup works offline. The files are not trusted: an entry that
 * is read back is verified like an answer of the log, so a forged file gains nothing. Each certificate has a folder and
 * each entry a file. The modes are 0700 and 0600, and each file is written whole.
 */

import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** The subject of an entry: SHA-256 of the certificate, SHA-256 of the object's name, and the leaf hash. Lower-case hex. */
export interface EntryKey {
  readonly certificate: string;
  readonly digest: string;
  readonly leaf: string;
}

/** Stores the log's answers as they came: `{body, integratedTime, …}`. */
export interface EntryStore {
  /** Returns the entries about this certificate and digest. */
  readonly load: (key: Omit<EntryKey, 'leaf'>) => Promise<readonly unknown[]>;
  /** Returns the digest of every entry that is kept for a certificate, by leaf hash. */
  readonly leaves: (certificate: string) => Promise<ReadonlyMap<string, string>>;
  readonly save: (key: EntryKey, answer: unknown) => Promise<void>;
}

const HEX = /^[0-9a-f]{64}$/;
const FILE = /^([0-9a-f]{64})-([0-9a-f]{64})\.json$/;
const MAX_FILE = 64 * 1024;

/**
 * Opens the store under `directory` (an absolute path), which is made on first use. If a file cannot be read or written,
 * the store behaves as if it were missing. A store that fails costs a request, but changes no verdict.
 */
export function openEntryStore(directory: string): EntryStore {
  const folder = (certificate: string): string =>
    join(directory, HEX.test(certificate) ? certificate : 'none');
  return {
    load: async ({ certificate, digest }) => {
      const names = (await namesIn(folder(certificate))).filter(([about]) => about === digest);
      const found = await Promise.all(
        names.map(([about, leaf]) => readEntry(join(folder(certificate), `${about}-${leaf}.json`))),
      );
      return found.filter((value) => value !== undefined);
    },
    leaves: async (certificate) =>
      new Map((await namesIn(folder(certificate))).map(([about, leaf]) => [leaf, about])),
    save: async ({ certificate, digest, leaf }, answer) => {
      if (![certificate, digest, leaf].every((part) => HEX.test(part))) return;
      await writeEntry(folder(certificate), `${digest}-${leaf}.json`, JSON.stringify(answer)).catch(
        () => undefined,
      );
    },
  };
}

async function namesIn(folder: string): Promise<readonly (readonly [string, string])[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => {
    const [, about, leaf] = FILE.exec(name) ?? [];
    return about === undefined || leaf === undefined ? [] : [[about, leaf] as const];
  });
}

/** Reads a regular file of at most 64 KiB, or undefined for a link, or for a file that is no JSON. */
async function readEntry(path: string): Promise<unknown> {
  try {
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > MAX_FILE) return undefined;
      return JSON.parse(await file.readFile('utf8'));
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

async function writeEntry(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${globalThis.crypto.randomUUID()}`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, name)).catch(async (error: unknown) => {
    await unlink(temporary).catch(() => undefined);
    throw error;
  });
}

/** Creates a store that lives as long as the process. */
export function memoryStore(): EntryStore {
  const kept = new Map<string, Map<string, { digest: string; answer: unknown }>>();
  return {
    load: async ({ certificate, digest }) =>
      [...(kept.get(certificate)?.values() ?? [])]
        .filter((entry) => entry.digest === digest)
        .map(({ answer }) => answer),
    leaves: async (certificate) =>
      new Map([...(kept.get(certificate) ?? [])].map(([leaf, { digest }]) => [leaf, digest])),
    save: async ({ certificate, digest, leaf }, answer) => {
      const under = kept.get(certificate) ?? new Map<string, { digest: string; answer: unknown }>();
      kept.set(certificate, under.set(leaf, { digest, answer }));
    },
  };
}

/** Joins two stores. It reads from both, the first before the second, and writes to both. */
export function layered(first: EntryStore, second: EntryStore): EntryStore {
  return {
    load: async (key) => [...(await first.load(key)), ...(await second.load(key))],
    leaves: async (certificate) =>
      new Map([...(await second.leaves(certificate)), ...(await first.leaves(certificate))]),
    save: async (key, answer) => {
      await first.save(key, answer);
      await second.save(key, answer);
    },
  };
}
