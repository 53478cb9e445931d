/**
 * Draws a time line with a lane for each signer and a bar for each span of time. It counts results as they come, in
 * cells that grow coarser when there are too many. So the drawing costs the same for five commits and for 100,000.
 */

import { markupText } from '../core/markup.ts';
import { isoDay, utcMinute } from '../core/time.ts';
import type { TimelineMark } from './format.ts';

export interface Timeline {
  readonly add: (mark: TimelineMark, good: boolean) => void;
  /** Returns the lanes as HTML, busiest first, or an empty text if there are no results. */
  readonly draw: () => string;
}

const MAX_CELLS = 40_000;
const MAX_NAMES = 2000;
const LANES = 24;
const BINS = 120;
const BIN_WIDTH = 10;
const HEIGHT = 26;
const OTHERS = 'others';

type Cell = [good: number, bad: number];

interface Lane {
  readonly name: string;
  count: number;
  undated: number;
  cells: Map<number, Cell>;
}

function put(cells: Map<number, Cell>, at: number, [good, bad]: Readonly<Cell>): void {
  const cell = cells.get(at);
  if (cell === undefined) cells.set(at, [good, bad]);
  else {
    cell[0] += good;
    cell[1] += bad;
  }
}

interface Scale {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly label: (seconds: number) => string;
}

/** Divides the time from the first to the last result into bins. Labels are minutes or, over a long time, days. */
function scaleOf(lanes: readonly Lane[], unit: number): Scale | undefined {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { cells } of lanes) {
    for (const at of cells.keys()) {
      from = Math.min(from, at * unit);
      to = Math.max(to, at * unit);
    }
  }
  if (from > to) return undefined;
  const step = Math.max(1, (to - from + 1) / BINS);
  return { from, to, step, label: to - from > 3 * 86_400 ? isoDay : utcMinute };
}

function binned({ cells }: Lane, { from, step }: Scale, unit: number): ReadonlyMap<number, Cell> {
  const bins = new Map<number, Cell>();
  for (const [at, cell] of cells) {
    put(bins, Math.min(BINS - 1, Math.max(0, Math.floor((at * unit - from) / step))), cell);
  }
  return bins;
}

function bars(bins: ReadonlyMap<number, Cell>, most: number, { from, step, label }: Scale): string {
  const drawn = [...bins].map(([bin, [good, bad]]) => {
    const height = 6 + (HEIGHT - 8) * Math.sqrt((good + bad) / most);
    const low = bad === 0 ? 0 : Math.max(4, (height * bad) / (good + bad));
    const bar = (name: string, top: number, tall: number): string =>
      tall <= 0
        ? ''
        : `<rect class="${name}" x="${bin * BIN_WIDTH + 1}" y="${top.toFixed(1)}" width="${BIN_WIDTH - 2}" height="${tall.toFixed(1)}"/>`;
    const faults = bad === 0 ? '' : `, ${bad} not ok`;
    const title = `<title>${label(from + bin * step)}: ${good + bad}${faults}</title>`;
    const tall = Math.max(0, height - low);
    return `<g>${title}${bar('good', HEIGHT - height, good === 0 ? 0 : tall)}${bar('evil', HEIGHT - low, low)}</g>`;
  });
  return drawn.join('');
}

function laneHtml(lane: Lane, scale: Scale, bins: ReadonlyMap<number, Cell>, most: number): string {
  const name = markupText(lane.name);
  const box = `viewBox="0 0 ${BINS * BIN_WIDTH} ${HEIGHT}" preserveAspectRatio="none"`;
  const told = `role="img" aria-label="${name}: ${lane.count}"`;
  return (
    `<span class="who" title="${name}">${name}</span><span class="n">${lane.count}</span>` +
    `<svg ${box} ${told}>${bars(bins, most, scale)}</svg>\n`
  );
}

/** Returns the busiest lanes, and one more lane for all others. */
function topLanes(all: readonly Lane[]): readonly Lane[] {
  const sorted = [...all].sort((a, b) => b.count - a.count);
  if (sorted.length <= LANES) return sorted;
  const rest = sorted.slice(LANES - 1);
  const name = `${rest.length} others`;
  const lane: Lane = { name, count: 0, undated: 0, cells: new Map() };
  for (const { count, undated, cells } of rest) {
    lane.count += count;
    lane.undated += undated;
    for (const [at, cell] of cells) put(lane.cells, at, cell);
  }
  return [...sorted.slice(0, LANES - 1), lane];
}

function drawLanes(lanes: readonly Lane[], unit: number): string {
  const scale = scaleOf(lanes, unit);
  if (scale === undefined) return '';
  const drawn = lanes.map((lane) => ({ lane, bins: binned(lane, scale, unit) }));
  const most = Math.max(
    ...drawn.flatMap(({ bins }) => [...bins.values()].map(([good, bad]) => good + bad)),
  );
  const { from, to, label } = scale;
  const ends = from === to ? [label(from)] : [label(from), label((from + to) / 2), label(to)];
  const axis = `<div class="axis">${ends.map((end) => `<span>${end}</span>`).join('')}</div>`;
  const undated = lanes.reduce((sum, lane) => sum + lane.undated, 0);
  const left = undated === 0 ? '' : `<p class="note">${undated} without a time are not drawn</p>`;
  const rows = drawn.map(({ lane, bins }) => laneHtml(lane, scale, bins, most));
  return `<div class="lanes">${rows.join('')}${axis}</div>${left}`;
}

/** Returns an empty time line. */
export function createTimeline(): Timeline {
  const lanes = new Map<string, Lane>();
  let unit = 1;
  let cellCount = 0;
  const coarsen = (): void => {
    unit *= 8;
    cellCount = 0;
    for (const lane of lanes.values()) {
      const cells = new Map<number, Cell>();
      for (const [at, cell] of lane.cells) put(cells, Math.floor(at / 8), cell);
      lane.cells = cells;
      cellCount += cells.size;
    }
  };
  const laneOf = (who: string): Lane => {
    const name = lanes.has(who) || lanes.size < MAX_NAMES ? who : OTHERS;
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = { name, count: 0, undated: 0, cells: new Map() };
    lanes.set(name, lane);
    return lane;
  };
  const add = ({ who, time }: TimelineMark, good: boolean): void => {
    const lane = laneOf(who);
    lane.count += 1;
    if (time === undefined) {
      lane.undated += 1;
      return;
    }
    const size = lane.cells.size;
    put(lane.cells, Math.floor(time / unit), good ? [1, 0] : [0, 1]);
    cellCount += lane.cells.size - size;
    while (cellCount > MAX_CELLS && unit < 2 ** 40) coarsen();
  };
  return { add, draw: () => drawLanes(topLanes([...lanes.values()]), unit) };
}
