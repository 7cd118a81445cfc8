/**
 * Fuzzes connections of the ZMTP transport, for `npm run prove`: prints one JSON line with how many inputs of each kind were played, how many
 * bytes a connection kept at most, how much the process grew, and how long it took. Fails at the first input that breaks a rule.
 *
 * Arguments: how many inputs, and a seed.
 */
import { fuzz, MOST_BYTES } from './fuzz.ts';

const [count = '1000000', seed = 'prove'] = process.argv.slice(2);
/** So that the code is compiled and the pools are filled. */
const WARM_UP = 10_000;
const MEBIBYTE = 2 ** 20;

await fuzz(WARM_UP, 'warm-up');
let largest = 0;
const before = process.memoryUsage.rss();
const looking = setInterval(() => {
  largest = Math.max(largest, process.memoryUsage.rss() - before);
}, 100);
const began = performance.now();
const fuzzed = await fuzz(Number(count), seed);
const seconds = (performance.now() - began) / 1000;
clearInterval(looking);
const result = { ...fuzzed, mayKeep: MOST_BYTES, seconds, grownMebibytes: largest / MEBIBYTE };
process.stdout.write(`${JSON.stringify(result)}\n`);
