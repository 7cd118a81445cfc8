More requests than a server can take: dropped, and asked again after the timeout

Pattern: lazy-pirate
Failure: more requests than a server can take

One request is at work, one waits, and there is no room for a third. Its client's next attempt finds room.

server one listens, with maxConcurrentRequests 1 and maxQueuedRequests 1
client one connects to server one
client two connects to server one
client three connects to server one
         0  server one    listens

client one asks: "one"
         0  client one    connects to server one; sends the request "one" to server one
         2  server one    hears the request "one" from client one; begins to work on "one"

client two asks: "two"
         2  client two    connects to server one; sends the request "two" to server one
         4  server one    hears the request "two" from client two

client three asks: "three"
         4  client three  connects to server one; sends the request "three" to server one
         6  server one    hears the request "three" from client three; drops a request: queue-full

server one answers
         6  server one    sends the answer "ONE" to client one; begins to work on "two"
         7  client one    hears the answer "ONE" from server one;
                          has the answer of server one to "one": "ONE" (attempt replied) after 7 ms

server one answers
         7  server one    sends the answer "TWO" to client two
         8  client two    hears the answer "TWO" from server one;
                          has the answer of server one to "two": "TWO" (attempt replied) after 6 ms

server one answers at once from now on

time passes until every request has its outcome
      2504  client three  an attempt times out
      2604  client three  connects to server one; makes attempt 2 (the last one: timed-out);
                          sends the request "three" to server one
      2606  server one    hears the request "three" from client three; begins to work on "three";
                          sends the answer "THREE" to client three
      2607  client three  hears the answer "THREE" from server one;
                          has the answer of server one to "three": "THREE" (attempts timed-out, replied) after 2603 ms

server one has counted
      2607  server one    requests 3, replies 3, rejected 1
