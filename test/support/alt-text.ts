/** Compares the words of a picture's alternative text with the picture: a count that the picture does not show is a fault. */

/** A count is written in digits, so that it can be compared. "One" may be an article. */
const COUNTS =
  /\b(?:two|three|four|five|six|seven|eight|nine|ten)\b|\b\d+(?: of \d+)?(?: not)? [a-z]+/gi;

/** Returns the text that a picture shows, without its title. */
function shownBy(svg: string): string {
  return svg
    .replace(/<style>[\s\S]*?<\/style>|<title\b[\s\S]*?<\/title>/g, ' ')
    .replace(/<[^>]+>/g, '');
}

/**
 * Returns what is wrong in the alternative texts of a page: `verify-range.svg: 2 verified`. `read` returns a picture of
 * docs/pictures by its name, or undefined.
 */
export function altFaults(
  markdown: string,
  read: (name: string) => string | undefined,
): readonly string[] {
  const pictures = markdown.matchAll(/!\[([^\]]*)\]\((?:docs\/)?pictures\/([\w-]+\.svg)\)/g);
  return [...pictures].flatMap(([, alt = '', name = '']) => {
    const svg = read(name);
    if (svg === undefined) return [`${name}: no picture`];
    const shown = shownBy(svg);
    const counts = alt.match(COUNTS) ?? [];
    return counts.filter((count) => !shown.includes(count)).map((count) => `${name}: ${count}`);
  });
}
