/** Plays a script at a site, and compares what it left at several sites. */
import assert from 'node:assert/strict';
import { Play, type Outcome, type Trace } from './play.ts';
import type { Script } from './script.ts';
import { SimulatedSite } from './simulated-site.ts';
import type { Site } from './site.ts';

/** How often a script is played on the simulated network, each time with another seed. */
const SEEDS = 20;

export interface Performance {
  readonly at: string;
  readonly trace: Trace;
  readonly outcomes: readonly Outcome[];
}

export async function perform(script: Script, site: Site): Promise<Performance> {
  const play = new Play(site);
  try {
    await script.play(play);
  } catch (error) {
    await play.abandon();
    throw error;
  }
  return { at: site.name, trace: await play.end(), outcomes: play.outcomes };
}

/** The script on the simulated network, with each of the seeds. */
export async function simulate(script: Script, disconnectNotices: boolean): Promise<Performance[]> {
  const performances: Performance[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      performances.push(await perform(script, new SimulatedSite(`${script.name} ${seed}`, disconnectNotices)));
    } catch (error) {
      throw new Error(`simulated with seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  return performances;
}

/** Where any of these parts from the first one: for each socket the first lines that are not the same. */
export function differences(performances: readonly { readonly at: string; readonly trace: Trace }[]): string[] {
  const [first, ...others] = performances;
  assert.ok(first !== undefined && others.length > 0, 'there is something to compare');
  return [...new Set(others.flatMap((other) => differencesOf(first.at, first.trace, other.at, other.trace)))];
}

function differencesOf(one: string, trace: Trace, other: string, otherTrace: Trace): string[] {
  const found: string[] = [];
  for (const ear of new Set([...Object.keys(trace), ...Object.keys(otherTrace)])) {
    const [lines, otherLines] = [trace[ear] ?? [], otherTrace[ear] ?? []];
    const at = Array.from({ length: Math.max(lines.length, otherLines.length) }).findIndex(
      (_, index) => lines[index] !== otherLines[index],
    );
    if (at >= 0) found.push(`${ear}, line ${at + 1}: ${one} "${lines[at] ?? 'nothing'}", ${other} "${otherLines[at] ?? 'nothing'}"`);
  }
  return found;
}
