A handler throws: its worker says DISCONNECT, and another one does the work

Pattern: majordomo
Failure: a handler throws

MDP/0.1 has no word for a failed request, so the worker leaves and comes back after its pause.

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

worker one fails at each request from now on
worker two answers at once from now on

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          its handler throws; loses the broker: handler-failed; tries again in 500 ms;
                          sends DISCONNECT (with the last request that came) to the broker
         6  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one with a request: left, noticed by peer; takes the request back (deliveries 1);
                          sends REQUEST "hello" (delivery 2) to worker two
         7  worker two    hears REQUEST "hello" (delivery 2) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
         8  broker        hears REPLY "HELLO" from worker two; sends REPLY "HELLO" (deliveries 2) to client one
         9  client one    hears REPLY "HELLO" (deliveries 2) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 2) after 6 ms

600 ms pass
       505  worker one    connects to the broker; sends READY for echo to the broker
       507  broker        hears READY for echo from worker one; registers worker one for echo
