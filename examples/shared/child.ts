/** The other side of `story.ts`: what its children have in common. None outlives its parent. */
import { once } from 'node:events';
import type { IncomingRequest, ReplyBody } from 'seaworthy';
import type { Order, Report } from './story.ts';

/** As `seaworthy` ends when it finds a bug of the library. */
const FAULT = 70;

// The parent may be gone before anybody could listen for it.
process.on('disconnect', () => process.exit(0));
if (!process.connected) process.exit(0);
// Ctrl-C in a terminal reaches every process of the group; it is the parent's to decide.
process.on('SIGINT', () => undefined);

export function report(fact: Report): void {
  if (process.connected) process.send?.(fact);
}

/**
 * A worker's job: to send back the number of the request, and who did it. A slow one takes until the story says "go on", so that the story
 * knows who has a request in its hands when it strikes; or until nobody waits for it any more.
 */
export async function doJob(name: string, request: IncomingRequest, signal: AbortSignal): Promise<ReplyBody> {
  const [number = '', pace] = request.body;
  if (String(pace) === 'slow') {
    report('holdsRequest');
    await once(process, 'message', { signal });
  }
  return [number, name];
}

interface Role {
  readonly events: { on(event: 'fault', listener: (value: { readonly error: unknown }) => void): unknown };
  close(): Promise<void>;
}

/** Ends when the story says so. A bug of the library ends it at once, and the story with it. */
export function endWhenTold(role: Role): void {
  role.events.on('fault', ({ error }) => {
    console.error(error);
    process.exit(FAULT);
  });
  process.on('message', (order: Order) => {
    if (order === 'end') void role.close().then(() => process.exit(0));
  });
}
