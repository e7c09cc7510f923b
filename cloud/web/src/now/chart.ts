// Draws a tag's history with uPlot. A line joins buckets unless a gap lies between them: no change is a
// line, no data is a hatch.

import uPlot from 'uplot';
import type { History, Plant } from '../../../domains/telemetry/index.ts';
import type { Format } from '../shell/format.ts';

export interface ChartOptions {
  readonly history: History;
  readonly plant: Plant;
  readonly format: Format;
}

/** Draws into `box` and follows its size; the returned function removes everything. */
export function drawChart(box: HTMLElement, options: ChartOptions): () => void {
  const { history } = options;
  if (history.buckets.length === 0) return () => {};
  const chart = new uPlot(chartOptions(box, options), chartData(history), box);
  const resized = new ResizeObserver(() => chart.setSize(sizeOf(box)));
  resized.observe(box);
  return () => {
    resized.disconnect();
    chart.destroy();
  };
}

/** Times in seconds, minimum, maximum, mean (of counters the last reading); a null where a gap lies between. */
export function chartData({
  buckets,
  gaps,
  bucketMs,
  tag,
}: Pick<History, 'buckets' | 'gaps' | 'bucketMs' | 'tag'>): [number[], ...(number | null)[][]] {
  const counts = tag.role?.endsWith('_count') ?? false;
  const x: number[] = [];
  const [middle, low, high]: (number | null)[][] = [[], [], []];
  let before: number | null = null;
  for (const bucket of buckets) {
    const time = Date.parse(bucket.time) + bucketMs / 2;
    const from = before;
    const gap =
      from === null ? undefined : gaps.find((one) => Date.parse(one.from) < time && Date.parse(one.to) > from);
    if (gap && from !== null) {
      x.push((from + time) / 2_000);
      for (const column of [middle, low, high]) column?.push(null);
    }
    x.push(time / 1_000);
    middle?.push(counts ? bucket.last : bucket.mean);
    low?.push(bucket.min);
    high?.push(bucket.max);
    before = time;
  }
  return [x, low ?? [], high ?? [], middle ?? []];
}

function sizeOf(box: HTMLElement): { width: number; height: number } {
  return { width: Math.max(200, box.clientWidth), height: Math.max(120, box.clientHeight) };
}

function chartOptions(box: HTMLElement, { history, plant, format }: ChartOptions): uPlot.Options {
  const style = getComputedStyle(box);
  // A canvas does not know CSS variables: history.css gives the box these three colours to be read here.
  const [ink, grey, line] = [style.color, style.borderTopColor, style.outlineColor];
  const font = `${0.86 * Number.parseFloat(style.fontSize)}px ${style.fontFamily}`;
  const integer = /Int/.test(history.tag.datatype);
  const [from, to] = [Date.parse(history.from) / 1_000, Date.parse(history.to) / 1_000];
  const long = to - from > 86_400;
  const tick = (seconds: number) => {
    const ms = seconds * 1_000;
    if (!long) return format.time(ms, plant.timeZone).slice(0, 5);
    return format.date(ms, plant.timeZone).replace(/,? *\d{4}$/, '');
  };
  return {
    ...sizeOf(box),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), plant.timeZone),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    scales: { x: { min: from, max: to, range: () => [from, to] } },
    axes: [
      {
        stroke: grey,
        font,
        size: 28,
        space: 90,
        grid: { show: false },
        ticks: { stroke: grey, width: 1, size: 4 },
        values: (_, splits) => splits.map(tick),
        label: `${format.zone(Date.parse(history.to), plant.timeZone)} (${plant.name})`,
        labelFont: font,
        labelSize: 22,
      },
      {
        stroke: grey,
        font,
        size: 76,
        grid: { stroke: grey, width: 0.5, dash: [1, 4] },
        ticks: { show: false },
        values: (_, splits) => splits.map((value) => format.value(value, integer)),
      },
    ],
    series: [
      {},
      { stroke: line, width: 0, points: { show: false } },
      { stroke: line, width: 0, points: { show: false } },
      { stroke: ink, width: 1.5, points: { show: history.buckets.length < 3, stroke: ink } },
    ],
    bands: [{ series: [2, 1], fill: line }],
    hooks: {
      drawClear: [(chart) => hatchGaps(chart, { history, grey })],
      setCursor: [(chart) => readOut(chart, { format, integer, plant })],
    },
  };
}

/** 45° lines over every stretch that could not be seen. */
function hatchGaps(chart: uPlot, { history, grey }: { history: History; grey: string }): void {
  const { ctx, bbox } = chart;
  ctx.save();
  for (const gap of history.gaps) {
    const left = Math.max(bbox.left, chart.valToPos(Date.parse(gap.from) / 1_000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(Date.parse(gap.to) / 1_000, 'x', true));
    if (right <= left) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    for (let x = left - bbox.height; x < right; x += 10) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.strokeStyle = grey;
    ctx.lineWidth = 1;
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}

/** Time and figure under the cursor, beside the chart's top edge. */
function readOut(chart: uPlot, { format, integer, plant }: { format: Format; integer: boolean; plant: Plant }): void {
  const box = chart.over;
  let label = box.querySelector<HTMLElement>('.read-out');
  if (!label) {
    label = document.createElement('div');
    label.className = 'read-out';
    box.append(label);
  }
  const at = chart.cursor.idx;
  const value = typeof at === 'number' ? chart.data[3]?.[at] : undefined;
  const time = typeof at === 'number' ? chart.data[0][at] : undefined;
  label.textContent =
    typeof value !== 'number' || time === undefined
      ? ''
      : `${format.time(time * 1_000, plant.timeZone)}  ${format.value(value, integer)}`;
}
