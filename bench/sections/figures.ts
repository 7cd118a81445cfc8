/** Slices of a broker under load as columns of a table. */
import type { Figures } from '../measure.ts';
import { round } from '../report.ts';
import { median, scatter } from '../statistics.ts';

export function figuresRow(figures: readonly Figures[]): Readonly<Record<string, number>> {
  const middle = (value: (one: Figures) => number): number => median(figures.map(value));
  return {
    'broker CPU µs/request': round(
      middle((one) => one.brokerTime),
      1,
    ),
    'scatter %': round(100 * scatter(figures.map((one) => one.brokerTime)), 0),
    'requests/s': round(
      middle((one) => one.requestsPerSecond),
      0,
    ),
    'p50 µs': round(
      middle((one) => one.median),
      0,
    ),
    'p99 µs': round(
      middle((one) => one.percentile99),
      0,
    ),
    'load CPU µs/request': round(
      middle((one) => one.loadTime),
      1,
    ),
    'RSS MB': round(middle((one) => one.residentMemory) / 1e6, 0),
  };
}

/** Processor time of the broker, ours over theirs, from pairs of neighbouring slices. */
export function ratioOf(ours: readonly Figures[], theirs: readonly Figures[]): number {
  return median(ours.map((one, index) => one.brokerTime / (theirs[index]?.brokerTime ?? NaN)));
}
