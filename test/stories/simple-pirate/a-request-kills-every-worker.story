A request that kills every worker it meets ends with its client’s patience

Pattern: simple-pirate
Failure: a request kills every worker it meets

Each attempt of the client kills one worker, and is dropped with it. Nobody else is harmed.

the queue listens
worker one is ready
worker two is ready
worker three is ready
worker four is ready
client one connects to the queue
client two connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         0  worker three  connects to the queue; sends READY to the queue
         0  worker four   connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two
         2  queue         hears READY from worker three; registers worker three
         2  queue         hears READY from worker four; registers worker four

everybody dies of each request from now on
worker four answers at once from now on

client one asks: "poison"
         2  client one    connects to the queue; sends the request "poison" to the queue
         4  queue         hears the request "poison" from client one;
                          sends the request "poison" (delivery 1) to worker one
         5  worker one    hears the request "poison" (delivery 1) from the queue; begins to work on "poison";
                          dies of it
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          gives a request up: worker-lost (deliveries 1)

time passes until every request has its outcome
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "poison" to the queue
      2604  queue         hears the request "poison" from client one;
                          sends the request "poison" (delivery 1) to worker two
      2605  worker two    hears the request "poison" (delivery 1) from the queue; begins to work on "poison";
                          dies of it
      2606  queue         loses worker two with a request: disconnected, noticed by transport;
                          gives a request up: worker-lost (deliveries 1)
      5102  client one    an attempt times out
      5302  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "poison" to the queue
      5304  queue         hears the request "poison" from client one;
                          sends the request "poison" (delivery 1) to worker three
      5305  worker three  hears the request "poison" (delivery 1) from the queue; begins to work on "poison";
                          dies of it
      5306  queue         loses worker three with a request: disconnected, noticed by transport;
                          gives a request up: worker-lost (deliveries 1)
      7802  client one    an attempt times out;
                          its request "poison" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

client two asks: "hello"
      7803  client two    connects to the queue; sends the request "hello" to the queue
      7805  queue         hears the request "hello" from client two;
                          sends the request "hello" (delivery 1) to worker four
      7806  worker four   hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      7807  queue         hears the reply "HELLO" from worker four; sends the answer "HELLO" to client two
      7808  client two    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5 ms

the queue has counted
      7808  queue         accepted 4, replied 1, failed 3, deliveries 4, workersRegistered 4, workersLost 3
