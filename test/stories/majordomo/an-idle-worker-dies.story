An idle worker dies, and no request is given to it

Pattern: majordomo
Failure: an idle worker dies

Nobody has a request at that moment, so nobody notices but the broker. The next request goes to the worker that is left.

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

worker one crashes
         4  broker        loses worker one: disconnected, noticed by transport

client one asks for echo: "hello"
         4  client one    sends REQUEST "hello" for echo to the broker
         5  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker two
         6  worker two    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

worker two answers
         6  worker two    sends REPLY "HELLO" to the broker
         7  broker        hears REPLY "HELLO" from worker two; sends REPLY "HELLO" (deliveries 1) to client one
         8  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 4 ms

the broker has counted
         8  broker        accepted 1, replied 1, deliveries 1, workersRegistered 2, workersLost 1, mmi 1
