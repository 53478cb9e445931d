/**
 * A stream to a local socket. On Bun its own sockets are used, which start some milliseconds sooner than node:net: git
 * starts this program once a commit. node:net, where it is used, is loaded then.
 */

import { type BunRuntime, type BunSocket, bunRuntime } from '../../system/bun.ts';

export interface WireEvents {
  readonly onData: (chunk: Uint8Array) => void;
  /** `connected`: it failed afterwards. Comes once, before `onClose`, or not at all. */
  readonly onError: (error: Error & { readonly code?: string }, connected: boolean) => void;
  readonly onClose: () => void;
}

export interface Wire {
  /** Everything, in order. */
  readonly write: (bytes: Uint8Array) => void;
  readonly destroy: () => void;
}

/** Connects to `path`. Where that fails, `onError` has been called, and nothing that is written goes anywhere. */
export async function openWire(path: string, events: WireEvents): Promise<Wire> {
  const bun = bunRuntime();
  const onWindows = process.platform === 'win32';
  return bun === undefined || onWindows ? openNode(path, events) : openBun(bun, path, events);
}

async function openNode(path: string, events: WireEvents): Promise<Wire> {
  const { connect } = await import('node:net');
  const socket = connect(path);
  let connected = false;
  socket.on('data', events.onData);
  socket.on('error', (error) => events.onError(error, connected));
  socket.on('close', events.onClose);
  await new Promise<void>((resolve) => {
    socket.once('connect', () => {
      connected = true;
      resolve();
    });
    socket.once('close', () => resolve());
  });
  return { write: (bytes) => void socket.write(bytes), destroy: () => void socket.destroy() };
}

async function openBun(bun: BunRuntime, path: string, events: WireEvents): Promise<Wire> {
  const unsent: Uint8Array[] = [];
  const flush = (socket: BunSocket): void => {
    for (let next = unsent.shift(); next !== undefined; next = unsent.shift()) {
      const sent = Math.max(0, socket.write(next));
      if (sent === next.length) continue;
      unsent.unshift(next.subarray(sent));
      return;
    }
  };
  let told = false;
  const failed = (error: Error, connected: boolean): void => {
    if (!told) events.onError(error, connected);
    told = true;
  };
  try {
    const socket = await bun.connect({
      unix: path,
      socket: {
        open: () => undefined,
        // the buffer is Bun's again when this returns
        data: (_socket, chunk) => events.onData(new Uint8Array(chunk)),
        drain: flush,
        close: events.onClose,
        error: (_socket, error) => failed(error, true),
        connectError: (_socket, error) => failed(error, false),
      },
    });
    return {
      write: (bytes) => {
        unsent.push(bytes);
        if (unsent.length === 1) flush(socket);
      },
      destroy: () => socket.end(),
    };
  } catch (error) {
    failed(error instanceof Error ? error : new Error(String(error)), false);
    return { write: () => undefined, destroy: () => undefined };
  }
}
