/** Chromium of this machine, and what it knows about a page: its accessibility tree, its width, its contrast, its focus. */

import { type Browser, chromium, type Page } from 'playwright-core';
import { contrast } from './contrast.ts';
import { findProgram } from './tools.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium without a window. Tests skip where `haveTools('chromium')` is false. */
export function startChromium(): Promise<Browser> {
  const executablePath = findProgram('chromium') ?? 'chromium';
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

export interface AccessibleNode {
  readonly role: string;
  readonly name: string;
  readonly description: string;
  /** The level of a heading. */
  readonly level: number | undefined;
}

/** The accessibility tree of a page in reading order, without what is ignored and without bare texts. */
export async function accessibilityTree(page: Page): Promise<readonly AccessibleNode[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Accessibility.enable');
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const ordered: AccessibleNode[] = [];
  const walk = (id: string): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const role = String(node.role?.value ?? '');
    const bare = ['StaticText', 'InlineTextBox', 'none', 'generic'].includes(role);
    if (!node.ignored && !bare) {
      const level = node.properties?.find(({ name }) => name === 'level')?.value.value;
      const [name, description] = [node.name?.value ?? '', node.description?.value ?? ''];
      const told = { name: String(name).trim(), description: String(description) };
      ordered.push({ role, ...told, level: level === undefined ? undefined : Number(level) });
    }
    node.childIds?.forEach(walk);
  };
  walk(nodes[0]?.nodeId ?? '');
  return ordered;
}

/** The headings of the tree that leave out a level, or stand before the first of level 1. */
export function headingFaults(tree: readonly AccessibleNode[]): readonly string[] {
  let last = 0;
  const faults: string[] = [];
  for (const { role, name, level = 0 } of tree) {
    if (role !== 'heading') continue;
    if (level > last + 1 || (level === 1 && last !== 0)) faults.push(`h${level} ${name}`);
    last = level;
  }
  return faults;
}

/** True when the page must be scrolled sideways. */
export function isWide(page: Page): Promise<boolean> {
  return page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);
}

/** As text: the types here know no browser. */
const SHOWN_TEXTS = `[...document.querySelectorAll('body, body *')].flatMap((element) => {
  const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim();
  if (text === '' || !element.checkVisibility()) return [];
  const clear = /^rgba\\(.*, 0\\)$/;
  let ground = element;
  while (ground !== null && clear.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const of = (one) => (one.match(/[\\d.]+/g) ?? []).map(Number);
  const style = getComputedStyle(element);
  let opacity = 1;
  for (let one = element; one !== null; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
  return [{ text: text.slice(0, 40), colour: of(style.color), opacity, ground: ground === null ? [255, 255, 255] : of(getComputedStyle(ground).backgroundColor) }];
})`;

interface ShownText {
  readonly text: string;
  readonly colour: readonly number[];
  readonly ground: readonly number[];
  readonly opacity: number;
}

const hex = (channels: readonly number[]): string =>
  `#${channels
    .slice(0, 3)
    .map((value) => Math.round(value).toString(16).padStart(2, '0'))
    .join('')}`;

/** The texts of a page, as it is drawn now, whose contrast is under 4.5:1, and how many texts were looked at. */
export async function lowContrast(
  page: Page,
): Promise<{ readonly faults: readonly string[]; readonly texts: number }> {
  const shown: readonly ShownText[] = await page.evaluate(SHOWN_TEXTS);
  const faults = shown.flatMap(({ text, colour, ground, opacity }) => {
    // a colour that lets the ground through is drawn paler than it is written
    const alpha = (colour[3] ?? 1) * opacity;
    const drawn = colour.map((value, at) => value * alpha + (ground[at] ?? 0) * (1 - alpha));
    const ratio = contrast(hex(drawn), hex(ground));
    return ratio < 4.5 ? [`${text}: ${ratio.toFixed(2)}`] : [];
  });
  return { faults, texts: shown.length };
}

export interface Focused {
  readonly text: string;
  /** Width of the ring around it, in CSS pixels; 0 if there is none. */
  readonly ring: number;
}

/** Presses Tab, and tells what has the focus then. */
export async function tabbed(page: Page): Promise<Focused> {
  await page.keyboard.press('Tab');
  return page.evaluate(`(() => {
    const { textContent, tagName } = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return {
      text: tagName === 'BODY' ? '' : textContent.trim(),
      ring: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth),
    };
  })()`);
}

/** How a reader looks at a page. */
export interface Look {
  readonly name: string;
  readonly colorScheme: 'light' | 'dark';
  readonly viewport: { readonly width: number; readonly height: number };
  readonly deviceScaleFactor?: number;
  readonly isMobile?: true;
}

const LOOKS: readonly Omit<Look, 'colorScheme'>[] = [
  { name: 'desktop', viewport: { width: 1280, height: 900 } },
  // a browser's zoom halves the CSS pixels
  { name: 'desktop at 200 %', viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 },
  { name: 'phone', viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true },
  // 400 % of a narrow window (WCAG 2.2, 1.4.10)
  { name: 'window at 400 %', viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 },
];

/** Each way to look, in light and in dark. */
export const ALL_LOOKS: readonly Look[] = LOOKS.flatMap((look) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ ...look, colorScheme })),
);
