/**
 * The worker thread of `verify`. It is an entry of its own in every built form, and pool.ts starts it. It gets the
 * settings once, then answers batches in their order and gives each batch's bytes back.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { nodeCrypto } from '../system/crypto.ts';
import { collectGarbage, compileEagerly } from '../system/runtime.ts';
import {
  type Batch,
  createBatchJudge,
  type JudgedItem,
  type JudgeSettings,
  LARGE_BATCH,
} from './judge.ts';

/** The answer of a worker: judged items, or an error. An error is a bug, because refusals are verdicts. */
export type WorkerAnswer =
  | { readonly judged: readonly JudgedItem[]; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly error: string };

/** Batches between two garbage collections. They leave a few MB of garbage. */
const COLLECT_EVERY = 4;

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error('range-worker is not a program: it is started by verify');
  compileEagerly();
  const judge = createBatchJudge(workerData as JudgeSettings, nodeCrypto);
  let answered = 0;
  let last: Promise<void> = Promise.resolve();
  const answer = async (batch: Batch): Promise<void> => {
    try {
      const judged = await judge(batch);
      const { bytes } = batch;
      const { length } = bytes;
      port.postMessage({ judged, bytes } satisfies WorkerAnswer, [bytes.buffer]);
      answered += 1;
      if (answered % COLLECT_EVERY === 0 || length > LARGE_BATCH) collectGarbage();
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      port.postMessage({ error: text } satisfies WorkerAnswer);
    }
  };
  port.on('message', (batch: Batch | undefined) => {
    if (batch === undefined) port.close();
    else last = last.then(() => answer(batch));
  });
}

serve();
