import { afterAll, beforeAll } from 'vitest';
import { Random } from '../../src/core/random.ts';
import { Agenda } from '../../src/simulation/agenda.ts';
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../../src/simulation/network.ts';
import { SimulatedProcess } from '../../src/simulation/process.ts';
import type { Connector, Subscriber } from '../../src/transport/transport.ts';
import { conformQueues } from './queues.ts';
import { conform } from './suite.ts';
import type { Ground } from './world.ts';

const agenda = new Agenda();
let pump: NodeJS.Timeout | undefined;

beforeAll(() => {
  // Simulated time passes as real time does: the scripts wait for what comes.
  const began = performance.now();
  pump = setInterval(() => {
    const now = performance.now() - began;
    while (agenda.step(now));
  }, 1);
});

afterAll(() => {
  clearInterval(pump);
});

function simulatedGround(name: string, options: SimulatedNetworkOptions): Ground {
  const random = new Random(name);
  const network = new SimulatedNetwork(agenda, random, options);
  const transport = network.transportOf(new SimulatedProcess('here', 1, random.split('here'), agenda));
  let moorings = 0;
  return {
    name,
    resetReason: 'disconnected',
    comesBackFromLimits: false,
    transport,
    freeEndpoint: () => 'sim://quay:*',
    emptyEndpoint: async () => `sim://mooring-${++moorings}`,
    async line(endpoint) {
      const connectors = new Set<Connector | Subscriber>();
      const forEach = (what: (connector: Connector | Subscriber) => void) => () => {
        connectors.forEach(what);
      };
      return {
        connect(handler, connectOptions) {
          const connector = transport.connect(endpoint, handler, connectOptions);
          connectors.add(connector);
          return connector;
        },
        subscribe(handler, connectOptions) {
          const subscriber = transport.subscribe(endpoint, handler, connectOptions);
          connectors.add(subscriber);
          return subscriber;
        },
        cut: forEach((connector) => {
          network.cutConnector(connector);
        }),
        freeze: forEach((connector) => {
          network.freezeConnector(connector, true);
        }),
        thaw: forEach((connector) => {
          network.freezeConnector(connector, false);
        }),
        close: async () => {},
      };
    },
  };
}

for (const ground of [
  simulatedGround('simulated', {}),
  simulatedGround('simulated, with late answers,', { lateAnswers: true }),
  simulatedGround('simulated without notices', { disconnectNotices: false }),
]) {
  conform(ground);
  conformQueues(ground);
}
