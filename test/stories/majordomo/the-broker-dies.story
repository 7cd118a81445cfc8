The broker dies and restarts: the handler is told, and the client asks again

Pattern: majordomo
Failure: the broker dies

What the broker held is lost with it. Worker and client notice by the end of their connections and come back after a
pause of half a second; the client's next attempt is made on its new link.

the broker listens
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

the broker crashes
         6  worker one    its handler is told that nobody waits any more;
                          loses the broker: disconnected; tries again when its handler has ended
         6  client one    an attempt loses its connection; loses the broker; tries again in 500 ms

worker one answers
         6  worker one    discards the result: nobody waits for it

the broker restarts
         6  broker        listens

worker one answers at once from now on

time passes until every request has its outcome
       106  client one    makes attempt 2 (the last one: connection-lost)
       506  worker one    connects to the broker; sends READY for echo to the broker
       506  client one    connects to the broker; sends the probe to the broker
       508  broker        hears READY for echo from worker one; registers worker one for echo
       508  broker        hears the probe from client one; sends the answer to the probe to client one
       509  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope);
                          sends REQUEST "hello" for echo to the broker
       510  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
       511  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
       512  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
       513  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempts connection-lost, replied; deliveries 1) after 510 ms
