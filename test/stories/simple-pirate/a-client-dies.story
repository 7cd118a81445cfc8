A client dies: its request is run, and answers nobody

Pattern: simple-pirate
Failure: a client dies, or gives an attempt up

While its only worker is busy, the queue does not read from clients, so it hears of the client's end when the worker is
ready again.

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

client one crashes
            nothing

worker one answers
         6  worker one    sends the reply "HELLO" to the queue
         7  queue         hears the reply "HELLO" from worker one; undeliverable is now 1

the queue has counted
         7  queue         accepted 1, replied 1, deliveries 1, workersRegistered 1, undeliverable 1
