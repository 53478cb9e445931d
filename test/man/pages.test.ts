/** The manual pages hold what the program takes, and docs/settings.md is what the table of settings says. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allPages } from '../../scripts/man-parts/pages.ts';
import { policySchema } from '../../scripts/man-parts/policy-page.ts';
import { escaped } from '../../scripts/man-parts/roff.ts';
import { settingsDocument } from '../../scripts/man-parts/settings-pages.ts';
import { listed } from '../../src/cli/help-text.ts';
import { COMMANDS } from '../../src/commands/table.ts';
import { ExitCode } from '../../src/errors.ts';
import { flagOf, SETTING_NAMES, SETTINGS, variablesOf } from '../../src/settings/table.ts';

const edition = { version: '1.2.3', date: '2026-11-21' };
const pages = new Map(await allPages(edition));
const commands = await listed(COMMANDS);
const pageOf = (file: string): string => pages.get(file) ?? '';

/** A term of a list, as roff writes it. */
const term = (text: string): string => `\\fB${escaped(text)}\\fR`;

describe('the manual pages', () => {
  it('each command has one, git-signet(1) names it, and there is none besides', () => {
    const names = commands.map(([name]) => `git-signet-${name}.1`);
    const others = ['git-signet.1', 'git-signet-policy.5', 'git-signet-settings.7'];
    expect([...pages.keys()].sort()).toEqual([...names, ...others].sort());
    for (const [name] of commands) {
      expect(pageOf('git-signet.1')).toContain(`.BR ${escaped(`git-signet-${name}`)} (1)`);
    }
  });

  it.each(commands)(
    'every option, subcommand and exit code of %s is on its page',
    async (name, command) => {
      const text = pageOf(`git-signet-${name}.1`);
      const below = await listed(command.subcommands ?? {});
      for (const [word] of below) expect(text).toContain(`.SS "${escaped(word)}"`);
      for (const spec of [command, ...below.map(([, each]) => each)]) {
        const { options = {}, restOptions, shared } = spec;
        for (const option of Object.keys({ ...options, ...restOptions?.options })) {
          expect(text, option).toContain(term(`--${option}`));
        }
        if (shared !== undefined) expect(text).toContain(escaped(`git-signet-${shared.command}`));
      }
      const exits = Object.keys(command.exits ?? {});
      expect(exits).toContain('0');
      for (const code of exits) expect(text).toContain(`.TP\n${term(code)}\n`);
    },
  );

  it('every exit code is in git-signet(1)', () => {
    for (const code of Object.values(ExitCode)) {
      expect(pageOf('git-signet.1')).toContain(`.TP\n${term(String(code))}\n`);
    }
  });

  it.each(SETTING_NAMES)('signet.%s is in git-signet-settings(7), in every spelling', (name) => {
    const text = pageOf('git-signet-settings.7');
    expect(text).toContain(term(`signet.${name}`));
    const { gitsign, aliases = [] } = SETTINGS[name];
    const spelt = [flagOf(name), ...aliases].map((flag) => `--${flag}`);
    const words = [...variablesOf(name), ...spelt, ...(gitsign ? [`gitsign.${gitsign}`] : [])];
    for (const word of words) expect(text).toContain(escaped(word));
  });

  it('every field of a policy is in git-signet-policy(5)', () => {
    const fields: string[] = [];
    const collect = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      if ('properties' in value) fields.push(...Object.keys(value.properties as object));
      for (const each of Object.values(value)) collect(each);
    };
    collect(policySchema());
    expect(fields.length).toBeGreaterThan(30);
    const text = pageOf('git-signet-policy.5');
    expect([...new Set(fields)].filter((name) => !text.includes(term(name)))).toEqual([]);
  });

  it('all of it is ASCII, dated by the edition, and without a day of today', () => {
    for (const [file, text] of pages) {
      expect(text, file).toMatch(/^[\n -~]+$/);
      expect(text, file).toMatch(/^\.TH \S+ [157] 2026-11-21 "git\\-signet 1\.2\.3" /m);
    }
  });

  it.each([
    ['.SH "EVIL"', '\\&.SH "EVIL"'],
    ["a\n'so", 'a\n\\(aqso'],
    ['\\fBx', '\\efBx'],
    ['--all', '\\-\\-all'],
    ['“é', '\\[u201C]\\[u00E9]'],
  ])('%j stays text', (text, roff) => {
    expect(escaped(text)).toBe(roff);
  });
});

describe('docs/settings.md', () => {
  it('is what the table of settings says: scripts/man.ts writes it', () => {
    const written = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
    expect(written).toBe(settingsDocument());
  });
});
