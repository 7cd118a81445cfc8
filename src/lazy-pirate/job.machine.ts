/** One request at a Lazy Pirate server: from its arrival to its answer, or to the moment when nobody wants one any more. */
import { defineMachine, ignore, never, type Action, type Machine, type MachineTypes } from '../core/machine.ts';
import type { Frame } from '../wire/message.ts';

/** How a request ended at the server. */
export type JobOutcome =
  | 'replied'
  /** The handler threw: no answer, and the client asks again. */
  | 'failed'
  /** Its client left, or the server closed, before the handler was called. */
  | 'dropped'
  /** Its client left, or the server closed, while the handler ran; the result went nowhere. */
  | 'discarded';

export interface LazyPirateJobMachine extends MachineTypes {
  state: { readonly kind: 'waiting' } | { readonly kind: 'working' } | { readonly kind: 'abandoned' } | { readonly kind: 'done' };
  event:
    | { readonly kind: 'place' }
    | { readonly kind: 'handlerDone'; readonly body: readonly Frame[] }
    | { readonly kind: 'handlerFailed' }
    | { readonly kind: 'clientGone' }
    | { readonly kind: 'stop' };
  timers: Record<never, never>;
  effects: LazyPirateJobEffects;
  context: object;
}

export interface LazyPirateJobEffects {
  /** Calls the handler. */
  run(): void;
  reply(body: readonly Frame[]): void;
  /** Tells the handler that nobody waits. */
  abort(): void;
  finish(outcome: JobOutcome): void;
}

type M = LazyPirateJobMachine;

const run: Action<M, 'waiting', 'place', 'working'> = (_state, _event, out) => {
  out.run();
  return { kind: 'working' };
};
const drop: Action<M, 'waiting', 'clientGone' | 'stop', 'done'> = (_state, _event, out) => {
  out.finish('dropped');
  return { kind: 'done' };
};
const reply: Action<M, 'working', 'handlerDone', 'done'> = (_state, event, out) => {
  out.reply(event.body);
  out.finish('replied');
  return { kind: 'done' };
};
const keepSilent: Action<M, 'working', 'handlerFailed', 'done'> = (_state, _event, out) => {
  out.finish('failed');
  return { kind: 'done' };
};
const abandon: Action<M, 'working', 'clientGone' | 'stop', 'abandoned'> = (_state, _event, out) => {
  out.abort();
  return { kind: 'abandoned' };
};
const discard: Action<M, 'abandoned', 'handlerDone' | 'handlerFailed', 'done'> = (_state, _event, out) => {
  out.finish('discarded');
  return { kind: 'done' };
};

export const lazyPirateJob: Machine<M> = defineMachine<M>({
  name: 'LazyPirateJob',
  start: () => ({ kind: 'waiting' }),
  timers: {},
  table: {
    waiting: {
      place: { to: 'working', do: run },
      handlerDone: never('no handler runs'),
      handlerFailed: never('no handler runs'),
      clientGone: { to: 'done', do: drop },
      stop: { to: 'done', do: drop },
    },
    working: {
      place: never('it has its handler'),
      handlerDone: { to: 'done', do: reply },
      handlerFailed: { to: 'done', do: keepSilent },
      clientGone: { to: 'abandoned', do: abandon },
      stop: { to: 'abandoned', do: abandon },
    },
    abandoned: {
      place: never('it has its handler'),
      handlerDone: { to: 'done', do: discard },
      handlerFailed: { to: 'done', do: discard },
      clientGone: ignore('nobody waits already'),
      stop: ignore('nobody waits already'),
    },
    done: {
      place: never('it has ended'),
      handlerDone: never('its handler has ended'),
      handlerFailed: never('its handler has ended'),
      clientGone: ignore('it has ended'),
      stop: ignore('it has ended'),
    },
  },
});
