The last worker dies with a request, and no other comes before it expires

Pattern: paranoid-pirate
Failure: the last worker dies with a request

The client gives up after its own attempts, of which two are never read. The queue keeps the request for requestExpiry,
30 s.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

worker one crashes
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1)

time passes until every request has its outcome
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      5102  client one    an attempt times out
      5302  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
      7802  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

30000 ms pass
     30006  queue         gives a request up: expired (deliveries 1)

the queue has counted
     37802  queue         accepted 1, failed 1, deliveries 1, requeued 1, workersRegistered 1, workersLost 1
