/** One half of a pair as in the Guide (chapter 4, `bstar`): the machine, published to the peer and subscribed from it. */
import { Performer } from '../runtime/actor.ts';
import { TransportUnavailable, type Publisher, type Subscriber, type Transport } from '../transport/transport.ts';
import { decodeClassicWord, encodeClassicWord } from './codec.ts';
import { classicBinaryStar, type ClassicBinaryStarEffects, type ClassicBinaryStarMachine, type ClassicWord } from './classic.machine.ts';
import type { Half, PeerSnapshot, Stage } from './half.ts';
import type { BinaryStarPlace, BinaryStarSettings } from './options.ts';

const EVENT_OF = { primary: 'PRIMARY', backup: 'BACKUP', active: 'ACTIVE', passive: 'PASSIVE' } as const;

export class ClassicHalf implements Half {
  readonly epoch = 0;
  readonly hints = false;
  readonly #stage: Stage;
  readonly #place: Omit<BinaryStarPlace, 'frontends'>;
  readonly #settings: BinaryStarSettings;
  readonly #machine: Performer<ClassicBinaryStarMachine>;
  #publisher: Publisher | undefined;
  #subscriber: Subscriber | undefined;
  #word: ClassicWord | undefined;
  #heardAt = -Infinity;
  #there = false;

  constructor(stage: Stage, place: Omit<BinaryStarPlace, 'frontends'>, settings: BinaryStarSettings) {
    this.#stage = stage;
    this.#place = place;
    this.#settings = settings;
    const { heartbeatInterval, failoverTimeout } = settings;
    const context = { role: place.role, heartbeatInterval, failoverTimeout };
    this.#machine = new Performer(classicBinaryStar, stage.driver, context, stage.observer, this.#effects());
  }

  get kind(): string {
    return this.#machine.state.kind;
  }

  async open(transport: Transport): Promise<void> {
    if (transport.publish === undefined || transport.subscribe === undefined)
      throw new TransportUnavailable(transport.name, { cause: new Error('classic mode publishes and subscribes, which it cannot') });
    const { handshakeTimeout, heartbeatInterval, failoverTimeout } = this.#settings;
    this.#publisher = await transport.publish(this.#place.peer.listen, { handshakeTimeout });
    const handler = this.#stage.handlerOf(
      (peer, message) => {
        const word = decodeClassicWord(message);
        if (word === undefined) this.#stage.invalid(peer, 'not a state of the Guide’s');
        else this.#hear(word);
      },
      () => {
        // The Guide's servers wait for their peer's silence.
      },
    );
    try {
      // A peer that is silent may have been cut off without a word: only a ping tells, and makes the transport connect anew.
      const transportHeartbeat = { interval: heartbeatInterval, timeout: failoverTimeout };
      this.#subscriber = transport.subscribe(this.#place.peer.connect, handler, { transportHeartbeat });
    } catch (error) {
      await this.#publisher.close(0);
      throw error;
    }
  }

  #hear(word: ClassicWord): void {
    // Nobody can listen for what it would tell yet; the peer says it again.
    if (this.kind === 'new') return;
    if (word === this.#place.role) this.#stage.misconfigured(`both servers are set up as ${word}`);
    this.#word = word;
    this.#heardAt = this.#stage.driver.now;
    if (!this.#there) {
      this.#there = true;
      this.#stage.peerChanged(true);
    }
    const before = this.kind;
    this.#machine.step({ kind: EVENT_OF[word] });
    if (this.kind === 'passive' && before !== 'passive') this.#stage.followed(0);
  }

  start(): void {
    this.#machine.step({ kind: 'start' });
  }

  vote(): void {
    this.#machine.step({ kind: 'clientRequest' });
  }

  wake(): void {
    // The Guide's servers serve on after a standstill.
  }

  mustWake(): boolean {
    return false;
  }

  activate(): void {
    // The Guide's table has no such arrow.
  }

  handOver(): void {
    // The Guide's table has no such arrow.
  }

  drained(): void {
    // The end does not wait.
  }

  end(): void {
    this.#machine.step({ kind: 'close' });
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  replicate(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async close(): Promise<void> {
    await Promise.all([this.#publisher?.close(0), this.#subscriber?.close(0)]);
  }

  peer(): PeerSnapshot {
    const role = this.#word === 'primary' || this.#word === 'backup' ? this.#word : undefined;
    const silentFor = this.#stage.driver.clock.now() - this.#heardAt;
    return { there: this.#there, role, word: this.#word, epoch: 0, silentFor };
  }

  replication(): undefined {
    return undefined;
  }

  #effects(): ClassicBinaryStarEffects & { refuse(): void } {
    return {
      publish: (word) => {
        this.#publisher?.publish(encodeClassicWord(word));
      },
      serve: () => {
        this.#stage.serve(0, this.#there && this.#word !== 'active' ? 'peer-waiting' : 'peer-silent');
      },
      halt: (why) => {
        this.#stage.halt(why);
      },
      retreat: () => {
        this.#stage.retreat('closed', 0);
      },
      missPeer: () => {
        if (!this.#there) return;
        this.#there = false;
        this.#stage.peerChanged(false);
      },
      refuse: () => {
        // No cell of this machine refuses anything.
      },
    };
  }
}
