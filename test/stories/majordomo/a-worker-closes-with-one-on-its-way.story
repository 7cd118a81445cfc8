A worker that has just answered closes, and a request is on its way to it

Pattern: majordomo
Failure: a worker closes while a request is on its way to it

It leaves, and says which request was the last that came. What was sent to it after that one goes to another worker, though it may
be handed out only once.

the broker listens, with maxDeliveries 1
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "begun"
         3  client one    sends REQUEST "begun" for echo to the broker
         4  broker        hears REQUEST "begun" for echo from client one;
                          sends REQUEST "begun" (delivery 1) to worker one
         5  worker one    hears REQUEST "begun" (delivery 1) from the broker; begins to work on "begun"

worker one answers
         5  worker one    sends REPLY "BEGUN" to the broker
         6  broker        hears REPLY "BEGUN" from worker one; sends REPLY "BEGUN" (deliveries 1) to client one
         7  client one    hears REPLY "BEGUN" (deliveries 1) from the broker;
                          has the answer to "begun": "BEGUN" (attempt replied; deliveries 1) after 4 ms

nothing passes from the broker to worker one for 100 ms
            nothing

client one asks for echo: "on its way"
         7  client one    sends REQUEST "on its way" for echo to the broker
         8  broker        hears REQUEST "on its way" for echo from client one;
                          sends REQUEST "on its way" (delivery 1) to worker one

worker one is told to stop
         8  worker one    has closed; sends DISCONNECT (with the last request that came) to the broker
         8  broker        a message is lost on the way to worker one
         9  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one with a request: left, noticed by peer; takes the request back (deliveries 0)

worker two offers echo
         9  worker two    connects to the broker; sends READY for echo to the broker
        11  broker        hears READY for echo from worker two; registers worker two for echo;
                          sends REQUEST "on its way" (delivery 1) to worker two
        12  worker two    hears REQUEST "on its way" (delivery 1) from the broker; begins to work on "on its way"

worker two answers
        12  worker two    sends REPLY "ON ITS WAY" to the broker
        13  broker        hears REPLY "ON ITS WAY" from worker two;
                          sends REPLY "ON ITS WAY" (deliveries 1) to client one
        14  client one    hears REPLY "ON ITS WAY" (deliveries 1) from the broker;
                          has the answer to "on its way": "ON ITS WAY" (attempt replied; deliveries 1) after 7 ms
