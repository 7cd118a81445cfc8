/** A worker in a worker thread. Its answers to first deliveries never come. */
import { workerData } from 'node:worker_threads';
import { MajordomoWorker } from '../../../dist/majordomo/worker.js';

const { endpoint, transport } = workerData;
const answer = ({ body }, { attempt }) => (attempt === 1 ? new Promise(() => undefined) : body);
MajordomoWorker.connect(endpoint, 'echo', answer, { transport });
