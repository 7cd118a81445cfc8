/** Scripts about what is said to everybody. What was missed is no loss: a trace has what was heard. */
import { numbered } from '../world.ts';
import type { Script } from './script.ts';

export const PUBLISHING: readonly Script[] = [
  {
    name: 'frames of every kind are published as they are',
    facts: ['F-7'],
    notices: 'both',
    async play(play) {
      const voice = await play.publish('publisher');
      const ear = play.subscribe('subscriber', voice);
      await voice.tune(ear);
      voice.say('one');
      voice.say('');
      voice.say('', 'MDPC01', '', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
      voice.say(...Array.from({ length: 40 }, (_, index) => Buffer.alloc(index, index)));
      voice.say(...numbered('', 300));
      voice.say(Buffer.alloc(2 ** 20, 'seaworthy'), 'end');
      await ear.hears(6);
    },
  },
  {
    name: 'who subscribes late has missed what was before',
    facts: [],
    notices: 'both',
    async play(play) {
      const voice = await play.publish('publisher');
      voice.sayAll(numbered('to nobody ', 20));
      const early = play.subscribe('early', voice);
      await voice.tune(early);
      voice.sayAll(numbered('to one ', 20));
      await early.hears(20);
      const late = play.subscribe('late', voice);
      await voice.tune(early, late);
      voice.sayAll(numbered('to both ', 20));
      await early.hears(40);
      await late.hears(20);
    },
  },
  {
    name: 'many subscribers hear the same, each in order',
    facts: ['F-7'],
    notices: 'both',
    async play(play) {
      const voice = await play.publish('publisher');
      const ears = numbered('subscriber ', 10).map((name) => play.subscribe(name, voice));
      await voice.tune(...ears);
      voice.sayAll(numbered('', 300));
      for (const ear of ears) await ear.hears(300);
    },
  },
  {
    name: 'five thousand messages are heard in order where the queues hold them',
    facts: ['F-7', 'F-11'],
    async play(play) {
      const voice = await play.publish('publisher', { highWaterMark: 0 });
      const ear = play.subscribe('subscriber', voice, { highWaterMark: 0 });
      await voice.tune(ear);
      voice.sayAll(numbered('', 5000));
      await ear.hears(5000);
    },
  },
  {
    name: 'a publisher that comes later is found, and one that comes after it as well; nobody is told of the end of the first',
    facts: ['F-14'],
    notices: 'both',
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const ear = play.subscribe('subscriber', endpoint, { reconnectInterval: 10 });
      await play.quiet();
      for (const [index, name] of ['first', 'second', 'third'].entries()) {
        const voice = await play.publish(name, { linger: 0 }, endpoint);
        await voice.tune(ear);
        voice.say(`from the ${name}`);
        await ear.hears(index + 1);
        await voice.close();
        voice.say('from nobody');
        await play.quiet();
      }
    },
  },
  {
    name: 'a connection that breaks while a publisher speaks: only its first messages arrive there, all of them elsewhere',
    facts: ['F-15'],
    async play(play) {
      const voice = await play.publish('publisher');
      const line = await play.line(voice);
      const torn = line.subscribe('torn', { reconnectInterval: 10 });
      const whole = play.subscribe('whole', voice);
      await voice.tune(torn, whole);
      line.freeze();
      voice.sayAll(numbered('held ', 50));
      await whole.hears(50);
      line.cut();
      line.thaw();
      await voice.tune(torn, whole);
      voice.say('again');
      await torn.hearsText('again');
      await whole.hearsText('again');
    },
  },
  {
    name: 'a link that stands still: all that the queues hold arrives when it moves again',
    facts: ['F-16'],
    notices: 'both',
    async play(play) {
      const voice = await play.publish('publisher');
      const line = await play.line(voice);
      const held = line.subscribe('held');
      const free = play.subscribe('free', voice);
      await voice.tune(held, free);
      line.freeze();
      voice.sayAll(numbered('', 100));
      await free.hears(100);
      await play.quiet();
      held.say('the link moves again');
      line.thaw();
      await held.hears(100);
    },
  },
  {
    name: 'a publisher that closes delivers its last words to those who are there',
    facts: ['F-19'],
    notices: 'both',
    async play(play) {
      const voice = await play.publish('publisher', { linger: 5000 });
      const ears = numbered('subscriber ', 3).map((name) => play.subscribe(name, voice));
      await voice.tune(...ears);
      voice.sayAll(numbered('last words ', 50));
      await voice.close();
      voice.say('from nobody');
      for (const ear of ears) await ear.hears(50);
      await play.quiet();
    },
  },
  {
    name: 'a subscriber that closes hears nothing more, and the others do',
    facts: ['F-20'],
    notices: 'both',
    async play(play) {
      const voice = await play.publish('publisher');
      const [leaving, staying] = [play.subscribe('leaving', voice), play.subscribe('staying', voice)];
      await voice.tune(leaving, staying);
      voice.say('to both');
      await leaving.hears(1);
      await leaving.close();
      voice.sayAll(numbered('to one ', 20));
      await staying.hears(21);
      await play.quiet();
    },
  },
  {
    name: 'an endpoint is taken by one publisher or listener at a time',
    facts: [],
    notices: 'both',
    async play(play) {
      const voice = await play.publish('publisher');
      await play.tryTo('publish', () => play.publish('another', {}, voice.endpoint));
      await play.tryTo('listen', () => play.listen('listener', {}, voice.endpoint));
      await play.tryTo('an impossible identity', () => play.listen('listener', { identity: '' }));
    },
  },
];
