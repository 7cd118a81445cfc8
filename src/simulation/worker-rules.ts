/** The rules of those who work for a broker or a queue. */
import type { TraceEvent } from '../runtime/trace.ts';
import { isMild } from './book-rules.ts';
import { SLACK_MS, labelOf, lifeOf, type BalancedRules } from './books.ts';
import type { Invariant, ProcessView, RunView } from './invariants.ts';
import { Pauses } from './spread.ts';
import { stepOf, writerOf } from './writer.ts';

export function workerRules(broker: string, rules: BalancedRules): readonly Invariant[] {
  const withHeartbeats = rules.heartbeatInterval > 0 ? [patience(broker, rules), modesty(broker, rules)] : [];
  return [backoff(rules), oneAtATime(broker, rules), ...withHeartbeats];
}

const isWorkers = (event: TraceEvent): boolean => event['machine'] === 'LoadBalancedWorker';

interface Life {
  losses: number;
  restedAt: number;
  exponent: number;
  readonly pauses: Pauses;
}

/** U14: pauses before coming back grow with the losses in a row, and no others. */
function backoff({ reconnect: { base, maximum, jitter }, heartbeatInterval }: BalancedRules): Invariant {
  return {
    id: 'U14',
    sentence:
      'a worker comes back after a pause that doubles with each loss in a row, spread, and begins anew when it has heard of its broker',
    watch(run) {
      const lives = new Map<string, Life>();
      const judge = (life: Life, worker: string): void => {
        const pause = run.now - life.restedAt;
        const most = Math.min(maximum, base * 2 ** life.exponent);
        const least = heartbeatInterval === 0 ? base : most;
        // Without heartbeats the trace does not say where the row began: the middle that is nearest is taken for the one that was meant.
        let middle = most;
        for (let shorter = base; shorter < most && heartbeatInterval === 0; shorter *= 2)
          if (Math.abs(pause - shorter) < Math.abs(pause - middle)) middle = shorter;
        if (pause < least * (1 - jitter) || pause > most * (1 + jitter) + 2)
          run.violated(`${worker} came back after ${Math.round(pause)} ms, having lost its broker ${life.exponent + 1} times in a row`);
        else if (life.pauses.areAlike(pause, middle, jitter)) run.violated(`${worker} has always come back after the same pause`);
      };
      return {
        on: {
          step: (event, process) => {
            if (!isWorkers(event)) return;
            const worker = writerOf(event, process);
            let life = lives.get(worker);
            if (life === undefined) lives.set(worker, (life = { losses: 0, restedAt: 0, exponent: 0, pauses: new Pauses() }));
            const { from, to, event: kind } = stepOf(event);
            if (to === 'resting') {
              life.restedAt = run.now;
              // Without heartbeats a connection that was there counts as being heard; the trace does not say so.
              life.exponent = from === 'idle' ? life.losses : 0;
              life.losses = life.exponent + (from === 'orphaned' ? 0 : 1);
            } else if (kind === 'HEARTBEAT' && to === 'idle') life.losses = 0;
            else if (from === 'busy' && to === 'idle') life.losses = 0;
            else if (kind === 'reconnectDelay' && process.resumedAt < life.restedAt) judge(life, worker);
          },
        },
      };
    },
  };
}

/** Whoever works is left alone, and answers to whom it was asked by. */
export function oneAtATime(broker: string, { frames }: Pick<BalancedRules, 'frames'>): Invariant {
  return {
    id: 'W1',
    sentence:
      'a worker works on no more requests at a time than it has told the broker (one, unless it has), is given none meanwhile, and answers over ' +
      'the connection that brought them',
    watch(run) {
      /** How many requests each life works on. */
      const working = new Map<string, number>();
      /** How many it takes at once, as it says when it registers. */
      const taken = new Map<string, number>();
      const isFull = (life: string): boolean => (working.get(life) ?? 0) >= (taken.get(life) ?? 1);
      /** Connections that each life has opened so far: one replaces the other. */
      const connections = new Map<string, number>();
      /** Who has ever worked. */
      const workers = new Set<string>();
      /** Over which of them each address came in. */
      const cameOver = new Map<string, number>();
      return {
        on: {
          start: (_event, process) => {
            const { life } = process;
            if (isFull(life)) run.violated(`${life} has begun with a request, and is still at work on ${working.get(life)}`);
            working.set(life, (working.get(life) ?? 0) + 1);
            workers.add(life);
          },
          finish: (_event, { life }) => {
            working.set(life, (working.get(life) ?? 0) - 1);
          },
          dispatch: (event, process) => {
            if (process.node !== broker) return;
            const life = lifeOf(labelOf(event));
            if (isFull(life))
              run.violated(`${life} was given request ${String(event['request'])}, and is still at work on ${working.get(life)}`);
          },
        },
        connected(process) {
          connections.set(process.life, (connections.get(process.life) ?? 0) + 1);
        },
        delivered(to, from, _peer, said) {
          if (from !== broker) return;
          const address = frames.request(said);
          if (address !== undefined) cameOver.set(`${to.life} ${address}`, connections.get(to.life) ?? 0);
        },
        sent(from, _to, _peer, said) {
          if (frames.isReady(said)) taken.set(from.life, frames.credit(said) ?? 1);
          if (!workers.has(from.life)) return;
          const address = frames.reply(said) ?? frames.failure(said)?.address;
          if (address === undefined) return;
          const over = cameOver.get(`${from.life} ${address}`);
          if (over !== undefined && over !== connections.get(from.life))
            run.violated(`${from.life} answered over a later connection than that which had brought the request`);
        },
      };
    },
  };
}

