A stranger sends garbage to the workers’ door, and loses its place after ten messages

Pattern: paranoid-pirate
Failure: a peer sends garbage

Nonsense is dropped and counted. Once the stranger has said READY it is a worker, and ten invalid messages
(maxInvalidMessages) cost it its place. Its request goes to another one.

the queue listens
stranger one connects to the queue as a worker
client one connects to the queue
         0  queue         listens
         0  stranger one  connects to the queue

stranger one sends "junk"
         1  stranger one  sends the frames "junk" to the queue
         2  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 1

stranger one sends "junk" "and" "more"
         2  stranger one  sends the frames "junk" "and" "more" to the queue
         3  queue         hears the frames "junk" "and" "more" from stranger one;
                          refuses it: not in the shape of a reply; invalid is now 2

stranger one sends 0x01
         3  stranger one  sends READY to the queue
         4  queue         hears READY from stranger one; registers stranger one

worker two is ready
         4  worker two    connects to the queue; sends READY to the queue
         6  queue         hears READY from worker two; registers worker two

client one asks: "hello"
         6  client one    connects to the queue; sends the request "hello" to the queue
         8  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to stranger one
         9  stranger one  hears the request "hello" (delivery 1) from the queue

stranger one sends "junk", 9 times
         9  stranger one  sends the frames "junk" to the queue, 9 times
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 3
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 4
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 5
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 6
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 7
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 8
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 9
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 10
        10  queue         hears the frames "junk" from stranger one;
                          refuses it: one frame, but neither READY nor HEARTBEAT; invalid is now 11

stranger one sends "junk"
        10  stranger one  sends the frames "junk" to the queue
        11  queue         hears the frames "junk" from stranger one;
                          loses stranger one with a request: protocol, noticed by protocol;
                          takes the request back (deliveries 1); refuses it: one frame, but neither READY nor HEARTBEAT;
                          sends the request "hello" (delivery 2) to worker two; invalid is now 12
        12  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"

worker two answers
        12  worker two    sends the reply "HELLO" to the queue
        13  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
        14  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 8 ms

the queue has counted
        14  queue         accepted 1, replied 1, deliveries 2, requeued 1, invalid 12, workersRegistered 2, workersLost 1
