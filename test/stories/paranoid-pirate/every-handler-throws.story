Every handler throws: the request is given up as poisoned, and the client’s patience ends

Pattern: paranoid-pirate
Failure: a handler throws

Each attempt of the client begins anew at the queue, and is given up after three deliveries. The client hears nothing of
it.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

everybody fails at each request from now on

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
         7  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
         8  queue         loses worker two with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 2)

time passes until every request has its outcome
      1005  worker one    connects to the queue; sends READY to the queue
      1007  worker two    connects to the queue; sends READY to the queue
      1007  queue         hears READY from worker one; registers worker one;
                          sends the request "hello" (delivery 3) to worker one
      1008  worker one    hears the request "hello" (delivery 3) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
      1009  queue         hears READY from worker two; registers worker two;
                          loses worker one with a request: disconnected, noticed by transport;
                          gives a request up: poisoned (deliveries 3)
            (1 heartbeat from worker two to the queue)
      2008  worker one    connects to the queue; sends READY to the queue
            (1 heartbeat from the queue to worker two)
      2010  queue         hears READY from worker one; registers worker one
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      2604  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      2605  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
      2606  queue         loses worker two with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker one
      2607  worker one    hears the request "hello" (delivery 2) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
      2608  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 2)
      3605  worker two    connects to the queue; sends READY to the queue
      3607  worker one    connects to the queue; sends READY to the queue
      3607  queue         hears READY from worker two; registers worker two;
                          sends the request "hello" (delivery 3) to worker two
      3608  worker two    hears the request "hello" (delivery 3) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
      3609  queue         hears READY from worker one; registers worker one;
                          loses worker two with a request: disconnected, noticed by transport;
                          gives a request up: poisoned (deliveries 3)
            (1 heartbeat from worker one to the queue)
      4608  worker two    connects to the queue; sends READY to the queue
            (1 heartbeat from the queue to worker one)
      4610  queue         hears READY from worker two; registers worker two
      5102  client one    an attempt times out
      5302  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
      5304  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
      5305  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
      5306  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
      5307  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
      5308  queue         loses worker two with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 2)
      6305  worker one    connects to the queue; sends READY to the queue
      6307  worker two    connects to the queue; sends READY to the queue
      6307  queue         hears READY from worker one; registers worker one;
                          sends the request "hello" (delivery 3) to worker one
      6308  worker one    hears the request "hello" (delivery 3) from the queue; begins to work on "hello";
                          its handler throws; loses the queue: handler-failed; tries again in 1000 ms
      6309  queue         hears READY from worker two; registers worker two;
                          loses worker one with a request: disconnected, noticed by transport;
                          gives a request up: poisoned (deliveries 3)
            (1 heartbeat from worker two to the queue)
      7308  worker one    connects to the queue; sends READY to the queue
            (1 heartbeat from the queue to worker two)
      7310  queue         hears READY from worker one; registers worker one
      7802  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

the queue has counted
      7803  queue         accepted 3, failed 3, deliveries 9, requeued 6, workersRegistered 11, workersLost 9
