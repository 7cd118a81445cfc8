A queue that stays away: the client gives up, the worker’s pauses double

Pattern: paranoid-pirate
Failure: the queue is absent

The worker takes three silent intervals for a lost queue. Its pauses double from one second on; the client ends after
three attempts.

worker one is ready
client one connects to the queue
         0  worker one    connects to the queue; sends READY to the queue

client one asks: "hello"
         1  client one    connects to the queue; sends the request "hello" to the queue

time passes until every request has its outcome
            (2 heartbeats from worker one to the queue: 2 sent, 0 heard)
      2501  client one    an attempt times out
      2601  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      3000  worker one    loses the queue: silent; tries again in 1000 ms; sends HEARTBEAT to the queue
      4000  worker one    connects to the queue; sends READY to the queue
            (1 heartbeat from worker one to the queue: 1 sent, 0 heard)
      5101  client one    an attempt times out
      5301  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
            (1 heartbeat from worker one to the queue: 1 sent, 0 heard)
      7000  worker one    loses the queue: silent; tries again in 2000 ms; sends HEARTBEAT to the queue
      7801  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

15000 ms pass
      9000  worker one    connects to the queue; sends READY to the queue
            (2 heartbeats from worker one to the queue: 2 sent, 0 heard)
     12000  worker one    loses the queue: silent; tries again in 4000 ms; sends HEARTBEAT to the queue
     16000  worker one    connects to the queue; sends READY to the queue
            (2 heartbeats from worker one to the queue: 2 sent, 0 heard)
     19000  worker one    loses the queue: silent; tries again in 8000 ms; sends HEARTBEAT to the queue

the queue listens
     22801  queue         listens

1000 ms pass
            nothing

everybody answers at once from now on

client one asks: "again"
     23801  client one    connects to the queue; sends the request "again" to the queue

time passes until every request has its outcome
     26301  client one    an attempt times out
     26401  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "again" to the queue
     27000  worker one    connects to the queue; sends READY to the queue
     27002  queue         hears READY from worker one; registers worker one
     27002  queue         hears the request "again" from client one;
                          sends the request "again" (delivery 1) to worker one
     27003  worker one    hears the request "again" (delivery 1) from the queue; begins to work on "again";
                          sends the reply "AGAIN" to the queue
     27004  queue         hears the reply "AGAIN" from worker one; undeliverable is now 1
     27004  queue         hears the request "again" from client one;
                          sends the request "again" (delivery 1) to worker one
     27005  worker one    hears the request "again" (delivery 1) from the queue; begins to work on "again";
                          sends the reply "AGAIN" to the queue
     27006  queue         hears the reply "AGAIN" from worker one; sends the answer "AGAIN" to client one
     27007  client one    hears the answer "AGAIN" from the queue;
                          has the answer to "again": "AGAIN" (attempts timed-out, replied) after 3206 ms