/** No connection ends in this run but by its owner's will. */
function isUnbroken(run: RunView): boolean {
  return run.schedule.every(({ op }) => op !== 'cut' && op !== 'crash' && op !== 'stop');
}

/** PP1: a broker that is silent is left when the patience is over, not before, and not later. */
function patience(broker: string, rules: BalancedRules): Invariant {
  const { expiry } = rules;
  return {
    id: 'PP1',
    sentence:
      'a worker leaves a broker that has been silent for the expiry: not before, not much later, and never where nothing takes long',
    watch(run) {
      const heard = new Map<string, number>();
      const idleSince = new Map<string, number>();
      /** When the broker's present life began. */
      let brokerSince = 0;
      return {
        on: {
          step: (event, process) => {
            if (!isWorkers(event)) return;
            const { from, to, event: kind } = stepOf(event);
            const { life } = process;
            const silence = run.now - Math.max(heard.get(life) ?? 0, idleSince.get(life) ?? 0);
            if (to === 'idle' && from !== 'idle') idleSince.set(life, run.now);
            if (kind === 'silence' && to === 'resting') {
              if (silence < expiry - 2) run.violated(`${life} has left after ${Math.round(silence)} ms of silence`);
              else if (
                isMild(run, rules) &&
                isUnbroken(run) &&
                run.processOf(broker)?.state === 'running' &&
                brokerSince < (idleSince.get(life) ?? 0)
              )
                run.violated(`${life} has left, and its broker was well`);
            } else if (from === 'idle' && to === 'idle' && kind !== 'HEARTBEAT') {
              const waited = Math.min(silence, run.now - process.resumedAt);
              if (waited > expiry + SLACK_MS)
                run.violated(`${life} still counts on a broker that has been silent for ${Math.round(waited)} ms`);
            }
          },
          boot: (_event, process) => {
            if (process.node === broker) brokerSince = run.now;
          },
        },
        delivered(to, from) {
          if (from === broker) heard.set(to.life, run.now);
        },
      };
    },
  };
}

/** Heartbeats that are sent ahead of what time and answers account for: one, and one more that a timer and an answer share. */
const MOST_AHEAD = 2;

/** PP3: heartbeats are few. */
function modesty(broker: string, { heartbeatInterval, frames, strangers }: BalancedRules): Invariant {
  return {
    id: 'PP3',
    sentence:
      'a peer is sent one heartbeat in each interval, and besides no more than one for every two of its own: those answer a peer that beats faster',
    watch(run) {
      /** Of each way: how many heartbeats it is ahead, and when that was so. */
      const ways = new Map<string, { ahead: number; at: number }>();
      const wayOf = (life: string, peer: string): { ahead: number; at: number } => {
        const name = `${life}>${peer}`;
        let way = ways.get(name);
        if (way === undefined) ways.set(name, (way = { ahead: 0, at: run.now }));
        way.ahead = Math.max(0, way.ahead - (run.now - way.at) / heartbeatInterval);
        way.at = run.now;
        return way;
      };
      const isJudged = ({ node }: ProcessView): boolean => !strangers.includes(node);
      return {
        sent(from, to, peer, said) {
          if (!frames.isHeartbeat(said) || !isJudged(from) || (from.node !== broker && to !== broker)) return;
          const way = wayOf(from.life, peer);
          way.ahead++;
          if (way.ahead > MOST_AHEAD + 0.01)
            run.violated(`${from.life} has sent ${peer} ${way.ahead.toFixed(1)} heartbeats more than one in ${heartbeatInterval} ms`);
        },
        delivered(to, from, peer, said) {
          if (!frames.isHeartbeat(said) || !isJudged(to) || (to.node !== broker && from !== broker)) return;
          const way = wayOf(to.life, peer);
          way.ahead = Math.max(0, way.ahead - 0.5);
        },
      };
    },
  };
}
