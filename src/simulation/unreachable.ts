/**
 * Cells that the roles cannot reach in a simulation, and why. Tables are total, also where the shell around them delivers nothing; such cells
 * are tested row by row. A campaign that reaches one of them says so: then this list is wrong. Those of `TOO_RARE` could be reached: `npm run
 * prove` does not, with as many seeds as it has.
 */
const NO_CONNECTION_YET = 'it has no connection yet';
const LEFT = 'its connection is closed, and brings nothing more';
const FORGOTTEN = 'whoever steps it has forgotten it';
const AT_ONCE = 'a simulated transport is there when the role is made; ZeroMQ is loaded later';
const NO_LAST_WORD = 'only a last word that does not fit into its connection’s queue brings it about';
const NO_SUCH_WORD = 'the pirates’ codecs know no such command';
const ONLY_REGISTERED = 'only registered workers are dismissed';
const NOT_KEPT = 'a peer without a worker’s state has no session that is kept';
const OWN_CONNECTION = 'what comes while it waits comes over a connection that is not its own';
const DOUBT_IS_SHARED = 'where there is one broker, only requests that share the connection doubt it, and then it is correlated';
const ONCE = 'it happens once';
const STARTS_AT_ONCE = 'a simulated socket is open when the machine starts; one of ZeroMQ may hear something before';
const ROLE_REFUSES = 'the role refuses it to whoever asks';
const NOT_CLAIMED = 'it has not claimed anything yet';
const NOT_TOLD = 'a drain that a retreat has overtaken is not told';
const ASKED_FIRST = 'of whom nothing was heard is asked before its resignation counts';
const ACTIVE_FIRST = 'who resigns was active, and that is heard first';
const HELD_BACK = 'what clients say waits meanwhile';
const ENDS_AT_ONCE = 'it ends in the same moment';
const LONGER_THAN_GREETING = 'greetings last 100 ms, and the clients of the worlds ping less often';
const NOT_ASKED = 'no request goes to a server that is greeted';
const ALL_LOST = 'what was under way to a server is lost with it, before it could be overdue';
const GIVEN_UP = 'a copy that was given up is lost no more';

const TOO_RARE = 'it takes two or three faults in one moment, which no seed of the proof draws';

const cells = (states: string, events: string, why: string): readonly (readonly [cell: string, why: string])[] =>
  states.split(' ').flatMap((state) => events.split(' ').map((event) => [`${state} × ${event}`, why] as const));

