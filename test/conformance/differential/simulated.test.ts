/** The differential scripts on the simulated network alone: whatever the seed, the same trace. And: a difference would be found. */
import { describe, expect, test } from 'vitest';
import type { ConnectOptions, Connector, Peer, TransportHandler } from '../../../src/transport/transport.ts';
import { differences, perform, simulate, type Performance } from './perform.ts';
import type { Fact } from './script.ts';
import { LAST_FACT, SCRIPTS, UNCOVERED, scriptsFor } from './scripts.ts';
import { SimulatedSite } from './simulated-site.ts';

describe.each(['with', 'without'] as const)('%s notices', (notices) => {
  test.for(scriptsFor(notices).map((script) => [script.name, script] as const))('%s', async ([, script]) => {
    const performances = await simulate(script, notices === 'with');
    expect(differences(performances).join('\n')).toBe('');
    expect(alwaysTheSame(performances)).toEqual([]);
  });
});

/** What a script leaves to chance, and comes out in one way only. */
function alwaysTheSame(performances: readonly Performance[]): string[] {
  const [first] = performances;
  return (first?.outcomes ?? [])
    .filter(({ least, most, decidedBy }, index) => {
      const counts = new Set(performances.map(({ outcomes }) => outcomes[index]?.count));
      return least < most && decidedBy === 'chance' && counts.size === 1;
    })
    .map(({ what }) => what);
}

describe('the scripts', () => {
  test('are at least sixty, each with a name of its own', () => {
    expect(new Set(SCRIPTS.map((script) => script.name)).size).toBe(SCRIPTS.length);
    expect(SCRIPTS.length).toBeGreaterThanOrEqual(60);
  });

  test('show every fact but those that they say they do not', () => {
    const facts = Array.from({ length: LAST_FACT }, (_, index): Fact => `F-${index + 1}`);
    const shown = new Set(SCRIPTS.flatMap((script) => script.facts));
    expect(facts.filter((fact) => !shown.has(fact))).toEqual(Object.keys(UNCOVERED));
    expect([...shown].filter((fact) => !facts.includes(fact))).toEqual([]);
  });
});

/** A network that behaves in one way as libzmq does not. */
class FaultySite extends SimulatedSite {
  readonly #spoil: (handler: TransportHandler) => Partial<TransportHandler>;

  constructor(seed: string, spoil: (handler: TransportHandler) => Partial<TransportHandler>) {
    super(seed, true);
    this.#spoil = spoil;
  }

  override connect(name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Connector {
    return super.connect(name, endpoint, this.#faulty(handler), options);
  }

  override listen(...[name, endpoint, handler, options]: Parameters<SimulatedSite['listen']>): ReturnType<SimulatedSite['listen']> {
    return super.listen(name, endpoint, this.#faulty(handler), options);
  }

  #faulty(handler: TransportHandler): TransportHandler {
    const honest: TransportHandler = {
      message: (...given) => {
        handler.message(...given);
      },
      peerGone: (...given) => {
        handler.peerGone(...given);
      },
      overflow: (...given) => {
        handler.overflow(...given);
      },
      refused: (...given) => handler.refused?.(...given),
      batchEnd: () => {
        handler.batchEnd();
      },
    };
    return { ...honest, ...this.#spoil(handler) };
  }
}

const FAULTS: Readonly<Record<string, (handler: TransportHandler) => Partial<TransportHandler>>> = {
  'a message that comes twice': (handler) => {
    let count = 0;
    return {
      message: (peer, message) => {
        handler.message(peer, message);
        if (++count === 3) handler.message(peer, message);
      },
    };
  },
  'two messages that change places': (handler) => {
    let held: Parameters<TransportHandler['message']> | undefined;
    let count = 0;
    return {
      message: (peer, message) => {
        if (++count === 3) held = [peer, message];
        else handler.message(peer, message);
        if (count !== 4 || held === undefined) return;
        handler.message(...held);
      },
    };
  },
  'an end that nobody is told of': () => ({ peerGone: () => undefined }),
  'an end that is told for another reason': (handler) => ({
    peerGone: (peer) => {
      handler.peerGone(peer, 'heartbeat');
    },
  }),
  'a peer that has the same handle when it comes back': (handler) => {
    let first: Peer | undefined;
    return {
      message: (peer, message) => {
        first ??= peer;
        handler.message(first, message);
      },
      peerGone: () => undefined,
    };
  },
};

describe('what would be found', () => {
  test.for(Object.entries(FAULTS))('%s', async ([, spoil]) => {
    let found = 0;
    for (const script of SCRIPTS.filter(({ notices }) => notices !== 'without').filter((_, index) => index % 3 === 0)) {
      const honest = await perform(script, new SimulatedSite(script.name, true));
      // What a script waits for may never come, or its own expectations not hold: found as well.
      const faulty = await perform(script, new FaultySite(script.name, spoil)).catch(() => undefined);
      if (faulty === undefined || differences([honest, faulty]).length > 0) found++;
    }
    expect(found).toBeGreaterThan(0);
  });
});
