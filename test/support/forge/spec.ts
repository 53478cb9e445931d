/** What a test may change, and the constants of the forge's world. */

import { utf8 } from '../../../src/core/bytes.ts';
import type { TransparencyLogEntry } from '../../../src/core/rekor/log-entry.ts';
import type { SignedDataSpec } from './cms.ts';
import type { LoggedRecord, NoteSpec, PromiseSpec } from './log.ts';
import type { SctSpec } from './sct.ts';
import type { TokenSpec } from './tsa.ts';
import type { CertificateSpec, ExtensionSpec } from './x509.ts';

/** The second at which the forge's log takes entries in. */
export const T0 = 1_800_000_000;
export const YEAR = 365 * 86_400;
export const ISSUER = 'https://accounts.forge.test';
export const PAYLOAD = utf8(
  'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@forge.test> 1 +0000\ncommitter A <a@forge.test> 1 +0000\n\nforged\n',
);
export const ORIGIN = { v1: 'rekor.forge.test', v2: 'log2027.forge.test' } as const;

type Change<T> = (base: T) => T;
/** trusted_root.json, loosely: tests break it at will. */
// biome-ignore lint/suspicious/noExplicitAny: JSON under test
export type Json = any;

interface Changes {
  readonly payload: Uint8Array;
  /** What the signed attributes' digest is of; the payload unless said. */
  readonly signedPayload: Uint8Array;
  readonly root: Change<CertificateSpec>;
  readonly intermediate: Change<CertificateSpec>;
  readonly leaf: Change<CertificateSpec>;
  /** Of the finished certificate. */
  readonly leafDer: Change<Uint8Array>;
  readonly scts: (base: SctSpec) => readonly SctSpec[];
  readonly sctExtension: Change<ExtensionSpec>;
  readonly cms: Change<SignedDataSpec>;
  readonly log: 'v1' | 'v2';
  /** Seconds the log says; T0 unless said. */
  readonly time: number;
  /** What the log took in. */
  readonly logged: Change<LoggedRecord>;
  /** Another body than a hashedrekord. */
  readonly body: (record: LoggedRecord) => Uint8Array;
  readonly tree: { readonly size: number; readonly index: number };
  readonly note: Change<NoteSpec>;
  readonly noteText: Change<string>;
  readonly promise: Change<PromiseSpec>;
  /** The last word on the entry; undefined leaves it out. */
  readonly entry: (entry: TransparencyLogEntry) => TransparencyLogEntry | undefined;
  readonly entryBytes: Change<Uint8Array>;
  readonly tokens: readonly Partial<TokenSpec>[];
  /** Attributes beside entry and tokens. */
  readonly unsigned: Change<readonly Uint8Array[]>;
  readonly trust: (root: Json) => void;
}

/** Anything that is not said stays as the good signature has it. */
export type Overrides = { readonly [Name in keyof Changes]?: Changes[Name] | undefined };

export const same = <T>(base: T): T => base;
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const date = (seconds: number): string => new Date(seconds * 1000).toISOString();
