/**
 * Asks one resident git-signet about many commits. Run it inside a repository:
 *
 *   GIT_SIGNET=git-signet node examples/serve-client.ts POLICY HASH...
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

interface Answer {
  readonly id: string;
  readonly result?: { readonly status: string; readonly signer?: { readonly value: string } };
  readonly error?: { readonly code: string; readonly detail: string };
}

const [policy = '', ...hashes] = process.argv.slice(2);
const args = ['serve', '--stdio', '--policy', `main=${policy}`];
const server = spawn(process.env['GIT_SIGNET'] ?? 'git-signet', args, {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const greeting = await lines.next();
if (greeting.done === true) throw new Error('git-signet did not start');
const { protocol } = JSON.parse(greeting.value) as { readonly protocol: number };
if (protocol !== 1) throw new Error(`protocol ${protocol} is not known here`);

// answers are read while questions are written, or a full pipe would stop both
for (const hash of hashes) {
  server.stdin.write(`${JSON.stringify({ id: hash, object: hash, policy: 'main' })}\n`);
}
server.stdin.end();
let good = true;
for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const { id, result, error } = JSON.parse(line) as Answer;
  // anything but `verified` is a refusal, also an error
  good &&= result?.status === 'verified';
  const said = error === undefined ? result?.status : `error ${error.code}`;
  process.stdout.write(`${id} ${said} ${result?.signer?.value ?? ''}\n`);
}
process.exitCode = good ? 0 : 1;
