The queue closes, and does not wait for ever

Pattern: paranoid-pirate
Failure: the queue closes

The worker does not end within drainTimeout, 5 s. The request is given up, and the client's attempt ends with its
connection.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

client one asks: "hello", with requestTimeout 30000 and requestRetries 1
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

the queue is told to stop
            nothing

6000 ms pass
            (5 heartbeats each way between worker one and the queue)
      5005  queue         loses worker one with a request: dismissed, noticed by broker;
                          gives a request up: shutting-down (deliveries 1); has closed
      5006  client one    an attempt loses its connection;
                          its request "hello" fails: RequestAbandoned connection-lost (attempt connection-lost; may have run) after 5004 ms
      5006  worker one    its handler is told that nobody waits any more;
                          loses the queue: disconnected; tries again when its handler has ended
