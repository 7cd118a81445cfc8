A stranger sends garbage, and loses its place after ten messages

Pattern: simple-pirate
Failure: a peer sends garbage

Nonsense is dropped and counted; a heartbeat is no word here. Once the stranger has said READY it is a worker, and ten
invalid messages (maxInvalidMessages) cost it its place. Its request is dropped; another worker answers the client's
next attempt.

the queue listens
stranger one connects to the queue as a worker
client one connects to the queue
         0  queue         listens
         0  stranger one  connects to the queue

stranger one sends "junk"
         1  stranger one  sends the frames "junk" to the queue
         2  queue         hears the frames "junk" from stranger one; refuses it: not what a REQ socket sends;
                          invalid is now 1

stranger one sends 0x02
         2  stranger one  sends the frames 0x02 to the queue
         3  queue         hears the frames 0x02 from stranger one; refuses it: not what a REQ socket sends;
                          invalid is now 2

stranger one sends "" 0x02
         3  stranger one  sends the frames "" 0x02 to the queue
         4  queue         hears the frames "" 0x02 from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 3

stranger one sends "" 0x01
         4  stranger one  sends READY to the queue
         5  queue         hears READY from stranger one; registers stranger one

worker two is ready
worker two answers at once from now on
         5  worker two    connects to the queue; sends READY to the queue
         7  queue         hears READY from worker two; registers worker two

client one asks: "hello"
         7  client one    connects to the queue; sends the request "hello" to the queue
         9  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to stranger one
        10  stranger one  hears the request "hello" (delivery 1) from the queue

stranger one sends "" "junk", 9 times
        10  stranger one  sends the frames "" "junk" to the queue, 9 times
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 4
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 5
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 6
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 7
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 8
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 9
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 10
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 11
        11  queue         hears the frames "" "junk" from stranger one; refuses it: neither READY nor a reply;
                          invalid is now 12

stranger one sends "" "junk"
        11  stranger one  sends the frames "" "junk" to the queue
        12  queue         hears the frames "" "junk" from stranger one;
                          loses stranger one with a request: protocol, noticed by protocol;
                          gives a request up: worker-lost (deliveries 1); refuses it: neither READY nor a reply;
                          invalid is now 13

time passes until every request has its outcome
      2507  client one    an attempt times out
      2607  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      2609  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      2610  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      2611  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      2612  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied) after 2605 ms

the queue has counted
      2612  queue         accepted 2, replied 1, failed 1, deliveries 2, invalid 13, workersRegistered 2, workersLost 1
