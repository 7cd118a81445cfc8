A worker dies with three requests in its hands, and another one answers them

Pattern: majordomo
Failure: a worker dies with several requests in its hands

The worker holds as many requests as it takes at once. When it dies all of them come back, in the order in which it was
handed them, and go to the other one.

the broker listens
worker one offers echo, with concurrency 3
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "first", "second", "third"
         3  client one    sends REQUEST "first" for echo to the broker; sends REQUEST "second" for echo to the broker;
                          sends REQUEST "third" for echo to the broker
         4  broker        hears REQUEST "first" for echo from client one;
                          sends REQUEST "first" (delivery 1) to worker one
         4  broker        hears REQUEST "second" for echo from client one;
                          sends REQUEST "second" (delivery 1) to worker one
         4  broker        hears REQUEST "third" for echo from client one;
                          sends REQUEST "third" (delivery 1) to worker one
         5  worker one    hears REQUEST "first" (delivery 1) from the broker; begins to work on "first"
         5  worker one    hears REQUEST "second" (delivery 1) from the broker; begins to work on "second"
         5  worker one    hears REQUEST "third" (delivery 1) from the broker; begins to work on "third"

worker two offers echo, with concurrency 3
         5  worker two    connects to the broker; sends READY for echo to the broker
         7  broker        hears READY for echo from worker two; registers worker two for echo

worker one crashes
         8  broker        loses worker one with 3 requests: disconnected, noticed by transport;
                          takes the request back (deliveries 1), 3 times;
                          sends REQUEST "first" (delivery 2) to worker two;
                          sends REQUEST "second" (delivery 2) to worker two;
                          sends REQUEST "third" (delivery 2) to worker two
         9  worker two    hears REQUEST "first" (delivery 2) from the broker; begins to work on "first"
         9  worker two    hears REQUEST "second" (delivery 2) from the broker; begins to work on "second"
         9  worker two    hears REQUEST "third" (delivery 2) from the broker; begins to work on "third"

worker two answers
         9  worker two    sends REPLY "FIRST" to the broker
        10  broker        hears REPLY "FIRST" from worker two; sends REPLY "FIRST" (deliveries 2) to client one
        11  client one    hears REPLY "FIRST" (deliveries 2) from the broker;
                          has the answer to "first": "FIRST" (attempt replied; deliveries 2) after 8 ms

worker two answers
        11  worker two    sends REPLY "SECOND" to the broker
        12  broker        hears REPLY "SECOND" from worker two; sends REPLY "SECOND" (deliveries 2) to client one
        13  client one    hears REPLY "SECOND" (deliveries 2) from the broker;
                          has the answer to "second": "SECOND" (attempt replied; deliveries 2) after 10 ms

worker two answers
        13  worker two    sends REPLY "THIRD" to the broker
        14  broker        hears REPLY "THIRD" from worker two; sends REPLY "THIRD" (deliveries 2) to client one
        15  client one    hears REPLY "THIRD" (deliveries 2) from the broker;
                          has the answer to "third": "THIRD" (attempt replied; deliveries 2) after 12 ms
