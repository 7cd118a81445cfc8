A worker of several requests closes: what it has is finished, what was on its way is declined

Pattern: majordomo
Failure: a worker closes while it works on several requests

It says that it takes no more. A request that was on its way comes back at once and goes to another worker; that it was
sent to the first one does not count.

the broker listens
worker one offers echo, with concurrency 3
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "begun", "begun, too"
         3  client one    sends REQUEST "begun" for echo to the broker;
                          sends REQUEST "begun, too" for echo to the broker
         4  broker        hears REQUEST "begun" for echo from client one;
                          sends REQUEST "begun" (delivery 1) to worker one
         4  broker        hears REQUEST "begun, too" for echo from client one;
                          sends REQUEST "begun, too" (delivery 1) to worker one
         5  worker one    hears REQUEST "begun" (delivery 1) from the broker; begins to work on "begun"
         5  worker one    hears REQUEST "begun, too" (delivery 1) from the broker; begins to work on "begun, too"

nothing passes from the broker to worker one for 100 ms
            nothing

client one asks for echo: "on its way"
         5  client one    sends REQUEST "on its way" for echo to the broker
         6  broker        hears REQUEST "on its way" for echo from client one;
                          sends REQUEST "on its way" (delivery 1) to worker one

worker one is told to stop
         6  worker one    sends CREDIT 0 to the broker
         7  broker        hears CREDIT 0 from worker one

worker two offers echo
         7  worker two    connects to the broker; sends READY for echo to the broker
         9  broker        hears READY for echo from worker two; registers worker two for echo

100 ms pass
       105  broker        can be reached again
       106  worker one    hears REQUEST "on its way" (delivery 1) from the broker;
                          sends FAILURE (declined) to the broker
       107  broker        hears FAILURE (declined) from worker one; takes the request back (deliveries 0);
                          sends REQUEST "on its way" (delivery 1) to worker two
       108  worker two    hears REQUEST "on its way" (delivery 1) from the broker; begins to work on "on its way"

worker two answers
       109  worker two    sends REPLY "ON ITS WAY" to the broker
       110  broker        hears REPLY "ON ITS WAY" from worker two;
                          sends REPLY "ON ITS WAY" (deliveries 1) to client one
       111  client one    hears REPLY "ON ITS WAY" (deliveries 1) from the broker;
                          has the answer to "on its way": "ON ITS WAY" (attempt replied; deliveries 1) after 106 ms

worker one answers
       111  worker one    sends REPLY "BEGUN" to the broker
       112  broker        hears REPLY "BEGUN" from worker one; sends REPLY "BEGUN" (deliveries 1) to client one
       113  client one    hears REPLY "BEGUN" (deliveries 1) from the broker;
                          has the answer to "begun": "BEGUN" (attempt replied; deliveries 1) after 110 ms

worker one answers
       113  worker one    has closed; sends REPLY "BEGUN, TOO" to the broker;
                          sends DISCONNECT (with the last request that came) to the broker
       114  broker        hears REPLY "BEGUN, TOO" from worker one;
                          sends REPLY "BEGUN, TOO" (deliveries 1) to client one
       114  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one: left, noticed by peer
       115  client one    hears REPLY "BEGUN, TOO" (deliveries 1) from the broker;
                          has the answer to "begun, too": "BEGUN, TOO" (attempt replied; deliveries 1) after 112 ms
