/** The world of the service: a broker, two workers that share a stock, and a customer. And what must hold in it. */
import { MajordomoBroker, MajordomoClient, MajordomoWorker } from 'seaworthy';
import { simulate, sometimes, type Invariant, type Program, type Simulation } from 'seaworthy/testkit';
import { Stock, decodeReply, encode, orderHandler, type Sell } from './orders.ts';

const BROKER = 'sim://broker';
const HEARTBEATS = { heartbeatInterval: 1000 };

const broker: Program = async (host) => {
  host.keep(await MajordomoBroker.listen(BROKER, { ...host.ports, ...HEARTBEATS }));
};

/** `host.work` lets the rules see what is asked and answered; time and chance are the host's. */
const worker =
  (sell: Sell, stock: Stock): Program =>
  (host) => {
    const handler = orderHandler(sell, stock, {
      sold: ({ id }) => {
        host.record('sold', { order: id });
      },
      receiptFound: () => {
        host.mark(CAME_AGAIN);
      },
      pack: () => host.sleep(20 + 180 * host.random()),
    });
    host.keep(MajordomoWorker.connect(BROKER, 'orders', host.work(handler), { ...host.ports, ...HEARTBEATS }));
  };

/** Orders every two seconds. Three attempts of 2.5 s, and the pauses between them, end within 8 s. */
const customer: Program = async (host) => {
  const client = host.keep(MajordomoClient.connect(BROKER, { ...host.ports, requestTimeout: 2500, requestRetries: 3 }));
  const order = async (id: string): Promise<void> => {
    const body = encode({ id, quantity: 1 });
    const reply = await host.ask({ body, within: 8000, send: () => client.request('orders', body) });
    if (reply !== undefined) host.record('confirmed', { order: id, status: decodeReply(reply.body).status });
  };
  for (let number = 1; ; number++) {
    await host.sleep(2000);
    // Not awaited: one order that takes long does not put the others off.
    void order(`${host.name}.${host.incarnation}.${number}`);
  }
};

/** A rule of one's own: it is given each event of its kinds, in each run anew. */
const soldOnce: Invariant = {
  id: 'sold once',
  sentence: 'stock is never sold twice for one order',
  watch(run) {
    const sales = new Map<unknown, string>();
    return {
      on: {
        sold: ({ order }, { life }) => {
          const before = sales.get(order);
          if (before !== undefined) run.violated(`order ${String(order)} was sold by ${before}, and again by ${life}`);
          sales.set(order, life);
        },
      },
    };
  },
};

const confirmedIsSold: Invariant = {
  id: 'confirmed is sold',
  sentence: 'what a customer holds a confirmation of was sold',
  watch(run) {
    const sold = new Set<unknown>();
    return {
      on: {
        sold: ({ order }) => {
          sold.add(order);
        },
        confirmed: ({ order, status }) => {
          if (status === 'sold' && !sold.has(order)) run.violated(`order ${String(order)} was confirmed and never sold`);
        },
      },
    };
  },
};

/** What must happen in some run, or the campaign has shown nothing. */
const CAME_AGAIN = 'an order came again, and its receipt was found';
const workerDown = sometimes('a worker is down', (world) => !world.isUp('worker-1') || !world.isUp('worker-2'));

/** The stock is made anew for each run, outside the programs: it outlives the workers, but not the run. */
export function shop(name: string, sell: Sell): Simulation {
  return simulate({
    name,
    nodes: () => {
      const stock = new Stock(1_000_000);
      return { customer, broker, 'worker-1': worker(sell, stock), 'worker-2': worker(sell, stock) };
    },
    faults: { ops: ['crash', 'stop', 'pause', 'partition', 'cut'], spared: ['customer'] },
    core: (random) => ['customer', 'broker', random.pick(['worker-1', 'worker-2'])],
    invariants: [soldOnce, confirmedIsSold, workerDown],
    sometimes: [CAME_AGAIN],
  });
}
