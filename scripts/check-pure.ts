/** `npm run check`, one step: fails when a pure file mentions time, chance or promises. */
import { checkPure } from './pure.ts';

const found = checkPure('src');
for (const line of found) console.error(line);
process.exitCode = found.length > 0 ? 1 : 0;
