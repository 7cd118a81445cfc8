All servers restart with a request under way

Pattern: freelance
Failure: all servers restart

The request waits in a new connection to one of them, and is answered when that one is back.

server one listens
server two listens
client one connects to server one, server two
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

client one asks: "hello"
       103  client one    sends the request "hello" (number 1) to server one
       104  server one    hears the request "hello" (number 1) from client one; begins to work on "hello"

server one crashes, and starts again after 300 ms
server two crashes, and starts again after 300 ms
       105  client one    an attempt loses its connection; takes server one for dead: connection-lost;
                          makes attempt 2 (the last one: connection-lost);
                          sends the request "hello" (number 2) to server two
       105  client one    an attempt loses its connection; takes server two for dead: connection-lost

everybody answers at once from now on

time passes until every request has its outcome
       205  client one    connects to server one; makes attempt 3 (the last one: connection-lost);
                          sends the request "hello" (number 3) to server one
       404  server one    is up again
       404  server two    is up again
       404  server one    listens
       404  server two    listens
     542.6  server one    hears the request "hello" (number 3) from client one; begins to work on "hello";
                          sends the answer "HELLO" (number 3) to client one
     543.6  client one    hears the answer "HELLO" (number 3) from server one; knows that server one is alive;
                          has the answer of server one to "hello": "HELLO" (attempts connection-lost, connection-lost, replied) after 440.6 ms
