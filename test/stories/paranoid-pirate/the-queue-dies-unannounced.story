The queue dies and restarts where nobody is told of ended connections

Pattern: paranoid-pirate
Failure: the queue dies, and restarts
Disconnect notices: off

The worker hears no heartbeat from the new queue, which does not know it. After 3 s it says READY on a new connection.
The client's attempts time out.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

worker one answers at once from now on

the queue crashes
            nothing

the queue restarts
         3  queue         listens

client one asks: "hello"
         3  client one    connects to the queue; sends the request "hello" to the queue

time passes until every request has its outcome
            (2 heartbeats from worker one to the queue)
      2503  client one    an attempt times out
      2603  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      3000  worker one    loses the queue: silent; tries again in 1000 ms; sends HEARTBEAT to the queue
      4000  worker one    connects to the queue; sends READY to the queue
      4002  queue         hears READY from worker one; registers worker one
      4002  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
      4003  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      4004  queue         hears the reply "HELLO" from worker one; undeliverable is now 1
      4004  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
      4005  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      4006  queue         hears the reply "HELLO" from worker one; sends the answer "HELLO" to client one
      4007  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied) after 4004 ms