/** Machine → cell → why. */
export const UNREACHABLE: { readonly [machine: string]: ReadonlyMap<string, string> } = {
  LazyPirateRequest: new Map([
    ...cells('new', 'REPLY connectionLost', NO_CONNECTION_YET),
    ...cells('queued', 'REPLY connectionLost', NO_CONNECTION_YET),
    ...cells('pausing', 'REPLY connectionLost', LEFT),
    ...cells('settled', 'REPLY connectionLost abort close', FORGOTTEN),
    ...cells('new queued', 'REFUSAL', NO_CONNECTION_YET),
    ...cells('pausing', 'REFUSAL', LEFT),
    ...cells('settled', 'REFUSAL', FORGOTTEN),
  ]),
  LazyPirateJob: new Map([...cells('abandoned', 'clientGone', ONCE), ...cells('done', 'clientGone stop', FORGOTTEN)]),
  LoadBalancedWorker: new Map([
    ...cells('new', 'REQUEST HEARTBEAT DISCONNECT INVALID brokerGone', NO_CONNECTION_YET),
    ...cells('new', 'close', AT_ONCE),
    ...cells('closed', 'start', AT_ONCE),
    ...cells('orphaned resting closed', 'REQUEST HEARTBEAT DISCONNECT INVALID', LEFT),
    ...cells('orphaned resting closed', 'brokerGone', NO_LAST_WORD),
    ...cells('draining closed', 'close', ONCE),
  ]),
  WorkerSession: new Map([
    ...cells('unknown idle busy lapsed gone', 'DISCONNECT FAILURE CREDIT', NO_SUCH_WORD),
    ...cells('unknown lapsed gone', 'dismiss', ONLY_REGISTERED),
  ]),
  MajordomoSession: new Map([...cells('unknown', 'INVALID peerGone', NOT_KEPT), ...cells('unknown gone', 'dismiss', ONLY_REGISTERED)]),
  FreelanceEndpoint: new Map([
    ...cells('new', 'HEARD overdue connectionLost', NO_CONNECTION_YET),
    ...cells('new', 'remove', AT_ONCE),
    ...cells('greeting dead', 'connectionLost', TOO_RARE),
    ...cells('greeting', 'overdue', NOT_ASKED),
    ...cells('greeting', 'pingInterval timeToLive', LONGER_THAN_GREETING),
    ...cells('dead', 'overdue', ALL_LOST),
    ...cells('removed', 'HEARD connectionLost', LEFT),
    ...cells('removed', 'overdue remove', FORGOTTEN),
  ]),
  FreelanceRequest: new Map([
    ...cells('new', 'REPLY connectionLost hedgeLost', NO_CONNECTION_YET),
    ...cells('queued pausing', 'connectionLost hedgeLost', GIVEN_UP),
    ...cells('sent', 'hedgeLost', GIVEN_UP),
    ...cells('surviving', 'connectionLost', GIVEN_UP),
    ...cells('settled', 'REPLY connectionLost hedgeLost abort close', FORGOTTEN),
  ]),
  MajordomoRequest: new Map([
    ...cells('new', 'REPLY FAILURE connectionLost', NO_CONNECTION_YET),
    ...cells('queued', 'REPLY FAILURE connectionLost', OWN_CONNECTION),
    ...cells('pausing', 'connectionLost', OWN_CONNECTION),
    ...cells('settled', 'REPLY FAILURE connectionLost abort close', FORGOTTEN),
  ]),
  MajordomoLink: new Map([
    ...cells('new', 'ANSWER brokerGone doubt', NO_CONNECTION_YET),
    ...cells('new', 'close', AT_ONCE),
    ...cells('closed', 'start', AT_ONCE),
    ...cells('probing plain', 'doubt', DOUBT_IS_SHARED),
    ...cells('resting closed', 'ANSWER brokerGone doubt', LEFT),
    ...cells('closed', 'close', ONCE),
  ]),
  BinaryStar: new Map([
    ...cells('waiting', 'peerDied', TOO_RARE),
    ...cells('lone', 'TWIN peerDied stoodStill close', TOO_RARE),
    ...cells('passive', 'granted', TOO_RARE),
    ...cells('deserted', 'peerDied stoodStill granted denied close', TOO_RARE),
    ...cells('doubting', 'RESIGNED stoodStill granted denied close', TOO_RARE),
    ...cells('resigning', 'RESIGNED denied', TOO_RARE),
    ...cells('closed', 'RESIGNED granted denied', TOO_RARE),
    ...cells('new', 'WAITING ACTIVE PASSIVE RESIGNED TWIN clientRequest peerDied stoodStill granted denied close', STARTS_AT_ONCE),
    ...cells('new passive electing active doubting resigning closed', 'activate', ROLE_REFUSES),
    ...cells('new waiting lone passive deserted electing doubting resigning closed', 'handOver', ROLE_REFUSES),
    ...cells('waiting lone', 'granted denied', NOT_CLAIMED),
    ...cells('passive deserted electing active doubting closed', 'drained', NOT_TOLD),
    ...cells('lone deserted', 'RESIGNED', ASKED_FIRST),
    ...cells('waiting', 'RESIGNED', ACTIVE_FIRST),
    ...cells('doubting', 'clientRequest', HELD_BACK),
    ...cells('closed', 'start', STARTS_AT_ONCE),
    ...cells('closed', 'clientRequest', LEFT),
    ...cells('closed', 'close', ONCE),
  ]),
  ClassicBinaryStar: new Map([
    ...cells('new', 'PRIMARY BACKUP ACTIVE PASSIVE clientRequest close', STARTS_AT_ONCE),
    ...cells('halted', 'clientRequest', ENDS_AT_ONCE),
    ...cells('closed', 'start', STARTS_AT_ONCE),
    ...cells('closed', 'PRIMARY BACKUP ACTIVE PASSIVE clientRequest', LEFT),
    ...cells('closed', 'close', ONCE),
  ]),
};
