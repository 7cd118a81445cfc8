A worker replies to a request it was not given

Pattern: paranoid-pirate
Failure: a worker replies to a request it was not given

The handle does not fit. The request goes to another worker, and the client gets the right reply.

the queue listens
stranger one connects to the queue as a worker
client one connects to the queue
         0  queue         listens
         0  stranger one  connects to the queue

stranger one sends 0x01
         1  stranger one  sends READY to the queue
         2  queue         hears READY from stranger one; registers stranger one

worker two is ready
         2  worker two    connects to the queue; sends READY to the queue
         4  queue         hears READY from worker two; registers worker two

client one asks: "hello"
         4  client one    connects to the queue; sends the request "hello" to the queue
         6  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to stranger one
         7  stranger one  hears the request "hello" (delivery 1) from the queue

stranger one sends "somebody" "" "WRONG"
         7  stranger one  sends the frames "somebody" "" "WRONG" to the queue
         8  queue         hears the frames "somebody" "" "WRONG" from stranger one;
                          loses stranger one with a request: protocol, noticed by protocol;
                          takes the request back (deliveries 1); registers stranger one;
                          refuses it: a reply to another request than its own;
                          sends the request "hello" (delivery 2) to worker two; invalid is now 1
         9  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"

worker two answers
         9  worker two    sends the reply "HELLO" to the queue
        10  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
        11  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 7 ms

the queue has counted
        11  queue         accepted 1, replied 1, deliveries 2, requeued 1, invalid 1, workersRegistered 3, workersLost 1
