/** The types of Bun's own functions, which start some milliseconds sooner than Node's. */

import type { HashAlgorithm } from '../core/crypto.ts';

export interface BunHasher {
  update(data: Uint8Array): BunHasher;
  digest(): Uint8Array;
}

export interface BunChild {
  readonly exited: Promise<number>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly kill: () => void;
}

export interface BunSocket {
  /** Returns the number of bytes that were sent. The caller must send the rest. */
  readonly write: (bytes: Uint8Array) => number;
  readonly end: () => void;
}

export interface BunHandlers {
  readonly open: () => void;
  readonly data: (socket: BunSocket, chunk: Uint8Array) => void;
  readonly drain: (socket: BunSocket) => void;
  readonly close: () => void;
  readonly error: (socket: BunSocket, error: Error) => void;
  readonly connectError: (socket: BunSocket, error: Error) => void;
}

/** A file or a descriptor. It is opened by each call. */
export interface BunFile {
  readonly slice: (from: number, to: number) => BunFile;
  readonly bytes: () => Promise<Uint8Array>;
}

export interface BunRuntime {
  /** A path that begins with an address (`s3://`) is not taken for a file. */
  readonly file: (place: string | number) => BunFile;
  /** Returns the number of bytes, and empties a file for no bytes at all. */
  readonly write: (file: BunFile, bytes: Uint8Array) => Promise<number>;
  readonly CryptoHasher: new (algorithm: HashAlgorithm) => BunHasher;
  readonly which: (name: string, options: { readonly PATH: string }) => string | null;
  readonly spawn: (command: readonly string[], options: object) => BunChild;
  readonly readableStreamToArrayBuffer: (stream: ReadableStream) => Promise<ArrayBuffer>;
  readonly connect: (options: {
    readonly unix: string;
    readonly socket: BunHandlers;
  }) => Promise<BunSocket>;
  readonly unsafe?: { readonly setJITPolicy?: (scale: number) => void };
  readonly gc: (now: boolean) => void;
  /** The files inside the executable. */
  readonly embeddedFiles?: readonly (Blob & { readonly name: string })[];
}

/** Returns Bun's functions, or undefined on Node. */
export function bunRuntime(): BunRuntime | undefined {
  return (globalThis as { readonly Bun?: BunRuntime }).Bun;
}
