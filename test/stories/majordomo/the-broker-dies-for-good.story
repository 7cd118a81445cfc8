The broker dies and stays away: the request fails in bounded time

Pattern: majordomo
Failure: the broker dies

The first attempt ends with its connection, the others by their timeout, waiting for a link.

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

the broker crashes
         6  worker one    its handler is told that nobody waits any more;
                          loses the broker: disconnected; tries again when its handler has ended
         6  client one    an attempt loses its connection; loses the broker; tries again in 500 ms

time passes until every request has its outcome
       106  client one    makes attempt 2 (the last one: connection-lost)
       506  client one    connects to the broker; sends the probe to the broker
      2606  client one    an attempt times out; makes attempt 3 (the last one: timed-out)
      3006  client one    connects to the broker; knows its broker (correlation socket);
                          sends REQUEST "hello" for echo to the broker
      4006  client one    connects to the broker; sends the probe to the broker
      5106  client one    an attempt times out;
                          its request "hello" fails: RequestTimedOut (attempts connection-lost, timed-out, timed-out; may have run) after 5103 ms

client one has counted
      5106  client one    requests 1, failures 1, retries 2, connections 4
