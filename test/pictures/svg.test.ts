import { describe, expect, it } from 'vitest';
import { PALETTE, svgOf } from '../../scripts/picture-parts/svg.ts';

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

describe('a picture of a terminal', () => {
  it('escapes what is mark-up, and keeps the text readable', () => {
    const svg = svgOf([[{ text: '<b> & "c"', style: 'red' }]], 20, 'a < b');
    expect(svg).toContain('&lt;b&gt; &amp; "c"</tspan>');
    expect(svg).toContain('<title id="title">a &lt; b</title>');
    expect(svg).not.toContain('<b>');
  });

  it('runs nothing and fetches nothing', () => {
    const svg = svgOf([[{ text: 'x', style: '' }]], 20, 'title');
    expect(svg).not.toMatch(/<script|href=|url\(|@import|onload/);
  });

  it.each([0, 1] as const)('has enough contrast, light and dark (%i)', (which) => {
    const { paper, bar, ...letters } = PALETTE;
    const papers = [paper, bar].map((pair) => pair?.[which] ?? '');
    for (const [name, pair] of Object.entries(letters)) {
      for (const behind of papers) {
        expect(contrast(pair[which], behind), name).toBeGreaterThan(4.5);
      }
    }
  });
});
