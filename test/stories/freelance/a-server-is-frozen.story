A server is frozen with a request, and another one answers

Pattern: freelance
Failure: a server is frozen, or its link is dead

The request waits for one timeout. Later ones go to the other server at once. When the frozen one goes on its answer is late.

server one listens
server two listens
client one connects to server one, server two
everybody answers at once from now on
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

server one stands still
            nothing

client one asks: "one"
       103  client one    sends the request "one" (number 1) to server one

time passes until every request has its outcome
      1103  client one    an attempt times out; doubts server one; makes attempt 2 (the last one: timed-out);
                          sends PING to server one; sends the request "one" (number 2) to server two
      1104  server two    hears the request "one" (number 2) from client one; begins to work on "one";
                          sends the answer "ONE" (number 2) to client one
      1105  client one    hears the answer "ONE" (number 2) from server two;
                          has the answer of server two to "one": "ONE" (attempts timed-out, replied) after 1002 ms

client one asks: "two"
      1105  client one    sends the request "two" (number 3) to server two
      1106  server two    hears the request "two" (number 3) from client one; begins to work on "two";
                          sends the answer "TWO" (number 3) to client one
      1107  client one    hears the answer "TWO" (number 3) from server two;
                          has the answer of server two to "two": "TWO" (attempt replied) after 2 ms

server one goes on
      1107  server one    hears the request "one" (number 1) from client one; begins to work on "one"
      1107  server one    hears PING from client one; sends PONG to client one;
                          sends the answer "ONE" (number 1) to client one
      1108  client one    hears PONG from server one; knows that server one is alive
      1108  client one    hears the answer "ONE" (number 1) from server one; nobody waits for it any more
