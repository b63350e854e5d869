/**
 * Charts as SVG: lines over two axes with their units, readable on light and on dark. The data are
 * in a file of the same name beside it.
 */

export interface Chart {
  readonly name: string;
  readonly title: string;
  /** What was measured, under which conditions. */
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const size = { width: 776, height: 484 } as const;
/** Where the lines are drawn. */
const area = { left: 100, right: 728, top: 56, bottom: 326 } as const;
/** Told apart by lightness as well as by colour. */
const colours = ['#1f6feb', '#d1242f', '#1a7f37', '#9a6700', '#8250df', '#57606a'];
const captionColumns = 100;

export function svgOf(chart: Chart): string {
  const x = along(chart.x, valuesOf(chart, 0), area.left, area.right);
  const y = along(chart.y, valuesOf(chart, 1), area.bottom, area.top);
  const parts = [
    ...x.ticks.map((tick) => verticalTick(tick, x.at(tick))),
    ...y.ticks.map((tick) => horizontalTick(tick, y.at(tick))),
    text((area.left + area.right) / 2, area.bottom + 40, chart.x.label, 'middle'),
    `<g transform="rotate(-90 20 ${(area.top + area.bottom) / 2})">${text(20, (area.top + area.bottom) / 2, chart.y.label, 'middle')}</g>`,
    text(area.left, 26, chart.title, 'start', 'title'),
    ...chart.series.flatMap((series, i) => lineOf(series, i, x.at, y.at)),
    ...captionOf(chart.caption),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(chart.title)}">
<style>
  .ground { fill: #ffffff } .rule { stroke: #d0d7de } .ink { fill: #1f2328 } .title { font-size: 16px; font-weight: 600 }
  text { font: 12px system-ui, sans-serif } .quiet { fill: #59636e }
  @media (prefers-color-scheme: dark) { .ground { fill: #0d1117 } .rule { stroke: #3d444d } .ink { fill: #f0f6fc } .quiet { fill: #9198a1 } }
</style>
<rect class="ground" width="${size.width}" height="${size.height}"/>
${parts.join('\n')}
</svg>
`;
}

/** The data of a chart, and what makes them again. */
export function dataOf(chart: Chart, command: string): string {
  return `${JSON.stringify({ command, ...chart }, undefined, 1)}\n`;
}

interface Scaled {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

function valuesOf({ series }: Chart, which: 0 | 1): readonly number[] {
  return series.flatMap(({ points }) => points.map((point) => point[which]));
}

function along(axis: Axis, values: readonly number[], from: number, to: number): Scaled {
  const most = Math.max(...values);
  if (axis.scale === 'linear') {
    const step = stepFor(Math.max(most, 1e-9) / 5);
    const end = Math.max(1, Math.ceil(most / step)) * step;
    const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step);
    return { at: (value) => from + (value / end) * (to - from), ticks };
  }
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(most) - 1e-9));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from), ticks };
}

/** 1, 2 or 5 times a power of ten, at least as large. */
function stepFor(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5].find((factor) => factor * power >= wanted) ?? 10);
}

function verticalTick(value: number, x: number): string {
  return `<line class="rule" x1="${x}" x2="${x}" y1="${area.top}" y2="${area.bottom}"/>${text(x, area.bottom + 18, shown(value), 'middle', 'quiet')}`;
}

function horizontalTick(value: number, y: number): string {
  return `<line class="rule" x1="${area.left}" x2="${area.right}" y1="${y}" y2="${y}"/>${text(area.left - 8, y + 4, shown(value), 'end', 'quiet')}`;
}

function lineOf(
  { name, points }: Series,
  number: number,
  x: (value: number) => number,
  y: (value: number) => number,
): readonly string[] {
  const colour = colours[number % colours.length]!;
  const places = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`);
  const dots = points.length > 40 ? [] : places;
  const legend = {
    x: area.left + (number % 3) * 220,
    y: area.bottom + 62 + Math.floor(number / 3) * 18,
  };
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.join(' ')}"/>`,
    ...dots.map((place) => {
      const [cx, cy] = place.split(',');
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
    }),
    `<line x1="${legend.x}" x2="${legend.x + 22}" y1="${legend.y - 4}" y2="${legend.y - 4}" stroke="${colour}" stroke-width="3"/>`,
    text(legend.x + 28, legend.y, name, 'start'),
  ];
}

function captionOf(caption: string): readonly string[] {
  const lines = [''];
  for (const word of caption.split(' ')) {
    const line = `${lines.at(-1)!} ${word}`.trim();
    if (line.length <= captionColumns) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines.map((line, i) =>
    text(area.left, 468 - (lines.length - 1 - i) * 15, line, 'start', 'quiet'),
  );
}

function text(
  x: number,
  y: number,
  words: string,
  anchor: 'start' | 'middle' | 'end',
  style: 'title' | 'quiet' | '' = '',
): string {
  const shade = style === 'quiet' ? 'quiet' : `ink ${style}`.trim();
  return `<text class="${shade}" x="${x}" y="${y}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function shown(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en-US');
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
