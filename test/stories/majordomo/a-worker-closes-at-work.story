A worker closes while at work: the reply goes out first

Pattern: majordomo
Failure: a worker closes while at work

It finishes what it has in hand, says DISCONNECT, and is gone.

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

worker one is told to stop
            nothing

worker one answers
         5  worker one    has closed; sends REPLY "HELLO" to the broker;
                          sends DISCONNECT (with the last request that came) to the broker
         6  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
         6  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one: left, noticed by peer
         7  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 4 ms
