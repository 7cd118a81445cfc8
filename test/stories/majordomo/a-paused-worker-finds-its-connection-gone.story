A paused worker whose connection was cut goes on, and comes back

Pattern: majordomo
Failure: a paused worker goes on after it was given up

Here the pings have cut its connection while it stood still. It finds out when it goes on: its handler is told, its
result has nobody to go to, and it registers anew.

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

4500 ms pass
            (1 heartbeat each way between worker two and the broker)
      2503  client one    an attempt times out; sends the probe to the broker
            (1 heartbeat from the broker to worker one: 1 sent, 0 heard)
      2504  broker        hears the probe from client one; sends the answer to the probe to client one
      2505  client one    hears the answer to the probe from the broker
      2603  client one    makes attempt 2 (the last one: timed-out); sends REQUEST "hello" for echo to the broker
      2604  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker two
      2605  worker two    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"
    3956.9  broker        loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1)

worker two answers
      4505  worker two    sends REPLY "HELLO" to the broker
      4506  broker        hears REPLY "HELLO" from worker two; gives a request up: expired (deliveries 1);
                          sends REPLY "HELLO" (deliveries 1) to client one;
                          sends the failure answer expired (deliveries 1) to client one
      4507  client one    hears REPLY "HELLO" (deliveries 1) from the broker
      4507  client one    hears the failure answer expired (deliveries 1) from the broker;
                          nobody waits for it any more;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied; deliveries 1) after 4504 ms

worker one goes on
      4507  worker one    hears HEARTBEAT from the broker; its handler is told that nobody waits any more;
                          loses the broker: disconnected; tries again when its handler has ended

worker one answers
      4507  worker one    discards the result: nobody waits for it

1000 ms pass
      4527  worker one    finds that it stood still for 2007 ms
      5007  worker one    connects to the broker; sends READY for echo to the broker
      5009  broker        hears READY for echo from worker one; registers worker one for echo
            (1 heartbeat from the broker to worker two)
