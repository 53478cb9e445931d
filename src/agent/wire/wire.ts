/**
 * A stream to a local socket. Bun's own sockets start some milliseconds sooner than node:net, and git starts this program
 * for each commit. So node:net is loaded on Node only.
 */

import { type BunRuntime, type BunSocket, bunRuntime } from '../../system/bun.ts';

interface WireEvents {
  readonly onData: (chunk: Uint8Array) => void;
  /** `connected`: it failed after it had connected. Comes once, before `onClose`, or not at all. */
  readonly onError: (error: Error & { readonly code?: string }, connected: boolean) => void;
  readonly onClose: () => void;
}

interface Wire {
  /** Sends all bytes, in order. */
  readonly write: (bytes: Uint8Array) => void;
  readonly destroy: () => void;
}

/** Connects to `path`. If that fails, it has called `onError`, and what is written goes nowhere. */
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
        // Bun uses the buffer again when this returns
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
