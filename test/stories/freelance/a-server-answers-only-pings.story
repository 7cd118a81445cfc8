A server answers pings and no requests

Pattern: freelance
Failure: a server answers pings and no requests

Its handlers hang, say. Each request that it does not answer costs a timeout, and after the first one the other server comes first.

server one listens
server two listens
client one connects to server one, server two
server two answers at once from now on
         0  server one    listens
         0  server two    listens
         0  client one    connects to server one; sends PING to server one; connects to server two;
                          sends PING to server two
            (1 heartbeat from server one to client one)
            (1 heartbeat from server two to client one)
         3  client one    hears PONG from server one; knows that server one is alive
         3  client one    hears PONG from server two; knows that server two is alive

100 ms pass
            nothing

client one asks: "one"
       103  client one    sends the request "one" (number 1) to server one
       104  server one    hears the request "one" (number 1) from client one; begins to work on "one"

time passes until every request has its outcome
      1103  client one    an attempt times out; doubts server one; makes attempt 2 (the last one: timed-out);
                          sends PING to server one; sends the request "one" (number 2) to server two
            (1 heartbeat from server one to client one)
      1104  server two    hears the request "one" (number 2) from client one; begins to work on "one";
                          sends the answer "ONE" (number 2) to client one
      1105  client one    hears PONG from server one; knows that server one is alive
      1105  client one    hears the answer "ONE" (number 2) from server two;
                          has the answer of server two to "one": "ONE" (attempts timed-out, replied) after 1002 ms

client one asks: "two"
      1105  client one    sends the request "two" (number 3) to server two
      1106  server two    hears the request "two" (number 3) from client one; begins to work on "two";
                          sends the answer "TWO" (number 3) to client one
      1107  client one    hears the answer "TWO" (number 3) from server two;
                          has the answer of server two to "two": "TWO" (attempt replied) after 2 ms

5000 ms pass
            (2 heartbeats each way between client one and server one)
            (2 heartbeats each way between client one and server two)

client one asks: "three"
      6107  client one    sends the request "three" (number 4) to server two
      6108  server two    hears the request "three" (number 4) from client one; begins to work on "three";
                          sends the answer "THREE" (number 4) to client one
      6109  client one    hears the answer "THREE" (number 4) from server two;
                          has the answer of server two to "three": "THREE" (attempt replied) after 2 ms
