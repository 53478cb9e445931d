/**
 * One update of a trust mirror, as the program makes it, for tests that are written in Python:
 *   tuf-client.ts DIRECTORY ADDRESS ROOT NOW
 * DIRECTORY keeps what is known, ROOT is a file with the root metadata to start from, NOW is the clock in Unix seconds.
 * Prints what is kept after it, and why it failed where it did: {"refused": "…"} for what the mirror served, {"broken": "…"}
 * for everything else.
 */

import { isSignetError } from '../../src/errors.ts';
import { createHttpClient } from '../../src/http/http.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { refreshTrust } from '../../src/trust/mirror-refresh.ts';
import type { MirrorSource } from '../../src/trust/source.ts';
import { readRoots, readState } from '../../src/trust/state-file.ts';

const [directory = '', url = '', path = '', clock = ''] = process.argv.slice(2);
const now = Number(clock);

/** The clock of the tests, also for the library that compares dates by itself. */
const shift = now * 1000 - Date.now();
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given: ConstructorParameters<DateConstructor> | []) {
    super(...((given.length === 0 ? [RealDate.now() + shift] : given) as [number]));
  }
  static override now(): number {
    return RealDate.now() + shift;
  }
} as DateConstructor;

const source: MirrorSource = {
  ...{ kind: 'mirror', url, name: 'of the tests', directory },
  anchor: { kind: 'file', path },
};

/** What is kept: the newest root, also where a later step failed, and the rest of the last whole state. */
async function kept(): Promise<Record<string, string>> {
  const state = await readState(source);
  const roots = await readRoots(source);
  const root = (roots.length > (state?.roots.length ?? 0) ? roots : state?.roots)?.at(-1);
  const { timestamp, snapshot, targets } = state ?? {};
  return JSON.parse(JSON.stringify({ root, timestamp, snapshot, targets }));
}

async function attempt(): Promise<Record<string, string>> {
  const { send, close } = createHttpClient({ timeout: 20 });
  try {
    await refreshTrust(source, { send, crypto: nodeCrypto, now: () => now });
    return {};
  } catch (error) {
    const refused = isSignetError(error) && error.code === 'TRUST_ANSWER';
    return { [refused ? 'refused' : 'broken']: String(error) };
  } finally {
    close();
  }
}

const outcome = await attempt();
process.stdout.write(`${JSON.stringify({ ...outcome, kept: await kept() })}\n`);
