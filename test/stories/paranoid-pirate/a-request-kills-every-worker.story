A request that kills every worker it meets takes three with each attempt of its client

Pattern: paranoid-pirate
Failure: a request kills every worker it meets

Nobody tells a Lazy Pirate why there is no answer: its attempts time out, and each begins anew at the queue. There are
as many workers as three attempts can kill, and one more, which serves another client.

the queue listens
worker one is ready
worker two is ready
worker three is ready
worker four is ready
worker five is ready
worker six is ready
worker seven is ready
worker eight is ready
worker nine is ready
worker ten is ready
client one connects to the queue
client two connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         0  worker three  connects to the queue; sends READY to the queue
         0  worker four   connects to the queue; sends READY to the queue
         0  worker five   connects to the queue; sends READY to the queue
         0  worker six    connects to the queue; sends READY to the queue
         0  worker seven  connects to the queue; sends READY to the queue
         0  worker eight  connects to the queue; sends READY to the queue
         0  worker nine   connects to the queue; sends READY to the queue
         0  worker ten    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two
         2  queue         hears READY from worker three; registers worker three
         2  queue         hears READY from worker four; registers worker four
         2  queue         hears READY from worker five; registers worker five
         2  queue         hears READY from worker six; registers worker six
         2  queue         hears READY from worker seven; registers worker seven
         2  queue         hears READY from worker eight; registers worker eight
         2  queue         hears READY from worker nine; registers worker nine
         2  queue         hears READY from worker ten; registers worker ten

everybody dies of each request from now on

client one asks: "poison"
         2  client one    connects to the queue; sends the request "poison" to the queue
         4  queue         hears the request "poison" from client one;
                          sends the request "poison" (delivery 1) to worker one
         5  worker one    hears the request "poison" (delivery 1) from the queue; begins to work on "poison";
                          dies of it
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends the request "poison" (delivery 2) to worker two
         7  worker two    hears the request "poison" (delivery 2) from the queue; begins to work on "poison";
                          dies of it
         8  queue         loses worker two with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 2); sends the request "poison" (delivery 3) to worker three
         9  worker three  hears the request "poison" (delivery 3) from the queue; begins to work on "poison";
                          dies of it
        10  queue         loses worker three with a request: disconnected, noticed by transport;
                          gives a request up: poisoned (deliveries 3)

time passes until every request has its outcome
            (2 heartbeats each way between worker four and the queue)
            (2 heartbeats each way between worker five and the queue)
            (2 heartbeats each way between worker six and the queue)
            (2 heartbeats each way between worker seven and the queue)
            (2 heartbeats each way between worker eight and the queue)
            (2 heartbeats each way between worker nine and the queue)
            (2 heartbeats each way between worker ten and the queue)
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "poison" to the queue
      2604  queue         hears the request "poison" from client one;
                          sends the request "poison" (delivery 1) to worker four
      2605  worker four   hears the request "poison" (delivery 1) from the queue; begins to work on "poison";
                          dies of it
      2606  queue         loses worker four with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends the request "poison" (delivery 2) to worker five
      2607  worker five   hears the request "poison" (delivery 2) from the queue; begins to work on "poison";
                          dies of it
      2608  queue         loses worker five with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 2); sends the request "poison" (delivery 3) to worker six
      2609  worker six    hears the request "poison" (delivery 3) from the queue; begins to work on "poison";
                          dies of it
      2610  queue         loses worker six with a request: disconnected, noticed by transport;
                          gives a request up: poisoned (deliveries 3)
            (3 heartbeats each way between worker seven and the queue)
            (3 heartbeats each way between worker eight and the queue)
            (3 heartbeats each way between worker nine and the queue)
            (3 heartbeats each way between worker ten and the queue)
      5102  client one    an attempt times out
      5302  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "poison" to the queue
      5304  queue         hears the request "poison" from client one;
                          sends the request "poison" (delivery 1) to worker seven
      5305  worker seven  hears the request "poison" (delivery 1) from the queue; begins to work on "poison";
                          dies of it
      5306  queue         loses worker seven with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends the request "poison" (delivery 2) to worker eight
      5307  worker eight  hears the request "poison" (delivery 2) from the queue; begins to work on "poison";
                          dies of it
      5308  queue         loses worker eight with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 2); sends the request "poison" (delivery 3) to worker nine
      5309  worker nine   hears the request "poison" (delivery 3) from the queue; begins to work on "poison";
                          dies of it
      5310  queue         loses worker nine with a request: disconnected, noticed by transport;
                          gives a request up: poisoned (deliveries 3)
            (2 heartbeats each way between worker ten and the queue)
      7802  client one    an attempt times out;
                          its request "poison" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

worker ten answers at once from now on

client two asks: "hello"
      7803  client two    connects to the queue; sends the request "hello" to the queue
      7805  queue         hears the request "hello" from client two;
                          sends the request "hello" (delivery 1) to worker ten
      7806  worker ten    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      7807  queue         hears the reply "HELLO" from worker ten; sends the answer "HELLO" to client two
      7808  client two    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5 ms

the queue has counted
      7808  queue         accepted 4, replied 1, failed 3, deliveries 10, requeued 6, workersRegistered 10, workersLost 9
