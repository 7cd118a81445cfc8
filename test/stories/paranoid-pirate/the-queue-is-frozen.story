The queue is frozen: attempts time out, and it serves again when it goes on

Pattern: paranoid-pirate
Failure: the queue is frozen

An idle worker leaves it after 3 s, or when the ping fails. What the client asked meanwhile never left it, as its
connections did not come up.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

worker one answers at once from now on

the queue stands still
            nothing

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue

time passes until every request has its outcome
            (2 heartbeats from worker one to the queue: 2 sent, 0 heard)
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      3000  worker one    loses the queue: silent; tries again in 1000 ms; sends HEARTBEAT to the queue
      4000  worker one    connects to the queue; sends READY to the queue
            (1 heartbeat from worker one to the queue: 1 sent, 0 heard)
      5102  client one    an attempt times out
      5302  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
            (1 heartbeat from worker one to the queue: 1 sent, 0 heard)
      7000  worker one    loses the queue: silent; tries again in 2000 ms; sends HEARTBEAT to the queue
      7802  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

the queue goes on
            (1 heartbeat from worker one to the queue: 0 sent, 1 heard)
      7802  queue         hears HEARTBEAT from worker one; loses worker one: unreachable, noticed by transport
            (1 heartbeat from worker one to the queue: 0 sent, 1 heard)

3000 ms pass
      7822  queue         finds that it stood still for 6800 ms
      9000  worker one    connects to the queue; sends READY to the queue
      9002  queue         hears READY from worker one; registers worker one
            (1 heartbeat each way between worker one and the queue)

client one asks: "again"
     10802  client one    connects to the queue; sends the request "again" to the queue
     10804  queue         hears the request "again" from client one;
                          sends the request "again" (delivery 1) to worker one
     10805  worker one    hears the request "again" (delivery 1) from the queue; begins to work on "again";
                          sends the reply "AGAIN" to the queue
     10806  queue         hears the reply "AGAIN" from worker one; sends the answer "AGAIN" to client one
     10807  client one    hears the answer "AGAIN" from the queue;
                          has the answer to "again": "AGAIN" (attempt replied) after 5 ms

the queue has counted
     10807  queue         accepted 1, replied 1, deliveries 1, workersRegistered 2, workersLost 1
