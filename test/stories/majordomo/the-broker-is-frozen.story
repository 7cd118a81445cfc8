The broker is frozen: attempts time out, and the pings cut every connection

Pattern: majordomo
Failure: the broker is frozen

The whole process stands still, its transport with it. Pings find it out within 3 to 4 s. Nobody can connect before it
goes on.

the broker listens
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

worker one answers at once from now on

the broker stands still
            nothing

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker

time passes until every request has its outcome
            (1 heartbeat from worker one to the broker: 1 sent, 0 heard)
      2503  client one    an attempt times out; sends the probe to the broker
      2603  client one    makes attempt 2 (the last one: timed-out); sends REQUEST "hello" for echo to the broker
    3812.8  client one    an attempt loses its connection; loses the broker; tries again in 500 ms
    3913.9  worker one    loses the broker: disconnected; tries again in 500 ms
    4012.8  client one    makes attempt 3 (the last one: connection-lost)
    4312.8  client one    connects to the broker; sends the probe to the broker
    4413.9  worker one    connects to the broker; sends READY for echo to the broker
    6512.8  client one    an attempt times out;
                          its request "hello" fails: RequestTimedOut (attempts timed-out, connection-lost, timed-out; may have run) after 6509.8 ms

the broker goes on
    6512.8  broker        hears REQUEST "hello" for echo from client one;
                          loses worker one with a request: unreachable, noticed by transport;
                          takes the request back (deliveries 0)
            (1 heartbeat from worker one to the broker: 0 sent, 1 heard)
    6512.8  broker        hears the probe from client one; undeliverable is now 1
    6512.8  broker        hears REQUEST "hello" for echo from client one;
                          drops a request: its client has left (deliveries 0), 2 times

2000 ms pass
    6532.8  broker        finds that it stood still for 4010.8 ms
    6560.3  broker        hears the probe from client one; sends the answer to the probe to client one
    6561.3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)
    6912.3  broker        hears READY for echo from worker one; registers worker one for echo
            (1 heartbeat from worker one to the broker)

client one asks for echo: "again"
    8512.8  client one    sends REQUEST "again" for echo to the broker
    8513.8  broker        hears REQUEST "again" for echo from client one;
                          sends REQUEST "again" (delivery 1) to worker one
    8514.8  worker one    hears REQUEST "again" (delivery 1) from the broker; begins to work on "again";
                          sends REPLY "AGAIN" to the broker
    8515.8  broker        hears REPLY "AGAIN" from worker one; sends REPLY "AGAIN" (deliveries 1) to client one
    8516.8  client one    hears REPLY "AGAIN" (deliveries 1) from the broker;
                          has the answer to "again": "AGAIN" (attempt replied; deliveries 1) after 4 ms
