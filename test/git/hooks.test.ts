import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { hookText } from '../../src/git/hooks.ts';

it.each(['pre-push', 'pre-receive'] as const)(
  'the %s of the package equals the one that `git signet hooks install` writes',
  (name) => {
    const file = fileURLToPath(new URL(`../../hooks/${name}`, import.meta.url));
    expect(readFileSync(file, 'utf8')).toBe(hookText(name, 'git-signet', ''));
  },
);
