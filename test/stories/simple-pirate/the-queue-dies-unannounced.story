The queue dies and restarts where nobody is told of ended connections: its worker never learns of it

Pattern: simple-pirate
Failure: the queue dies, and restarts
Disconnect notices: off

The worker waits for a request of a queue that is no more. Its transport connects to the new one, and says nothing.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

the queue crashes
            nothing

the queue restarts
         3  queue         listens

client one asks: "hello"
         3  client one    connects to the queue; sends the request "hello" to the queue

time passes until every request has its outcome
      2503  client one    an attempt times out
      2603  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      5103  client one    an attempt times out
      5303  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
      7803  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

60000 ms pass
            nothing
