More requests than the queue holds are turned away, and tried again

Pattern: majordomo
Failure: more requests than the queues hold

One request is at work, one waits, and there is room for no more. The third is refused as queue-full and retried; the
client that has only one attempt is told so at once.

the broker listens, with maxQueuedPerService 1
worker one offers echo
client one connects to the broker
client two connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         0  client two    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         2  broker        hears the probe from client two; sends the answer to the probe to client two
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)
         3  client two    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "first", "second", "third"
         3  client one    sends REQUEST "first" for echo to the broker; sends REQUEST "second" for echo to the broker;
                          sends REQUEST "third" for echo to the broker
         4  broker        hears REQUEST "first" for echo from client one;
                          sends REQUEST "first" (delivery 1) to worker one
         4  broker        hears REQUEST "second" for echo from client one
         4  broker        hears REQUEST "third" for echo from client one; refuses it: queue-full;
                          sends the failure answer queue-full (deliveries 0) to client one
         5  worker one    hears REQUEST "first" (delivery 1) from the broker; begins to work on "first"
         5  client one    hears the failure answer queue-full (deliveries 0) from the broker

client two asks for echo: "fourth", with requestRetries 1
         5  client two    sends REQUEST "fourth" for echo to the broker
         6  broker        hears REQUEST "fourth" for echo from client two; refuses it: queue-full;
                          sends the failure answer queue-full (deliveries 0) to client two
         7  client two    hears the failure answer queue-full (deliveries 0) from the broker;
                          its request "fourth" fails: RequestFailed queue-full (attempt refused; deliveries 0; cannot have run) after 2 ms

worker one answers
         7  worker one    sends REPLY "FIRST" to the broker
         8  broker        hears REPLY "FIRST" from worker one; sends REPLY "FIRST" (deliveries 1) to client one;
                          sends REQUEST "second" (delivery 1) to worker one
         9  client one    hears REPLY "FIRST" (deliveries 1) from the broker;
                          has the answer to "first": "FIRST" (attempt replied; deliveries 1) after 6 ms
         9  worker one    hears REQUEST "second" (delivery 1) from the broker; begins to work on "second"

worker one answers
         9  worker one    sends REPLY "SECOND" to the broker
        10  broker        hears REPLY "SECOND" from worker one; sends REPLY "SECOND" (deliveries 1) to client one
        11  client one    hears REPLY "SECOND" (deliveries 1) from the broker;
                          has the answer to "second": "SECOND" (attempt replied; deliveries 1) after 8 ms

200 ms pass
       105  client one    makes attempt 2 (the last one: refused); sends REQUEST "third" for echo to the broker
       106  broker        hears REQUEST "third" for echo from client one;
                          sends REQUEST "third" (delivery 1) to worker one
       107  worker one    hears REQUEST "third" (delivery 1) from the broker; begins to work on "third"

worker one answers
       211  worker one    sends REPLY "THIRD" to the broker
       212  broker        hears REPLY "THIRD" from worker one; sends REPLY "THIRD" (deliveries 1) to client one
       213  client one    hears REPLY "THIRD" (deliveries 1) from the broker;
                          has the answer to "third": "THIRD" (attempts refused, replied; deliveries 1) after 210 ms
