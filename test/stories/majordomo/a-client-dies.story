A client dies: what waits is dropped, what is at work answers nobody

Pattern: majordomo
Failure: a client dies

The broker hears of the end of the connection. Its first request is with the worker, whose REPLY is then dropped; its
second one waited, and is never handed out.

the broker listens
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "at work", "waiting"
         3  client one    sends REQUEST "at work" for echo to the broker;
                          sends REQUEST "waiting" for echo to the broker
         4  broker        hears REQUEST "at work" for echo from client one;
                          sends REQUEST "at work" (delivery 1) to worker one
         4  broker        hears REQUEST "waiting" for echo from client one
         5  worker one    hears REQUEST "at work" (delivery 1) from the broker; begins to work on "at work"

client one crashes
         6  broker        drops a request: its client has left (deliveries 0)

worker one answers
         6  worker one    sends REPLY "AT WORK" to the broker
         7  broker        hears REPLY "AT WORK" from worker one; drops a request: its client has left (deliveries 1)

the broker has counted
         7  broker        accepted 2, dropped 2, deliveries 1, workersRegistered 1, mmi 1
