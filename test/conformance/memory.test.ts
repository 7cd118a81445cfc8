import { createMemoryNetwork } from '../../src/transport/memory.ts';
import type { Connector, Subscriber } from '../../src/transport/transport.ts';
import { conformQueues } from './queues.ts';
import { conform } from './suite.ts';
import type { Ground } from './world.ts';

function memoryGround(name: string, disconnectNotices: boolean): Ground {
  let moorings = 0;
  const transport = createMemoryNetwork({ disconnectNotices });
  return {
    name,
    resetReason: 'disconnected',
    comesBackFromLimits: false,
    transport,
    freeEndpoint: () => 'memory://quay:*',
    emptyEndpoint: async () => `memory://mooring-${++moorings}`,
    async line(endpoint) {
      const connectors = new Set<Connector | Subscriber>();
      const forEach = (what: (connector: Connector | Subscriber) => void) => () => {
        connectors.forEach(what);
      };
      return {
        connect(handler, options) {
          const connector = transport.connect(endpoint, handler, options);
          connectors.add(connector);
          return connector;
        },
        subscribe(handler, options) {
          const subscriber = transport.subscribe(endpoint, handler, options);
          connectors.add(subscriber);
          return subscriber;
        },
        cut: forEach((connector) => transport.cut(connector)),
        freeze: forEach((connector) => transport.freeze(connector)),
        thaw: forEach((connector) => transport.thaw(connector)),
        close: async () => {},
      };
    },
  };
}

for (const ground of [memoryGround('memory', true), memoryGround('memory without notices', false)]) {
  conform(ground);
  conformQueues(ground);
}
