/** Entries of Rekor v1 by position, as the sandbox gives them and as a log with large entries does. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import { createHttpClient, type HttpClient } from '../../src/http/http.ts';
import type { HttpSend } from '../../src/http/message.ts';
import { openRekorV1 } from '../../src/services/log-v1.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT } from '../support/signing.ts';

const sandbox = useSandbox();
let client: HttpClient;
beforeEach(() => {
  client = createHttpClient();
});
afterEach(() => client.close());

const askedFor = (body: unknown): readonly number[] =>
  (JSON.parse(String(body ?? '{}')) as { logIndexes?: readonly number[] }).logIndexes ?? [];

describe('a reader of Rekor v1', () => {
  it('asks for single entries if ten are too long for one answer, and stops at one that is', async () => {
    const { rekor } = sandbox().parts;
    while (rekor.tree.size < 12) await sandbox().issueSignature(COMMIT);
    let largest = 9;
    const send: HttpSend = (request) => {
      const asked = askedFor(request.body);
      if (asked.length > largest) throw new ServiceError('SERVICE_ANSWER', 'too long');
      return client.send(request);
    };
    const [reader] = await openRekorV1(sandbox().urls.rekor, send);
    const read = async (): Promise<readonly string[]> => {
      const bodies: string[] = [];
      for await (const { leaves } of reader?.batches(0, 12) ?? [])
        bodies.push(...leaves.map((leaf) => Buffer.from(leaf.subarray(1)).toString()));
      return bodies;
    };
    const stored = Array.from({ length: 12 }, (_, index) => String(rekor.byIndex(index)?.body));
    expect(await read()).toEqual(stored);
    largest = 0;
    await expect(read()).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
  });
});
