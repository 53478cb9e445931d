/**
 * Draws a time line: a table with a row for each signer, and a bar for each span of time. It counts results as they come, in
 * cells that grow coarser when there are too many. So the drawing costs the same for five commits and for 100,000.
 */

import { markupText } from '../core/markup.ts';
import { utcMinute } from '../core/time.ts';
import type { TimelineMark } from './format.ts';
import { axisMarks } from './time-axis.ts';

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
const HEIGHT = 32;
/** Height of the line between verified results and others. */
const LINE = 20;
const OTHERS = 'others';

type Cell = [good: number, bad: number];

interface Lane {
  readonly name: string;
  count: number;
  bad: number;
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
  /** Seconds of a bin. */
  readonly step: number;
}

/** Divides the time from the first to the last result into bins. */
function scaleOf(lanes: readonly Lane[], unit: number): Scale | undefined {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { cells } of lanes) {
    for (const at of cells.keys()) {
      from = Math.min(from, at * unit);
      to = Math.max(to, at * unit);
    }
  }
  return from > to ? undefined : { from, to, step: Math.max(1, (to - from + 1) / BINS) };
}

function binned({ cells }: Lane, { from, step }: Scale, unit: number): ReadonlyMap<number, Cell> {
  const bins = new Map<number, Cell>();
  for (const [at, cell] of cells) {
    put(bins, Math.min(BINS - 1, Math.max(0, Math.floor((at * unit - from) / step))), cell);
  }
  return bins;
}

/** Draws the bins of a lane. Verified results stand above the line, the others hang below it, so that colour says nothing new. */
function bars(bins: ReadonlyMap<number, Cell>, most: number, { from, step }: Scale): string {
  const drawn = [...bins].map(([bin, [good, bad]]) => {
    const bar = (
      name: string,
      count: number,
      room: number,
      top: (tall: number) => number,
    ): string => {
      if (count === 0) return '';
      const tall = 4 + (room - 4) * Math.sqrt(count / most);
      return `<rect class="${name}" x="${bin * BIN_WIDTH + 1}" y="${top(tall).toFixed(1)}" width="${BIN_WIDTH - 2}" height="${tall.toFixed(1)}"/>`;
    };
    const faults = bad === 0 ? '' : `, ${bad} not verified`;
    const title = `<title>${utcMinute(from + bin * step)}: ${good + bad}${faults}</title>`;
    const up = bar('good', good, LINE - 1, (tall) => LINE - tall);
    return `<g>${title}${up}${bar('evil', bad, HEIGHT - LINE - 1, () => LINE)}</g>`;
  });
  return drawn.join('');
}

/** Percent of the axis. */
function placeOf(at: number, { from, step }: Scale): number {
  return Math.min(100, ((at - from + 0.5) / (step * BINS)) * 100);
}

function laneHtml(lane: Lane, drawn: string, grid: string): string {
  const { name, count, bad } = lane;
  const box = `viewBox="0 0 ${BINS * BIN_WIDTH} ${HEIGHT}" preserveAspectRatio="none"`;
  return (
    `<tr><th scope="row">${markupText(name)}</th><td class="n">${count}</td><td class="n">${bad}</td>` +
    `<td><svg ${box} aria-hidden="true">${grid}${drawn}</svg></td></tr>\n`
  );
}

/** Returns the busiest lanes, and one more lane for all others. */
function topLanes(all: readonly Lane[]): readonly Lane[] {
  const sorted = [...all].sort((a, b) => b.count - a.count);
  if (sorted.length <= LANES) return sorted;
  const rest = sorted.slice(LANES - 1);
  const lane: Lane = {
    name: `${rest.length} others`,
    count: 0,
    bad: 0,
    undated: 0,
    cells: new Map(),
  };
  for (const { count, bad, undated, cells } of rest) {
    lane.count += count;
    lane.bad += bad;
    lane.undated += undated;
    for (const [at, cell] of cells) put(lane.cells, at, cell);
  }
  return [...sorted.slice(0, LANES - 1), lane];
}

/** Returns the labels of the axis, each below its place. */
function axisHtml(scale: Scale): string {
  const labels = axisMarks(scale.from, scale.to).map(({ at, label }) => {
    const place = placeOf(at, scale);
    const side = place < 7 ? ' class="first"' : place > 93 ? ' class="last"' : '';
    return `<span${side} style="left:${place.toFixed(1)}%">${label}</span>`;
  });
  return `<tr class="axis"><td colspan="3"></td><td><div>${labels.join('')}</div></td></tr>`;
}

function spanText({ from, to }: Scale): string {
  const [first, last] = [utcMinute(from), utcMinute(to)];
  return first === last ? `${first} UTC` : `${first} to ${last} UTC`;
}

const LANE_HEAD =
  '<thead><tr><th scope="col">Signer</th><th scope="col" class="n">All</th>' +
  '<th scope="col" class="n">Not verified</th><th scope="col">Time</th></tr></thead>';

function drawLanes(lanes: readonly Lane[], unit: number): string {
  const scale = scaleOf(lanes, unit);
  if (scale === undefined) return '';
  const drawn = lanes.map((lane) => ({ lane, bins: binned(lane, scale, unit) }));
  const most = Math.max(
    ...drawn.flatMap(({ bins }) => [...bins.values()].map((cell) => Math.max(...cell))),
  );
  const marks = axisMarks(scale.from, scale.to).map(({ at }) => placeOf(at, scale) / 100);
  const lines = marks.map((place) => `M${(place * BINS * BIN_WIDTH).toFixed(0)} 0V${HEIGHT}`);
  const grid = `<path class="grid" d="${lines.join('')}M0 ${LINE}H${BINS * BIN_WIDTH}"/>`;
  const undated = lanes.reduce((sum, lane) => sum + lane.undated, 0);
  const left = undated === 0 ? '' : ` ${undated} without a time are not drawn.`;
  const rows = drawn.map(({ lane, bins }) => laneHtml(lane, bars(bins, most, scale), grid));
  return `<p class="note">${spanText(scale)}. Verified above the line, all others below it. An unsigned object stands at the time that its committer claims.${left}</p>
<table class="lanes">${LANE_HEAD}<tbody>${rows.join('')}</tbody><tfoot aria-hidden="true">${axisHtml(scale)}</tfoot></table>`;
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
    const lane: Lane = { name, count: 0, bad: 0, undated: 0, cells: new Map() };
    lanes.set(name, lane);
    return lane;
  };
  const add = ({ who, time }: TimelineMark, good: boolean): void => {
    const lane = laneOf(who);
    lane.count += 1;
    if (!good) lane.bad += 1;
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
