A client gives its request up: what had left it is run all the same

Pattern: simple-pirate
Failure: a client dies, or gives an attempt up

The protocol has no word for it. The second request was still in the transport when its client aborted it: it is read,
run, and answered to nobody.

the queue listens
worker one is ready
client one connects to the queue
client two connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

client one asks: "first"
         2  client one    connects to the queue; sends the request "first" to the queue
         4  queue         hears the request "first" from client one;
                          sends the request "first" (delivery 1) to worker one
         5  worker one    hears the request "first" (delivery 1) from the queue; begins to work on "first"

client two asks: "unwanted"
         5  client two    connects to the queue; sends the request "unwanted" to the queue

client two gives up "unwanted"
         7  client two    its request "unwanted" fails: RequestAborted (attempt aborted; may have run; not retriable) after 2 ms

worker one answers
         7  worker one    sends the reply "FIRST" to the queue
         8  queue         hears the reply "FIRST" from worker one; sends the answer "FIRST" to client one
         8  queue         hears the request "unwanted" from client two;
                          sends the request "unwanted" (delivery 1) to worker one
         9  client one    hears the answer "FIRST" from the queue;
                          has the answer to "first": "FIRST" (attempt replied) after 7 ms
         9  worker one    hears the request "unwanted" (delivery 1) from the queue; begins to work on "unwanted"

worker one answers
         9  worker one    sends the reply "UNWANTED" to the queue
        10  queue         hears the reply "UNWANTED" from worker one; undeliverable is now 1

the queue has counted
        10  queue         accepted 2, replied 2, deliveries 2, workersRegistered 1, undeliverable 1
