The broker dies and restarts where nobody is told of ended connections

Pattern: majordomo
Failure: the broker dies
Disconnect notices: off

The worker's transport connects to the new broker, which does not know it, and answers its next heartbeat with
DISCONNECT. The client's attempt times out, and its probe tells it that its link is good again.

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

the broker crashes
            nothing

the broker restarts
         4  broker        listens

client one asks for echo: "hello"
         4  client one    sends REQUEST "hello" for echo to the broker

time passes until every request has its outcome
     515.4  broker        hears REQUEST "hello" for echo from client one
            (1 heartbeat from worker one to the broker)
      2501  broker        hears HEARTBEAT from worker one;
                          refuses it: a HEARTBEAT from a worker that is not registered: the broker may have restarted;
                          sends DISCONNECT to worker one
      2502  worker one    hears DISCONNECT from the broker; loses the broker: dismissed; tries again in 500 ms
      2504  client one    an attempt times out; sends the probe to the broker
      2505  broker        hears the probe from client one; sends the answer to the probe to client one
      2506  client one    hears the answer to the probe from the broker
      2604  client one    makes attempt 2 (the last one: timed-out); sends REQUEST "hello" for echo to the broker
      2605  broker        hears REQUEST "hello" for echo from client one
      3002  worker one    connects to the broker; sends READY for echo to the broker
      3004  broker        hears READY for echo from worker one; registers worker one for echo;
                          sends REQUEST "hello" (delivery 1) to worker one
      3005  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
      3006  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one;
                          sends REQUEST "hello" (delivery 1) to worker one
      3007  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempts replied, superseded; deliveries 1) after 3003 ms
      3007  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
      3008  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
      3009  client one    hears REPLY "HELLO" (deliveries 1) from the broker; nobody waits for it any more
