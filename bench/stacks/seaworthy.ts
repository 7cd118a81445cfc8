/** This library: client, broker, eight workers, default options. `SEAWORTHY_TRANSPORT` names the transport, `WORKER_OPTIONS` those of workers. */
import { MajordomoClient, MajordomoWorker, type MajordomoWorkerOptions } from 'seaworthy/majordomo';
import type { Stack } from './stack.ts';

const WORKERS = 8;
const SERVICE = 'echo';

export const stack: Stack = {
  serve(place) {
    const options = JSON.parse(process.env['WORKER_OPTIONS'] ?? '{}') as MajordomoWorkerOptions;
    for (let i = 0; i < WORKERS; i++) MajordomoWorker.connect(place, SERVICE, (request) => request.body, options);
    return Promise.resolve(place);
  },
  connect(place) {
    const client = MajordomoClient.connect(place);
    return Promise.resolve(async (body) => (await client.request(SERVICE, body)).body[0] as Buffer);
  },
};
