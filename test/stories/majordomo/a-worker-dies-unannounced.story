A worker dies with a request where nobody is told of ended connections

Pattern: majordomo
Failure: a worker dies with a request in its hands
Disconnect notices: off

On a libzmq without draft options the broker finds out by the next send to it, which is a heartbeat, within 2.5 s.

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

client one asks for echo: "hello", with requestTimeout 5000
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

worker one crashes
            nothing

2600 ms pass
            (1 heartbeat each way between worker two and the broker)
      2504  broker        loses worker one with a request: unreachable, noticed by transport;
                          takes the request back (deliveries 1); sends REQUEST "hello" (delivery 2) to worker two
      2505  worker two    hears REQUEST "hello" (delivery 2) from the broker; begins to work on "hello"

worker two answers
      2606  worker two    sends REPLY "HELLO" to the broker
      2607  broker        hears REPLY "HELLO" from worker two; sends REPLY "HELLO" (deliveries 2) to client one
      2608  client one    hears REPLY "HELLO" (deliveries 2) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 2) after 2605 ms
