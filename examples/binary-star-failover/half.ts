/** One half of the pair, with a Majordomo broker inside that runs while this half is active. */
import { BinaryStar, MajordomoBroker } from 'seaworthy';
import { endWhenTold, report } from '../shared/child.ts';

const [role = '', frontends = '', listen = '', connect = ''] = process.argv.slice(2);

const half = await BinaryStar.listen(
  { role: role === 'primary' ? 'primary' : 'backup', frontends, peer: { listen, connect } },
  async ({ transport, frontend }) => {
    const broker = await MajordomoBroker.listen(frontend, { transport });
    broker.events.on('workerRegistered', () => {
      report('workerRegistered');
    });
    return broker;
  },
);
half.events.on('becameActive', () => {
  report('becameActive');
});
half.events.on('becamePassive', () => {
  report('becamePassive');
});
endWhenTold(half);
report('listening');
