A worker is silent for an hour, and is believed

Pattern: simple-pirate
Failure: a worker is silent for an hour

Silence means nothing here. Its transport answers the pings.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

3600000 ms pass
            nothing

client one asks: "hello"
   3600002  client one    connects to the queue; sends the request "hello" to the queue
   3600004  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
   3600005  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

worker one answers
   3600005  worker one    sends the reply "HELLO" to the queue
   3600006  queue         hears the reply "HELLO" from worker one; sends the answer "HELLO" to client one
   3600007  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5 ms
