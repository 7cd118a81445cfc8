More requests than a server can take

Pattern: freelance
Failure: more requests than a server can take

One request is at work, one waits, and the third is dropped. Its client asks the other server after a timeout.

server one listens, with maxConcurrentRequests 1 and maxQueuedRequests 1
server two listens
client one connects to server one, server two
client two connects to server one, server two
server one takes 400 ms for each request from now on
server two answers at once from now on
         0  server one    listens
         0  server two    listens
         0  client one    connects to server one; sends PING to server one; connects to server two;
                          sends PING to server two
         0  client two    connects to server one; sends PING to server one; connects to server two;
                          sends PING to server two
            (1 heartbeat from server one to client one)
            (1 heartbeat from server one to client two)
            (1 heartbeat from server two to client one)
            (1 heartbeat from server two to client two)
         3  client one    hears PONG from server one; knows that server one is alive
         3  client two    hears PONG from server one; knows that server one is alive
         3  client one    hears PONG from server two; knows that server two is alive
         3  client two    hears PONG from server two; knows that server two is alive

100 ms pass
            nothing

client one asks: "one", "two"
       103  client one    sends the request "one" (number 1) to server one;
                          sends the request "two" (number 2) to server one
       104  server one    hears the request "one" (number 1) from client one; begins to work on "one"
       104  server one    hears the request "two" (number 2) from client one

client two asks: "three"
       104  client two    sends the request "three" (number 1) to server one
       105  server one    hears the request "three" (number 1) from client two; drops a request: queue-full

time passes until every request has its outcome
       504  server one    sends the answer "ONE" (number 1) to client one; begins to work on "two"
       505  client one    hears the answer "ONE" (number 1) from server one;
                          has the answer of server one to "one": "ONE" (attempt replied) after 402 ms
       904  server one    sends the answer "TWO" (number 2) to client one
       905  client one    hears the answer "TWO" (number 2) from server one;
                          has the answer of server one to "two": "TWO" (attempt replied) after 802 ms
      1104  client two    an attempt times out; doubts server one; makes attempt 2 (the last one: timed-out);
                          sends PING to server one; sends the request "three" (number 2) to server two
            (1 heartbeat from server one to client two)
      1105  server two    hears the request "three" (number 2) from client two; begins to work on "three";
                          sends the answer "THREE" (number 2) to client two
      1106  client two    hears PONG from server one; knows that server one is alive
      1106  client two    hears the answer "THREE" (number 2) from server two;
                          has the answer of server two to "three": "THREE" (attempts timed-out, replied) after 1002 ms
