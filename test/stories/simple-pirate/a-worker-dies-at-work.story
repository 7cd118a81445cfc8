A worker dies with a request in its hands: the client asks again

Pattern: simple-pirate
Failure: a worker dies with a request in its hands

The queue hears of the end of the connection at once, and drops the request. The client learns of it by its own timeout;
another worker answers its second attempt.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

worker two answers at once from now on

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

worker one crashes
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          gives a request up: worker-lost (deliveries 1)

time passes until every request has its outcome
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      2604  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      2605  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      2606  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      2607  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied) after 2605 ms

the queue has counted
      2607  queue         accepted 2, replied 1, failed 1, deliveries 2, workersRegistered 2, workersLost 1
