/** What the load generators know of MDP/0.1 (RFC 7): nothing of ours, so that every broker is measured by the same plain peers. */
export const EMPTY: Buffer = Buffer.alloc(0);
export const CLIENT: Buffer = Buffer.from('MDPC01');
export const WORKER: Buffer = Buffer.from('MDPW01');
export const READY: Buffer = Buffer.from([1]);
export const REPLY: Buffer = Buffer.from([3]);
export const HEARTBEAT: Buffer = Buffer.from([4]);
