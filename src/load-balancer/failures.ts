/** Why a broker gave a request up. */
export type FailureCode =
  /** The queue is full, for this service or in all. */
  | 'queue-full'
  /** The broker holds as many services as it may. */
  | 'services-full'
  /** Nobody took it in time. */
  | 'expired'
  /** It was delivered as often as it may be, and each worker was lost with it. */
  | 'poisoned'
  /** Its worker was lost, and the service forbids a second delivery. */
  | 'worker-lost'
  /** The broker is closing. */
  | 'shutting-down'
  /** No body, too many frames, or a name that cannot be a service. */
  | 'invalid';
