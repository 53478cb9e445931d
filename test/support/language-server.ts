/** What yaml-language-server says of a file: the Language Server Protocol over stdin and stdout, with no network. */

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly uri?: string; readonly diagnostics?: readonly Diagnostic[] };
}

/** In a network namespace that has no route, where this user may make one. */
const offline = spawnSync('unshare', ['-n', 'true']).status === 0 ? ['unshare', '-n', '--'] : [];

/** Takes whole messages from the front of what came: a header with the length in bytes, then JSON. */
function split(came: Buffer): { readonly messages: readonly Message[]; readonly rest: Buffer } {
  const messages: Message[] = [];
  let rest = came;
  for (;;) {
    const head = /^Content-Length: (\d+)\r\n(?:.+\r\n)*\r\n/.exec(rest.toString('latin1'));
    if (head === null) return { messages, rest };
    const end = head[0].length + Number(head[1]);
    if (rest.length < end) return { messages, rest };
    messages.push(JSON.parse(rest.subarray(head[0].length, end).toString('utf8')));
    rest = rest.subarray(end);
  }
}

/** The first diagnostics that the server publishes for the file. */
export function diagnose(server: string, file: string): Promise<readonly Diagnostic[]> {
  const uri = pathToFileURL(file).href;
  const [program = '', ...args] = [...offline, process.execPath, server, '--stdio'];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const send = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  const open = { uri, languageId: 'yaml', version: 1, text: readFileSync(file, 'utf8') };
  send({
    id: 1,
    method: 'initialize',
    params: { processId: null, rootUri: null, capabilities: {} },
  });
  return new Promise((resolve, reject) => {
    let came: Buffer = Buffer.alloc(0);
    child.once('error', reject);
    child.once('close', () => reject(new Error('the language server ended without an answer')));
    child.stdout.on('data', (chunk: Buffer) => {
      const { messages, rest } = split(Buffer.concat([came, chunk]));
      came = rest;
      for (const { id, method, params } of messages) {
        if (id === 1) {
          send({ method: 'initialized', params: {} });
          send({ method: 'textDocument/didOpen', params: { textDocument: open } });
        } else if (id !== undefined && method !== undefined) {
          send({ id, result: null });
        } else if (method === 'textDocument/publishDiagnostics' && params?.uri === uri) {
          resolve(params.diagnostics ?? []);
          child.kill();
        }
      }
    });
  });
}
