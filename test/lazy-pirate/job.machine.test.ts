/** One request at a Lazy Pirate server, arrow by arrow and cell by cell. */
import { lazyPirateJob, type LazyPirateJobMachine } from '../../src/lazy-pirate/job.machine.ts';
import { Rows } from '../support/rows.ts';

type State = LazyPirateJobMachine['state'];
type Event = LazyPirateJobMachine['event'];

const { moves, stays, never, coverEverything } = new Rows(lazyPirateJob, {});

const waiting: State = { kind: 'waiting' };
const working: State = { kind: 'working' };
const abandoned: State = { kind: 'abandoned' };
const done: State = { kind: 'done' };

const body = [Buffer.from('body')];
const place: Event = { kind: 'place' };
const handlerDone: Event = { kind: 'handlerDone', body };
const handlerFailed: Event = { kind: 'handlerFailed' };
const clientGone: Event = { kind: 'clientGone' };
const stop: Event = { kind: 'stop' };

moves('its turn comes: the handler is called', waiting, place, working, [['run']]);
moves('its client leaves before its turn', waiting, clientGone, done, [['finish', 'dropped']]);
moves('the server closes before its turn', waiting, stop, done, [['finish', 'dropped']]);
never('nothing is done before its turn', waiting, handlerDone, 'no handler runs');
never('nothing fails before its turn', waiting, handlerFailed, 'no handler runs');

moves('the work is done: it is answered', working, handlerDone, done, [
  ['reply', body],
  ['finish', 'replied'],
]);
moves('the handler throws: nothing is answered', working, handlerFailed, done, [['finish', 'failed']]);
moves('its client leaves during the work: the handler is told', working, clientGone, abandoned, [['abort']]);
moves('the server has no more patience: the handler is told', working, stop, abandoned, [['abort']]);
never('it is placed once', working, place, 'it has its handler');

moves('work that nobody waits for is done', abandoned, handlerDone, done, [['finish', 'discarded']]);
moves('work that nobody waits for fails', abandoned, handlerFailed, done, [['finish', 'discarded']]);
stays('its client leaves after the server had given it up', abandoned, clientGone, 'nobody waits already');
stays('the server closes after its client had left', abandoned, stop, 'nobody waits already');
never('abandoned work is not placed', abandoned, place, 'it has its handler');

stays('its client leaves afterwards', done, clientGone, 'it has ended');
stays('the server closes afterwards', done, stop, 'it has ended');
never('it is placed once and for all', done, place, 'it has ended');
never('its handler ends once', done, handlerDone, 'its handler has ended');
never('its handler fails once', done, handlerFailed, 'its handler has ended');

coverEverything();
