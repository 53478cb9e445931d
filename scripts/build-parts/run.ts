import { type SpawnSyncOptions, spawnSync } from 'node:child_process';

/**
 * Runs a program to its end and returns what it wrote to stdout.
 *
 * @throws Error with the command and all that it wrote, where it did not end with 0
 */
export function run(
  program: string,
  args: readonly string[],
  options: SpawnSyncOptions = {},
): string {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (error !== undefined) throw error;
  if (status !== 0) {
    const how = signal === null ? `exit ${status}` : `ended by ${signal}`;
    throw new Error(`${program} ${args.join(' ')}: ${how}\n${stdout ?? ''}${stderr ?? ''}`);
  }
  return String(stdout ?? '');
}
