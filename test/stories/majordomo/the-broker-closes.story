The broker closes: what is in flight is answered, what waits fails as shutting-down

Pattern: majordomo
Failure: the broker closes

The request in the worker's hands is waited for, up to drainTimeout. The one that waits is told so at once and is tried
again, at the broker that has come in its place.

the broker listens
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "in flight", "waiting"
         3  client one    sends REQUEST "in flight" for echo to the broker;
                          sends REQUEST "waiting" for echo to the broker
         4  broker        hears REQUEST "in flight" for echo from client one;
                          sends REQUEST "in flight" (delivery 1) to worker one
         4  broker        hears REQUEST "waiting" for echo from client one
         5  worker one    hears REQUEST "in flight" (delivery 1) from the broker; begins to work on "in flight"

the broker is told to stop
         5  broker        gives a request up: shutting-down (deliveries 0);
                          sends the failure answer shutting-down (deliveries 0) to client one
         6  client one    hears the failure answer shutting-down (deliveries 0) from the broker

worker one answers
         6  worker one    sends REPLY "IN FLIGHT" to the broker
         7  broker        hears REPLY "IN FLIGHT" from worker one; loses worker one: dismissed, noticed by broker;
                          has closed; sends REPLY "IN FLIGHT" (deliveries 1) to client one;
                          sends DISCONNECT to worker one
         8  client one    hears REPLY "IN FLIGHT" (deliveries 1) from the broker;
                          loses the broker; tries again in 500 ms;
                          has the answer to "in flight": "IN FLIGHT" (attempt replied; deliveries 1) after 5 ms
         8  worker one    hears DISCONNECT from the broker; loses the broker: dismissed; tries again in 500 ms

the broker restarts
         8  broker        listens

worker one answers at once from now on

time passes until every request has its outcome
       106  client one    makes attempt 2 (the last one: refused)
       508  worker one    connects to the broker; sends READY for echo to the broker
       508  client one    connects to the broker; sends the probe to the broker
       510  broker        hears READY for echo from worker one; registers worker one for echo
       510  broker        hears the probe from client one; sends the answer to the probe to client one
       511  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope);
                          sends REQUEST "waiting" for echo to the broker
       512  broker        hears REQUEST "waiting" for echo from client one;
                          sends REQUEST "waiting" (delivery 1) to worker one
       513  worker one    hears REQUEST "waiting" (delivery 1) from the broker; begins to work on "waiting";
                          sends REPLY "WAITING" to the broker
       514  broker        hears REPLY "WAITING" from worker one; sends REPLY "WAITING" (deliveries 1) to client one
       515  client one    hears REPLY "WAITING" (deliveries 1) from the broker;
                          has the answer to "waiting": "WAITING" (attempts refused, replied; deliveries 1) after 512 ms
