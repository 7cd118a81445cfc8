A request waits for a worker longer than the broker lets it

Pattern: majordomo
Failure: no worker offers the service

The client would wait for longer than requestExpiry. It is told expired, which may pass, and asks again; a worker is
there by then.

the broker listens, with requestExpiry 5000
client one connects to the broker, with requestTimeout 8000
         0  broker        listens
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one

5050 ms pass
      5004  broker        gives a request up: expired (deliveries 0);
                          sends the failure answer expired (deliveries 0) to client one
      5005  client one    hears the failure answer expired (deliveries 0) from the broker

everybody answers at once from now on
worker one offers echo
      5054  worker one    connects to the broker; sends READY for echo to the broker
      5056  broker        hears READY for echo from worker one; registers worker one for echo

100 ms pass
      5105  client one    makes attempt 2 (the last one: refused); sends REQUEST "hello" for echo to the broker
      5106  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
      5107  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
      5108  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
      5109  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempts refused, replied; deliveries 1) after 5106 ms
