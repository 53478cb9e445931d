/** Finds the known word that is nearest to a mistyped one. */

/** Edit distance (insert, delete, replace, swap of neighbours). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

/** Returns the nearest of `words`, if it is near enough. */
export function closest(typed: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.min(4, Math.floor(typed.length / 2) + 1);
  if (typed.length > 40) return undefined;
  for (const word of words) {
    const steps = distance(typed, word);
    if (steps < least) {
      best = word;
      least = steps;
    }
  }
  return best;
}
