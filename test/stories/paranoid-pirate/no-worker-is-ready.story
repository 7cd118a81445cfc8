No worker is ready: requests wait in the transport, and the client gives up after its attempts

Pattern: paranoid-pirate
Failure: no worker is ready

The queue does not read from clients. When a worker comes at last, all three attempts are read and run, for nobody.

the queue listens
client one connects to the queue
         0  queue         listens

client one asks: "hello"
         0  client one    connects to the queue; sends the request "hello" to the queue

time passes until every request has its outcome
      2500  client one    an attempt times out
      2600  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      5100  client one    an attempt times out
      5300  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
      7800  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

everybody answers at once from now on
worker one is ready
      7800  worker one    connects to the queue; sends READY to the queue
      7802  queue         hears READY from worker one; registers worker one
      7802  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
      7803  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      7804  queue         hears the reply "HELLO" from worker one; undeliverable is now 1
      7804  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
      7805  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      7806  queue         hears the reply "HELLO" from worker one; undeliverable is now 2
      7806  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
      7807  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      7808  queue         hears the reply "HELLO" from worker one; undeliverable is now 3

the queue has counted
      7808  queue         accepted 3, replied 3, deliveries 3, workersRegistered 1, undeliverable 3
