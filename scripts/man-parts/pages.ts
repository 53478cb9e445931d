/** All manual pages. */

import { COMMANDS } from '../../src/commands/table.ts';
import { commandPages, type Edition, type Page } from './command-pages.ts';
import { policyPage } from './policy-page.ts';
import { settingsPage } from './settings-pages.ts';

export async function allPages(edition: Edition): Promise<readonly Page[]> {
  return [...(await commandPages(COMMANDS, edition)), policyPage(edition), settingsPage(edition)];
}
