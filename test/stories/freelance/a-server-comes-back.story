A server comes back, and is used again

Pattern: freelance
Failure: a server comes back

The client asks it now and then. Alive again it comes behind the one that never failed, and serves when that one dies.

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

server one crashes, and starts again after 600 ms
       104  client one    takes server one for dead: connection-lost

2000 ms pass
       604  client one    connects to server one; sends PING to server one
       703  server one    is up again
       703  server one    listens
            (1 heartbeat from client one to server one: 0 sent, 1 heard)
            (1 heartbeat from server one to client one)
     842.6  client one    hears PONG from server one; knows that server one is alive
            (1 heartbeat each way between client one and server two)

client one asks: "one"
      2104  client one    sends the request "one" (number 1) to server two
      2105  server two    hears the request "one" (number 1) from client one; begins to work on "one";
                          sends the answer "ONE" (number 1) to client one
      2106  client one    hears the answer "ONE" (number 1) from server two;
                          has the answer of server two to "one": "ONE" (attempt replied) after 2 ms

server two crashes
      2107  client one    takes server two for dead: connection-lost

client one asks: "two"
      2107  client one    sends the request "two" (number 2) to server one
      2108  server one    hears the request "two" (number 2) from client one; begins to work on "two";
                          sends the answer "TWO" (number 2) to client one
      2109  client one    hears the answer "TWO" (number 2) from server one;
                          has the answer of server one to "two": "TWO" (attempt replied) after 2 ms
