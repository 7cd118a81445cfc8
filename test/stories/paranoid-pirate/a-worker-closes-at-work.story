A worker closes while at work: the reply goes out first

Pattern: paranoid-pirate
Failure: a worker closes while at work

It finishes what it has in hand, and is gone.

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

worker one is told to stop
            nothing

worker one answers
         5  worker one    has closed; sends the reply "HELLO" to the queue
         6  queue         hears the reply "HELLO" from worker one;
                          loses worker one: disconnected, noticed by transport; sends the answer "HELLO" to client one
         7  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5 ms
