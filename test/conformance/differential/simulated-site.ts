/** The simulated network as a site: its time passes as fast as it can be computed, and only while a script waits. */
import { Random } from '../../../src/core/random.ts';
import { Agenda } from '../../../src/simulation/agenda.ts';
import { SimulatedNetwork, type Range } from '../../../src/simulation/network.ts';
import { SimulatedProcess } from '../../../src/simulation/process.ts';
import type {
  ConnectOptions,
  Connector,
  Listener,
  Publisher,
  SocketOptions,
  Subscriber,
  TransportHandler,
} from '../../../src/transport/transport.ts';
import type { Site, SiteLine } from './site.ts';

const PATIENCE_MS = 120_000;
/** Longer than anything takes here that takes a few ms with real sockets: a reconnection, a message on the slowest way. */
const CALM_MS = 500;
/** What a seed may draw for the time that a message takes. */
const DELAYS: readonly Range[] = [
  [0.05, 0.5],
  [0, 0],
  [0.01, 5],
  [1, 20],
];

export class SimulatedSite implements Site {
  readonly name: string = 'simulated';
  readonly #agenda: Agenda = new Agenda();
  readonly #random: Random;
  readonly #network: SimulatedNetwork;
  readonly #lateAnswers: boolean;
  readonly #processes = new Map<string, SimulatedProcess>();
  #moorings = 0;

  /** Half of the seeds answer sends late, as zeromq.js does. */
  constructor(seed: string, disconnectNotices: boolean) {
    this.#random = new Random(seed);
    this.#lateAnswers = this.#random.chance(0.5);
    const delay = this.#random.pick(DELAYS);
    this.#network = new SimulatedNetwork(this.#agenda, this.#random, { delay, disconnectNotices, lateAnswers: this.#lateAnswers });
  }

  async listen(name: string, endpoint: string, handler: TransportHandler, options: SocketOptions | undefined): Promise<Listener> {
    return this.#network.transportOf(this.#process(name)).listen(endpoint, handler, options);
  }

  connect(name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Connector {
    return this.#network.transportOf(this.#process(name)).connect(endpoint, handler, options);
  }

  publish(name: string, endpoint: string, options: SocketOptions | undefined): Promise<Publisher> {
    return this.#network.transportOf(this.#process(name)).publish(endpoint, options);
  }

  subscribe(name: string, endpoint: string, handler: TransportHandler, options: ConnectOptions | undefined): Subscriber {
    return this.#network.transportOf(this.#process(name)).subscribe(endpoint, handler, options);
  }

  async line(endpoint: string): Promise<SiteLine> {
    const network = this.#network;
    const connectors: (Connector | Subscriber)[] = [];
    let frozen = false;
    const freeze = (value: boolean) => () => {
      frozen = value;
      for (const connector of connectors) network.freezeConnector(connector, value);
    };
    const through = <S extends Connector | Subscriber>(connector: S): S => {
      connectors.push(connector);
      if (frozen) network.freezeConnector(connector, true);
      return connector;
    };
    return {
      connect: (name, handler, options) => through(this.connect(name, endpoint, handler, options)),
      subscribe: (name, handler, options) => through(this.subscribe(name, endpoint, handler, options)),
      cut: () => {
        for (const connector of connectors) network.cutConnector(connector);
      },
      freeze: freeze(true),
      thaw: freeze(false),
    };
  }

  freeEndpoint(): string {
    return 'sim://quay:*';
  }

  async emptyEndpoint(): Promise<string> {
    return `sim://mooring-${++this.#moorings}`;
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = this.#agenda.now + PATIENCE_MS;
    for (;;) {
      await promises();
      if (condition()) return;
      if (!this.#agenda.step(deadline)) throw new Error(`waited in vain for ${what}`);
    }
  }

  quiet(ms: number): Promise<void> {
    return this.#pass(ms + CALM_MS);
  }

  async settle(): Promise<void> {
    if (this.#lateAnswers) await this.#pass(0);
  }

  async stall(ms: number): Promise<void> {
    for (const process of this.#processes.values()) process.stop('stalled');
    this.#announce();
    await this.#pass(ms);
    for (const process of this.#processes.values()) process.resume();
    this.#announce();
  }

  async end(): Promise<void> {
    // Nothing of it is anywhere but here.
  }

  async #pass(ms: number): Promise<void> {
    const end = this.#agenda.now + ms;
    while (this.#agenda.step(end)) await promises();
  }

  #announce(): void {
    for (const process of this.#processes.values()) this.#network.processChanged(process);
  }

  #process(name: string): SimulatedProcess {
    const known = this.#processes.get(name);
    if (known !== undefined) return known;
    const process = new SimulatedProcess(name, 1, this.#random.split(name), this.#agenda);
    this.#processes.set(name, process);
    return process;
  }
}

/** Promises that are settled already have their say. */
async function promises(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await Promise.resolve();
}
