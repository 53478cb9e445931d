/** A log on loopback that knows the recorded entries of the gitsign samples, and nothing else. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ROOT = new URL('../vectors/gitsign/', import.meta.url);

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly request?: string;
  readonly response: string;
}

export interface RecordedRekor {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}

const keyOf = (request: string): string => {
  const { publicKey } = JSON.parse(request) as { publicKey: { content: string } };
  return createHash('sha256').update(publicKey.content).digest('hex');
};

function recordings(): { index: Map<string, Set<string>>; entries: Map<string, unknown> } {
  const index = new Map<string, Set<string>>();
  const entries = new Map<string, unknown>();
  const names = readdirSync(ROOT, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((each) => each.endsWith('.rekor.json'))) {
    const exchanges = JSON.parse(readFileSync(new URL(name, ROOT), 'utf8')) as Exchange[];
    for (const { method, request, response } of exchanges) {
      const answer: unknown = JSON.parse(response);
      if (method === 'POST' && Array.isArray(answer)) {
        const known = index.get(keyOf(request ?? '')) ?? new Set();
        for (const uuid of answer as string[]) known.add(uuid);
        index.set(keyOf(request ?? ''), known);
      } else
        for (const [uuid, entry] of Object.entries(answer as object))
          entries.set(uuid.slice(-64), entry);
    }
  }
  return { index, entries };
}

export async function recordedRekor(): Promise<RecordedRekor> {
  const { index, entries } = recordings();
  const asked: string[] = [];
  const answer = (path: string, body: string): unknown => {
    if (path === '/api/v1/index/retrieve') return [...(index.get(keyOf(body)) ?? [])];
    if (path !== '/api/v1/log/entries/retrieve') return undefined;
    const { entryUUIDs } = JSON.parse(body) as { entryUUIDs: string[] };
    return entryUUIDs.flatMap((uuid) => {
      const entry = entries.get(uuid.slice(-64));
      return entry === undefined ? [] : [{ [uuid]: entry }];
    });
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      asked.push(path);
      const found = answer(path, Buffer.concat(chunks).toString());
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(found ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
