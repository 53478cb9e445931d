export interface DaemonOptions {
  readonly dir: string;
  /** It was typed, and is not the usual one. */
  readonly named: boolean;
  readonly port: number | undefined;
  readonly rekorVersion: 1 | 2;
}
