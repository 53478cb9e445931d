import { describe, expect, it } from 'vitest';
import { withFixedPage } from '../../scripts/picture-parts/fixed-page.ts';
import { samePage, svgOfPage } from '../../scripts/picture-parts/page-svg.ts';

const BODY = '<body xmlns="http://www.w3.org/1999/xhtml"><h1>Log in</h1></body>';
const look = { title: 'A & B', width: 640 };
const drawn = (body = BODY, height = 500, style = 'p{color:red}'): Buffer =>
  Buffer.from(svgOfPage({ body, style, height }, look));

describe('the picture of a page', () => {
  it('the picture holds the page as text, below a bar with its title', () => {
    const svg = drawn().toString();
    expect(svg).toContain(`<foreignObject x="0" y="34" width="640" height="540">${BODY}`);
    expect(svg).toContain('<title id="title">A &amp; B</title>');
  });

  it('a font that needs other heights leaves the picture the same', () => {
    expect(samePage(drawn(), drawn(BODY, 620))).toBe(true);
  });

  it('another word, another style or another attribute makes another picture', () => {
    expect(samePage(drawn(), drawn(BODY.replace('Log in', 'Log on')))).toBe(false);
    expect(samePage(drawn(), drawn(BODY, 500, 'p{color:blue}'))).toBe(false);
    expect(samePage(drawn(), drawn(BODY.replace('<h1>', '<h1 lang="de">')))).toBe(false);
  });

  it('rules for other widths and for paper are left out, and those for the dark are kept', () => {
    const style =
      'p{a:b}@media(max-width:52rem){p{c:d}q{e:f}}@media print{p{g:h}}@media(prefers-color-scheme:dark){p{i:j}}';
    expect(drawn(BODY, 500, style).toString()).toContain(
      '<style>p{a:b}@media(prefers-color-scheme:dark){p{i:j}}\n',
    );
  });
});

describe('the fixed values of a page', () => {
  const page = (commit: string, digest: string, port: string, folder: string): string =>
    withFixedPage(
      `<p>${commit}</p><code>${commit.slice(0, 12)}</code>${digest}<a>127.0.0.1:${port}</a>${folder}/x</dt><dd>${folder}/y`,
    );

  it('two runs that differ in hashes, digests, ports and folders give one page', () => {
    const one = page('a1'.repeat(20), 'b2'.repeat(32), '40001', '/tmp/t/alice-AbCdEf');
    const other = page('c3'.repeat(20), 'd4'.repeat(32), '5000', '/var/alice-123456');
    expect(one).toBe(other);
    expect(one).toContain('127.0.0.1:43121</a>/home/alice/x</dt><dd>/home/alice/y');
  });

  it('two commits stay two, a short hash follows its whole one, and other words stay', () => {
    const fixed = withFixedPage(`${'a1'.repeat(20)} ${'b2'.repeat(20)} ${'a1'.repeat(6)} feedface`);
    const [one = '', other, short, word] = fixed.split(' ');
    expect(one).not.toBe(other);
    expect(short).toBe(one.slice(0, 12));
    expect(word).toBe('feedface');
  });
});
