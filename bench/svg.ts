/** Bars as SVG, without anything drawn by others: legible on light and on dark ground. */
import { grouped, provenance, type Chart, type Result } from './report.ts';

const WIDTH = 880;
const LABEL_WIDTH = 300;
const VALUE_WIDTH = 110;
const BAR_HEIGHT = 18;
const STEP = 24;
const TITLE_HEIGHT = 44;
const MARGIN = 16;
const MOST_DIGITS_BELOW = 10;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .small { font-size: 11px; fill: #57606a }
  .ground { fill: #ffffff }
  .ours { fill: #0969da }
  .others { fill: #9aa4b0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .ground { fill: #0d1117 }
    .ours { fill: #4493f8 }
    .others { fill: #6e7681 }
  }`;

/** All charts of a result, one below the other; nothing if it has none. */
export function picture(result: Result): string | undefined {
  const charts = result.tables.flatMap((table) => table.charts ?? []);
  if (charts.length === 0) return undefined;
  const parts: string[] = [];
  let y = MARGIN;
  for (const chart of charts) {
    parts.push(drawn(chart, y));
    y += TITLE_HEIGHT + chart.bars.length * STEP + MARGIN;
  }
  const height = y + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(WIDTH)}" height="${String(height)}" viewBox="0 0 ${String(WIDTH)} ${String(height)}" role="img">`,
    `<title>seaworthy and others: ${escaped(charts.map(({ title }) => title).join('; '))}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${String(WIDTH)}" height="${String(height)}" rx="6"/>`,
    ...parts,
    `<text class="small" x="${String(MARGIN)}" y="${String(y + MARGIN)}">${escaped(provenance(result))}</text>`,
    '</svg>\n',
  ].join('\n');
}

function drawn({ title, unit, bars }: Chart, top: number): string {
  const longest = Math.max(...bars.map(({ value }) => value));
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH - 2 * MARGIN;
  const lines = bars.map(({ label, value, ours }, index) => {
    const y = top + TITLE_HEIGHT + index * STEP;
    const length = Math.max(1, (value / longest) * room);
    const text = y + BAR_HEIGHT - 4;
    return [
      `<text x="${String(MARGIN + LABEL_WIDTH - 8)}" y="${String(text)}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${ours ? 'ours' : 'others'}" x="${String(MARGIN + LABEL_WIDTH)}" y="${String(y)}" width="${length.toFixed(1)}" height="${String(BAR_HEIGHT)}" rx="2"/>`,
      `<text x="${(MARGIN + LABEL_WIDTH + length + 8).toFixed(1)}" y="${String(text)}">${shown(value)}</text>`,
    ].join('');
  });
  return [`<text class="title" x="${String(MARGIN)}" y="${String(top + 24)}">${escaped(title)} (${escaped(unit)})</text>`, ...lines].join(
    '\n',
  );
}

function shown(value: number): string {
  return grouped(value < MOST_DIGITS_BELOW ? Number(value.toFixed(1)) : Math.round(value));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
