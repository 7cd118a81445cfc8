A worker that hangs and heartbeats is relieved of its request by busyLimit

Pattern: majordomo
Failure: a worker hangs, its connection alive

The worker is alive by every sign, but its handler never ends. After busyLimit the broker says DISCONNECT and gives the
request to another worker. A request that hangs everywhere ends with its client's patience.

the broker listens, with busyLimit 4000
worker one offers echo
worker two offers echo
client one connects to the broker, with requestTimeout 6000 and requestRetries 1
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

5000 ms pass
            (1 heartbeat each way between worker one and the broker)
            (1 heartbeat each way between worker two and the broker)
      4004  broker        loses worker one with a request: busy-limit, noticed by limit;
                          takes the request back (deliveries 1); sends DISCONNECT to worker one;
                          sends REQUEST "hello" (delivery 2) to worker two
      4005  worker one    hears DISCONNECT from the broker; its handler is told that nobody waits any more;
                          loses the broker: dismissed; tries again when its handler has ended
      4005  worker two    hears REQUEST "hello" (delivery 2) from the broker; begins to work on "hello"
            (1 heartbeat from worker two to the broker)

worker two answers
      5005  worker two    sends REPLY "HELLO" to the broker
      5006  broker        hears REPLY "HELLO" from worker two; sends REPLY "HELLO" (deliveries 2) to client one
      5007  client one    hears REPLY "HELLO" (deliveries 2) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 2) after 5004 ms

client one asks for echo: "everywhere"
      5007  client one    sends REQUEST "everywhere" for echo to the broker
      5008  broker        hears REQUEST "everywhere" for echo from client one;
                          sends REQUEST "everywhere" (delivery 1) to worker two
      5009  worker two    hears REQUEST "everywhere" (delivery 1) from the broker; begins to work on "everywhere"

time passes until every request has its outcome
            (1 heartbeat each way between worker two and the broker)
      9008  broker        loses worker two with a request: busy-limit, noticed by limit;
                          takes the request back (deliveries 1); sends DISCONNECT to worker two
      9009  worker two    hears DISCONNECT from the broker; its handler is told that nobody waits any more;
                          loses the broker: dismissed; tries again when its handler has ended
     11007  client one    an attempt times out; sends the probe to the broker;
                          its request "everywhere" fails: RequestTimedOut (attempt timed-out; may have run) after 6000 ms
     11008  broker        hears the probe from client one; sends the answer to the probe to client one
     11009  client one    hears the answer to the probe from the broker

worker one answers
     11009  worker one    discards the result: nobody waits for it
