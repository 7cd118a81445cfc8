A handler throws: its worker closes the connection, and the client asks again

Pattern: simple-pirate
Failure: a handler throws

There is no word for a failed request on this wire. The worker leaves, so that the queue knows, and comes back after its
pause.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

worker one fails at each request from now on
worker two answers at once from now on

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 500 ms
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          gives a request up: worker-lost (deliveries 1)

time passes until every request has its outcome
       505  worker one    connects to the queue; sends READY to the queue
       507  queue         hears READY from worker one; registers worker one
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
