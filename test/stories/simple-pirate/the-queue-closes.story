The queue closes: what is in flight is answered, what waits is dropped

Pattern: simple-pirate
Failure: the queue closes

It waits for the request in the worker's hands. The other client's request was never read; its attempt ends with its
connection.

the queue listens
worker one is ready
client one connects to the queue
client two connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

client one asks: "in flight"
         2  client one    connects to the queue; sends the request "in flight" to the queue
         4  queue         hears the request "in flight" from client one;
                          sends the request "in flight" (delivery 1) to worker one
         5  worker one    hears the request "in flight" (delivery 1) from the queue; begins to work on "in flight"

client two asks: "waiting", with requestRetries 1
         5  client two    connects to the queue; sends the request "waiting" to the queue

the queue is told to stop
            nothing

worker one answers
         7  worker one    sends the reply "IN FLIGHT" to the queue
         8  queue         hears the reply "IN FLIGHT" from worker one; loses worker one: dismissed, noticed by broker;
                          has closed; sends the answer "IN FLIGHT" to client one
         8  client two    a message is lost on the way to the queue
         9  client one    hears the answer "IN FLIGHT" from the queue;
                          has the answer to "in flight": "IN FLIGHT" (attempt replied) after 7 ms
         9  client two    an attempt loses its connection;
                          its request "waiting" fails: RequestAbandoned connection-lost (attempt connection-lost; may have run) after 4 ms
         9  worker one    loses the queue: disconnected; tries again in 500 ms
