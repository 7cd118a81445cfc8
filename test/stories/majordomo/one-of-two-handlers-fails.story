One of two handlers fails: its request goes to another worker, and the other handler goes on

Pattern: majordomo
Failure: one of several handlers of a worker throws

The worker gives back the one request with FAILURE and stays. The other request is answered as if nothing had happened.

the broker listens
worker one offers echo, with concurrency 2
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "bad luck", "good luck"
         3  client one    sends REQUEST "bad luck" for echo to the broker;
                          sends REQUEST "good luck" for echo to the broker
         4  broker        hears REQUEST "bad luck" for echo from client one;
                          sends REQUEST "bad luck" (delivery 1) to worker one
         4  broker        hears REQUEST "good luck" for echo from client one;
                          sends REQUEST "good luck" (delivery 1) to worker one
         5  worker one    hears REQUEST "bad luck" (delivery 1) from the broker; begins to work on "bad luck"
         5  worker one    hears REQUEST "good luck" (delivery 1) from the broker; begins to work on "good luck"

worker two offers echo
         5  worker two    connects to the broker; sends READY for echo to the broker
         7  broker        hears READY for echo from worker two; registers worker two for echo

worker one fails
         7  worker one    its handler throws; sends CREDIT 0 to the broker; sends FAILURE to the broker
         8  broker        hears CREDIT 0 from worker one
         8  broker        hears FAILURE from worker one; takes the request back (deliveries 1);
                          sends REQUEST "bad luck" (delivery 2) to worker two
         9  worker two    hears REQUEST "bad luck" (delivery 2) from the broker; begins to work on "bad luck"

worker two answers
         9  worker two    sends REPLY "BAD LUCK" to the broker
        10  broker        hears REPLY "BAD LUCK" from worker two; sends REPLY "BAD LUCK" (deliveries 2) to client one
        11  client one    hears REPLY "BAD LUCK" (deliveries 2) from the broker;
                          has the answer to "bad luck": "BAD LUCK" (attempt replied; deliveries 2) after 8 ms

worker one answers
        11  worker one    sends REPLY "GOOD LUCK" to the broker
        12  broker        hears REPLY "GOOD LUCK" from worker one; sends REPLY "GOOD LUCK" (deliveries 1) to client one
        13  client one    hears REPLY "GOOD LUCK" (deliveries 1) from the broker;
                          has the answer to "good luck": "GOOD LUCK" (attempt replied; deliveries 1) after 10 ms
