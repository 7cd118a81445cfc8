/** The halves of a Binary Star in a story, the arbiter that they may ask, and what an operator can tell them. */
import type { Arbiter } from '../binary-star/arbiter.ts';
import type { StateHandover } from '../binary-star/replication.ts';
import { BinaryStar, type BinaryStarServiceStarter } from '../binary-star/server.ts';
import { SeaworthyError } from '../core/errors.ts';
import { LazyPirateClient } from '../lazy-pirate/client.ts';
import { LazyPirateServer } from '../lazy-pirate/server.ts';
import type { FrameLike } from '../wire/message.ts';
import type { Host, Keepable } from './host.ts';
import { endpointOf, listenTo, type StoryHandler, type StoryOptions } from './story-roles.ts';
import { shown, stateInWords } from './story-words.ts';

const ARBITER = 'arbiter';
/** A claim that is not answered has failed: well before the next one is due. */
const CLAIM_TIMEOUT_MS = 400;

/** What a half of a pair is given by its story. */
export interface HalfSetting {
  readonly handler: StoryHandler;
  /** The server inside cannot be started. */
  readonly isSpoilt: boolean;
  readonly hasArbiter: boolean;
  /** `role`, by default the node's name; `state shared`: there is a state to hand over; the others are the role's own. */
  readonly options: StoryOptions;
  readonly tell: (fact: string) => void;
}

/** Which nodes are the halves of a pair. */
export function isHalf(node: string): boolean {
  return node === 'primary' || node === 'backup';
}

/** A `BinaryStar` before a `LazyPirateServer`, with what belongs to it in its process. */
export class StoryHalf implements Keepable {
  readonly events: BinaryStar['events'];
  readonly #star: BinaryStar;
  readonly #asking: LazyPirateClient | undefined;
  readonly #state: SharedState | undefined;
  readonly #tell: HalfSetting['tell'];

  static async listen(host: Host, setting: HalfSetting): Promise<StoryHalf> {
    const { name } = host;
    const { role = name, state: shared, ...options } = setting.options;
    const other = name === 'primary' ? 'backup' : 'primary';
    const state = shared === 'shared' ? new SharedState(setting.tell) : undefined;
    const asking = setting.hasArbiter ? askingClient(host) : undefined;
    const star = await BinaryStar.listen(
      {
        role: role as 'primary',
        frontends: endpointOf(name, 'clients'),
        peer: { listen: peerEndpointOf(name), connect: peerEndpointOf(other) },
      },
      serverInside(host, setting),
      {
        ...host.ports,
        ...options,
        ...(state === undefined ? {} : { state }),
        ...(asking === undefined ? {} : { arbiter: arbiterBy(asking) }),
      },
    );
    return new StoryHalf(star, asking, state, setting.tell);
  }

  private constructor(star: BinaryStar, asking: LazyPirateClient | undefined, state: SharedState | undefined, tell: HalfSetting['tell']) {
    this.events = star.events;
    this.#star = star;
    this.#asking = asking;
    this.#state = state;
    this.#tell = tell;
  }

  inspect(): object {
    return this.#star.inspect();
  }

  /** The arbiter is told last. */
  async close(): Promise<void> {
    await this.#star.close();
    await this.#asking?.close();
  }

  serve(): void {
    try {
      this.#star.activate();
    } catch (error) {
      this.#decline(error);
    }
  }

  handOver(): void {
    this.#star.handOver().catch((error: unknown) => {
      this.#decline(error);
    });
  }

  /** Changes the state, and passes the change on. */
  passOn(update: Buffer): void {
    this.#state?.texts.push(update);
    this.#star.replicate(update).then(
      (applied) => {
        this.#tell(`knows that ${shown([update])} ${applied ? 'is safe' : 'was not applied elsewhere'}`);
      },
      (error: unknown) => {
        this.#decline(error);
      },
    );
  }

  #decline(error: unknown): void {
    this.#tell(error instanceof SeaworthyError ? error.message : String(error));
  }
}

function peerEndpointOf(node: string): string {
  return `${endpointOf(node, 'clients')}/peer`;
}

function serverInside(host: Host, { handler, isSpoilt, tell }: HalfSetting): BinaryStarServiceStarter {
  return async ({ transport, frontend }) => {
    if (isSpoilt) throw new Error('as the story says');
    const server = await LazyPirateServer.listen(frontend, handler, { ...host.ports, transport });
    // That it closes when its half does not serve any more is told of the half.
    listenTo(server, '', tell, ['closed']);
    return server;
  };
}

/** What the two halves share: texts, in the order in which they came. */
class SharedState implements StateHandover {
  texts: Buffer[] = [];
  readonly #tell: HalfSetting['tell'];

  constructor(tell: HalfSetting['tell']) {
    this.#tell = tell;
  }

  snapshot(): FrameLike[] {
    return [...this.texts];
  }

  restore(snapshot: readonly Buffer[]): void {
    this.texts = [...snapshot];
    this.#tell(`holds ${stateInWords(this.texts)}`);
  }

  apply(update: readonly Buffer[]): void {
    this.texts.push(...update);
    this.#tell(`holds ${stateInWords(this.texts)}`);
  }
}

/* ------------------------------------------------------------------ the arbiter */

function askingClient(host: Host): LazyPirateClient {
  return LazyPirateClient.connect(endpointOf(ARBITER, 'clients'), { ...host.ports, requestTimeout: CLAIM_TIMEOUT_MS, requestRetries: 1 });
}

/** Asks over the network, one attempt for each claim: the half makes it again. */
function arbiterBy(client: LazyPirateClient): Arbiter {
  let held = 0;
  return {
    claim: async ({ instance, epoch, leaseTime }) => {
      const what = epoch === held ? 'a renewal' : 'a claim';
      const { body } = await client.request([what, String(epoch), instance, String(leaseTime)]);
      const [answer, granted] = body.map(String);
      if (answer === 'a refusal') return { granted: false, epoch: Number(granted) };
      held = Number(granted);
      return { granted: true, epoch: held };
    },
    release: async ({ instance, epoch }) => {
      held = 0;
      await client.request(['the lease back', String(epoch), instance, '0']);
    },
  };
}

/** Keeps the lease, also while its node is down: it would be on a disk. */
export class StoryArbiter {
  #holder = '';
  #until = 0;
  #epoch = 0;

  listen(host: Host): Promise<LazyPirateServer> {
    const handle = (body: readonly Buffer[]): string[] => {
      const [what = '', epoch, instance = '', leaseTime] = body.map(String);
      return this.#answer(what, Number(epoch), instance, Number(leaseTime), host.ports.clock.now());
    };
    return LazyPirateServer.listen(endpointOf(ARBITER, 'clients'), ({ body }) => handle(body), host.ports);
  }

  #answer(what: string, epoch: number, instance: string, leaseTime: number, now: number): string[] {
    const isHolders = instance === this.#holder;
    if (what === 'the lease back') {
      // One that comes late is of an earlier lease.
      if (isHolders && epoch >= this.#epoch) this.#until = now;
      return ['thanks', String(epoch)];
    }
    if (!isHolders && this.#until > now) return ['a refusal', String(this.#epoch)];
    this.#epoch = Math.max(epoch, isHolders ? this.#epoch : this.#epoch + 1);
    this.#holder = instance;
    this.#until = now + leaseTime;
    return [what === 'a renewal' ? 'the lease, renewed' : 'the lease', String(this.#epoch)];
  }
}
