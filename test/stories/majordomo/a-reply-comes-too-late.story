A reply comes after the last attempt, and is recognised as stale

Pattern: majordomo
Failure: a reply comes after the attempt's timeout

The request has failed. The answer must not be taken for that of the next one, which is under way when it comes.

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

client one asks for echo: "hello", with requestRetries 1
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

2900 ms pass
            (1 heartbeat from worker one to the broker)
      2503  client one    an attempt times out; sends the probe to the broker;
                          its request "hello" fails: RequestTimedOut (attempt timed-out; may have run) after 2500 ms
            (1 heartbeat from the broker to worker one)
      2504  broker        hears the probe from client one; sends the answer to the probe to client one
      2505  client one    hears the answer to the probe from the broker

client one asks for echo: "another", with requestTimeout 5000
      2905  client one    sends REQUEST "another" for echo to the broker
      2906  broker        hears REQUEST "another" for echo from client one

time passes until every request has its outcome
      3005  worker one    sends REPLY "HELLO" to the broker
      3006  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one;
                          sends REQUEST "another" (delivery 1) to worker one
      3007  client one    hears REPLY "HELLO" (deliveries 1) from the broker; nobody waits for it any more
      3007  worker one    hears REQUEST "another" (delivery 1) from the broker; begins to work on "another"
            (1 heartbeat each way between worker one and the broker)
      6007  worker one    sends REPLY "ANOTHER" to the broker
      6008  broker        hears REPLY "ANOTHER" from worker one; sends REPLY "ANOTHER" (deliveries 1) to client one
      6009  client one    hears REPLY "ANOTHER" (deliveries 1) from the broker;
                          has the answer to "another": "ANOTHER" (attempt replied; deliveries 1) after 3104 ms
