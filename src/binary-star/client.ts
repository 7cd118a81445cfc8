/** The client of a Binary Star (Guide, chapter 4): knows both servers, and finds the one that serves. */
import type { SeaworthyError } from '../core/errors.ts';
import type { AttemptOutcome } from '../core/requests.ts';
import { RetryingClient, type LazyPirateClientEvents, type RetryingClientSnapshot } from '../lazy-pirate/client.ts';
import { decodeAtClient, requestToServer, type CommandAtClient } from '../lazy-pirate/codec.ts';
import { Epochs } from '../runtime/epochs.ts';
import type { RequesterCounters } from '../runtime/requester.ts';
import { epochMarkIn, type EpochMark } from '../wire/epoch.ts';
import type { Frame, Message } from '../wire/message.ts';
import { binaryStarClientSettings, type BinaryStarClientMode, type BinaryStarClientOptions } from './client-options.ts';

export interface BinaryStarClientEvents extends LazyPirateClientEvents {
  /** The server at `endpoint` says that it does not serve, another does. */
  serverPassive: { readonly endpoint: string };
  /** The server at `endpoint` answered in an epoch that is over: another has taken over from it in epoch `known`. Its answer was not believed. */
  serverFenced: { readonly endpoint: string; readonly epoch: number; readonly known: number };
  /** A server told of a later epoch than any known before. */
  epochLearned: { readonly endpoint: string; readonly epoch: number };
}

export interface BinaryStarClientCounters extends RequesterCounters {
  /** Attempts that reached a passive server. */
  passive: number;
  /** Answers that were not believed, because their server had been replaced. */
  fenced: number;
}

export interface BinaryStarClientSnapshot extends RetryingClientSnapshot {
  readonly role: 'binary-star-client';
  readonly mode: BinaryStarClientMode;
  /** The highest epoch that the client has met; 0 for none. */
  readonly epoch: number;
  readonly counters: Readonly<BinaryStarClientCounters>;
}

type Refusal = { readonly kind: 'REFUSAL'; readonly ran: boolean };

/**
 * Asks the server of a Binary Star that answered last. When it does not answer within `requestTimeout`, is lost, is passive or has been replaced,
 * the request goes to the other one, after a short pause, and so on in turn, `requestRetries` times in all; requests that wait for a connection
 * go there as well. A request never ends twice, and never with another's reply. The servers may do the work more than once.
 *
 * @example
 * const client = BinaryStarClient.connect(['tcp://127.0.0.1:5001', 'tcp://127.0.0.1:5002']);
 * const reply = await client.request('hello');
 */
export class BinaryStarClient extends RetryingClient<BinaryStarClientEvents> {
  readonly #mode: BinaryStarClientMode;
  readonly #epochs = new Epochs();

  /**
   * Nothing is connected before there is a request.
   *
   * @param endpoints where the primary and the backup serve. One is enough as long as it serves; more than two are asked in turn, and one that is given twice counts once.
   * @throws InvalidOption, InvalidEndpoint at once.
   */
  static connect(endpoints: string | readonly string[], options: BinaryStarClientOptions = {}): BinaryStarClient {
    const client = new BinaryStarClient(endpoints, options);
    client.startAsking();
    return client;
  }

  private constructor(endpoints: string | readonly string[], options: BinaryStarClientOptions) {
    const settings = binaryStarClientSettings(options);
    super('binary-star-client', endpoints, options, settings, settings.mode === 'hardened');
    this.#mode = settings.mode;
  }

  protected override encode(body: readonly Frame[]): readonly Frame[] {
    const request = requestToServer(body);
    return this.#mode === 'hardened' ? [this.#epochs.mark, ...request] : request;
  }

  protected override decode(message: Message, endpoint: string): CommandAtClient | Refusal {
    const mark = this.#mode === 'hardened' && message.frameCount > 0 ? epochMarkIn(message, 0) : undefined;
    if (mark === undefined) return decodeAtClient(message);
    const command = decodeAtClient(message, 1);
    if (command.kind === 'INVALID' && mark.kind !== 'passive') return command;
    return this.#refusal(mark, endpoint) ?? command;
  }

  #refusal(mark: EpochMark, endpoint: string): Refusal | undefined {
    const before = this.#epochs.known;
    const verdict = this.#epochs.judge(mark);
    const { known } = this.#epochs;
    if (known > before) this.emit('epochLearned', { endpoint, epoch: known });
    if (verdict === 'fine' || verdict === 'learned') return undefined;
    if (verdict === 'passive') this.emit('serverPassive', { endpoint });
    else this.emit('serverFenced', { endpoint, epoch: mark.epoch, known });
    this.avoid(endpoint);
    return { kind: 'REFUSAL', ran: verdict === 'fenced' };
  }

  protected override sayRetried(attempt: number, after: AttemptOutcome, endpoint: string): void {
    this.emit('requestRetried', { attempt, after, endpoint });
  }

  protected override sayStale(endpoint: string): void {
    this.emit('staleReply', { endpoint });
  }

  protected override sayClosed(): void {
    this.emit('closed', { endpoints: this.endpoints });
  }

  protected override sayUnusable(error: SeaworthyError): void {
    this.emit('unusable', { error });
  }

  /** A plain snapshot: the epoch, the open requests, the connections, what was counted. */
  inspect(): BinaryStarClientSnapshot {
    const { counters, ...snapshot } = this.snapshot();
    const { known, passive, fenced } = this.#epochs;
    return { role: 'binary-star-client', mode: this.#mode, epoch: known, ...snapshot, counters: { ...counters, passive, fenced } };
  }
}
