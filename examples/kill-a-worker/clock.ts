/** Milliseconds of the machine's monotonic clock: the same in all its processes, so that what they report can be put in one order. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
