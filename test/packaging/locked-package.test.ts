import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { unpack } from '../../scripts/packaging/locked-package.ts';
import { StepError } from '../../scripts/packaging/step.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'git-signet-locked-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

describe('a package of another platform', () => {
  it('is refused where the bytes in the cache are not those that the lock file pins', () => {
    const cache = join(home, 'git-signet/packages');
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, 'napi-rs-keyring-darwin-arm64-2.1.2.tgz'), 'another file');
    const act = (): void => unpack('@napi-rs/keyring-darwin-arm64', join(home, 'out'));
    expect(act).toThrow(StepError);
    expect(act).toThrow('is not what package-lock.json pins');
  });

  it('is not fetched where the lock file does not name it', () => {
    expect(() => unpack('@oven/bun-plan9-x64', join(home, 'out'))).toThrow(
      'package-lock.json pins no @oven/bun-plan9-x64',
    );
  });
});
