A reply comes after the timeout of its attempt, and answers the request all the same

Pattern: majordomo
Failure: a reply comes after the attempt's timeout

The first attempt times out at 2.5 s and a second one waits behind it. The worker's late reply to the first is the reply
of the same request: the client takes it. The answer to the second attempt finds nobody who waits.

the broker listens
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

worker one takes 3000 ms for each request from now on

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

time passes until every request has its outcome
            (1 heartbeat from worker one to the broker)
      2503  client one    an attempt times out; sends the probe to the broker
            (1 heartbeat from the broker to worker one)
      2504  broker        hears the probe from client one; sends the answer to the probe to client one
      2505  client one    hears the answer to the probe from the broker
      2603  client one    makes attempt 2 (the last one: timed-out); sends REQUEST "hello" for echo to the broker
      2604  broker        hears REQUEST "hello" for echo from client one
      3005  worker one    sends REPLY "HELLO" to the broker
      3006  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one;
                          sends REQUEST "hello" (delivery 1) to worker one
      3007  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempts replied, superseded; deliveries 1) after 3004 ms
      3007  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

5000 ms pass
            (1 heartbeat each way between worker one and the broker)
      6007  worker one    sends REPLY "HELLO" to the broker
      6008  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
      6009  client one    hears REPLY "HELLO" (deliveries 1) from the broker; nobody waits for it any more
            (1 heartbeat from the broker to worker one)
