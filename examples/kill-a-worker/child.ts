/** What the three kinds of process have in common: their settings, the way they report, and that none outlives its parent. */
import { now } from './clock.ts';
import { seededRandom } from './random.ts';
import type { ChildSettings, Fact, Order, Report } from './reports.ts';

const given = JSON.parse(process.argv[2] as string) as ChildSettings;

/** What the parent gave this process to start with. */
export function childSettings<S extends ChildSettings>(): S {
  return given as S;
}

/** The options that all three roles are given. */
export function roleOptions(settings: ChildSettings): {
  transportHeartbeatInterval: number;
  transportHeartbeatTimeout: number;
  random: () => number;
} {
  const { transportHeartbeatInterval, transportHeartbeatTimeout, seed, name } = settings;
  return { transportHeartbeatInterval, transportHeartbeatTimeout, random: seededRandom(seed, name) };
}

/** Tells the parent a fact. Resolves when it is on its way. */
export function report(fact: Fact): Promise<void> {
  const told: Report = { ...fact, from: given.name, at: now() };
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else
      process.send(told, undefined, undefined, () => {
        resolve();
      });
  });
}

interface Role {
  readonly events: { on(event: 'fault', listener: (value: { readonly error: unknown }) => void): unknown };
  inspect(): { readonly counters: object };
  close(): Promise<void>;
}

/** Does what the parent says, and ends when it says so or is gone. */
export function obeyParent(role: Role, begin: () => void = () => undefined): void {
  role.events.on('fault', ({ error }) => {
    void report({ event: 'fault', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
  process.on('message', (order: Order) => {
    if (order === 'begin') begin();
    else void end(role);
  });
  process.on('disconnect', () => {
    process.exit(0);
  });
  // Ctrl-C in a terminal reaches every process of the group; it is the parent's to decide.
  process.on('SIGINT', () => undefined);
}

async function end(role: Role): Promise<void> {
  await role.close();
  await report({ event: 'ended', counters: role.inspect().counters as Record<string, number> });
  process.disconnect();
}
