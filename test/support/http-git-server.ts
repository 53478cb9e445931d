/** `git http-backend` behind a loopback server: what a forge's smart HTTP is, without a forge. */

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGunzip } from 'node:zlib';

export interface GitServer {
  /** Address of the directory that holds the bare repositories. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves every repository below `root`, pushes included, to every process on this machine. */
export async function serveGit(
  root: string,
  env: Readonly<Record<string, string>>,
): Promise<GitServer> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const child = spawn('git', ['http-backend'], {
      env: {
        ...env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        REMOTE_ADDR: '127.0.0.1',
        REMOTE_USER: 'tester',
        REQUEST_METHOD: request.method ?? 'GET',
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const body =
      request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
    child.stdin.on('error', () => undefined);
    body.pipe(child.stdin);
    let head = Buffer.alloc(0);
    let begun = false;
    child.stdout.on('data', (chunk: Buffer) => {
      if (begun) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      begun = true;
      const lines = head.subarray(0, end).toString('latin1').split('\r\n');
      const fields = lines
        .map((line) => /^([^:]+):\s*(.*)$/.exec(line))
        .filter((match) => match !== null);
      const status = fields.find((field) => field[1]?.toLowerCase() === 'status')?.[2] ?? '200';
      response.statusCode = Number.parseInt(status, 10);
      for (const [, name = '', value = ''] of fields) {
        if (name.toLowerCase() !== 'status') response.setHeader(name, value);
      }
      response.write(head.subarray(end + 4));
    });
    child.on('close', () => response.end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
