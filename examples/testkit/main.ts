/** The same without a test runner: both ways to sell, seed after seed. See README.md. */
import { campaign, report, shrink, verify, type RunResult } from 'seaworthy/testkit';
import { sellEachTime, sellOnce } from './orders.ts';
import { shop } from './shop.ts';

const SEEDS = 100;

const careless = shop('orders', sellEachTime);
const { failures, runs } = await campaign(careless, { seeds: SEEDS });
console.log(`Sold each time: in ${failures.length} of ${runs} runs a rule is broken. The first of them, made smaller:\n`);
const { failure } = await shrink(careless, failures[0] as RunResult);
console.log(await report(careless, failure, { before: 2500 }));

// Throws when a run breaks a rule, and when an order never came again: then nothing would have been shown.
const { submitted } = await verify(shop('orders', sellOnce), { seeds: SEEDS });
console.log(`\nWith receipts: ${SEEDS} runs, ${submitted} orders, and all rules hold.`);
