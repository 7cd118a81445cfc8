A worker that cannot finish in time leaves, and its request goes to another

Pattern: majordomo
Failure: a worker closes while at work

After drainTimeout (5 s) its handler is told that nobody waits, and the worker says DISCONNECT.

the broker listens
worker one offers echo
worker two offers echo
client one connects to the broker, with requestTimeout 30000
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  worker two    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears READY for echo from worker two; registers worker two for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

worker one is told to stop
            nothing

5100 ms pass
            (2 heartbeats from worker one to the broker)
            (2 heartbeats each way between worker two and the broker)
            (2 heartbeats from the broker to worker one: 2 sent, 1 heard)
      5005  worker one    sends DISCONNECT (with the last request that came) to the broker;
                          its handler is told that nobody waits any more; has closed
      5005  broker        a message is lost on the way to worker one
      5006  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one with a request: left, noticed by peer; takes the request back (deliveries 1);
                          sends REQUEST "hello" (delivery 2) to worker two
      5007  worker two    hears REQUEST "hello" (delivery 2) from the broker; begins to work on "hello"

worker two answers
      5105  worker two    sends REPLY "HELLO" to the broker
      5106  broker        hears REPLY "HELLO" from worker two; sends REPLY "HELLO" (deliveries 2) to client one
      5107  client one    hears REPLY "HELLO" (deliveries 2) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 2) after 5104 ms
