A worker is frozen with its first request, and the transport’s ping finds it out

Pattern: majordomo
Failure: a worker is frozen, or its link is dead

The worker has not been seen to heartbeat at work, so its silence alone means nothing. Its transport does not answer the
pings either, so the connection is cut after 3 to 4 s. Its client, whose timeout is shorter, has asked again meanwhile,
and what comes back from the frozen worker is wanted no more.

the broker listens
worker one offers echo
worker two offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  worker two    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears READY for echo from worker two; registers worker two for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

worker one stands still
            nothing

2700 ms pass
            (1 heartbeat each way between worker two and the broker)
      2503  client one    an attempt times out; sends the probe to the broker
            (1 heartbeat from the broker to worker one: 1 sent, 0 heard)
      2504  broker        hears the probe from client one; sends the answer to the probe to client one
      2505  client one    hears the answer to the probe from the broker
      2603  client one    makes attempt 2 (the last one: timed-out); sends REQUEST "hello" for echo to the broker
      2604  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker two
      2605  worker two    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

worker two answers
      2705  worker two    sends REPLY "HELLO" to the broker
      2706  broker        hears REPLY "HELLO" from worker two; sends REPLY "HELLO" (deliveries 1) to client one
      2707  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied; deliveries 1) after 2704 ms

2000 ms pass
    3956.9  broker        loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); gives a request up: expired (deliveries 1);
                          sends the failure answer expired (deliveries 1) to client one
    3957.9  client one    hears the failure answer expired (deliveries 1) from the broker; nobody waits for it any more

the broker has counted
      4707  broker        accepted 2, replied 1, failed 1, deliveries 2, requeued 1, workersRegistered 2, workersLost 1, mmi 2
