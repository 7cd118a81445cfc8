A broker that grants one request at a time is told of credits

Pattern: majordomo
Failure: a broker grants fewer requests at once than a worker takes

The worker says how many it takes behind the service of its READY. A broker that grants one at a time, like any other that
knows nothing of credits, hands it the next request when the last one is answered; the others wait at the broker.

the broker listens, with maxConcurrency 1
worker one offers echo, with concurrency 3
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "first", "second"
         3  client one    sends REQUEST "first" for echo to the broker; sends REQUEST "second" for echo to the broker
         4  broker        hears REQUEST "first" for echo from client one;
                          sends REQUEST "first" (delivery 1) to worker one
         4  broker        hears REQUEST "second" for echo from client one
         5  worker one    hears REQUEST "first" (delivery 1) from the broker; begins to work on "first"

worker one answers
         5  worker one    sends REPLY "FIRST" to the broker
         6  broker        hears REPLY "FIRST" from worker one; sends REPLY "FIRST" (deliveries 1) to client one;
                          sends REQUEST "second" (delivery 1) to worker one
         7  client one    hears REPLY "FIRST" (deliveries 1) from the broker;
                          has the answer to "first": "FIRST" (attempt replied; deliveries 1) after 4 ms
         7  worker one    hears REQUEST "second" (delivery 1) from the broker; begins to work on "second"

worker one answers
         7  worker one    sends REPLY "SECOND" to the broker
         8  broker        hears REPLY "SECOND" from worker one; sends REPLY "SECOND" (deliveries 1) to client one
         9  client one    hears REPLY "SECOND" (deliveries 1) from the broker;
                          has the answer to "second": "SECOND" (attempt replied; deliveries 1) after 6 ms
