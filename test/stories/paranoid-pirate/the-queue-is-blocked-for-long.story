The queue’s event loop is blocked for longer than an idle worker’s patience

Pattern: paranoid-pirate
Failure: the queue's event loop is blocked

An idle worker leaves after 3 s of silence and comes back on a new connection. The request that came meanwhile is
answered, later.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

worker one answers at once from now on

the event loop of the queue is blocked for 5000 ms
            nothing

client one asks: "hello", with requestTimeout 30000
         2  client one    connects to the queue; sends the request "hello" to the queue

5500 ms pass
            (2 heartbeats from worker one to the queue: 2 sent, 0 heard)
      3000  worker one    loses the queue: silent; tries again in 1000 ms; sends HEARTBEAT to the queue
      4000  worker one    connects to the queue; sends READY to the queue
            (1 heartbeat from worker one to the queue)
      5002  queue         goes on
      5002  queue         hears the request "hello" from client one;
                          loses worker one with a request: unreachable, noticed by transport;
                          takes the request back (deliveries 0)
      5002  queue         hears READY from worker one; registers worker one;
                          sends the request "hello" (delivery 1) to worker one
            (3 heartbeats from worker one to the queue: 0 sent, 3 heard)
      5003  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      5004  queue         hears the reply "HELLO" from worker one; sends the answer "HELLO" to client one
      5005  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5003 ms
      5022  queue         finds that it stood still for 4000 ms

the queue has counted
      5504  queue         accepted 1, replied 1, deliveries 1, requeued 1, workersRegistered 2, workersLost 1
