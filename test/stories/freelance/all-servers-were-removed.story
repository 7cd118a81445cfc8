All servers were removed, and one is added

Pattern: freelance
Failure: all servers were removed

A request waits for a server to be added, for one timeout and no longer.

server one listens
server two listens
client one connects to server one
everybody answers at once from now on
         0  server one    listens
         0  server two    listens
         0  client one    connects to server one; sends PING to server one
            (1 heartbeat from server one to client one)
         3  client one    hears PONG from server one; knows that server one is alive

100 ms pass
            nothing

client one forgets server one
            nothing

client one asks: "one"
            nothing

500 ms pass
            nothing

client one learns of server two
       604  client one    connects to server two; sends PING to server two
            (1 heartbeat from server two to client one)
       607  client one    hears PONG from server two; knows that server two is alive;
                          sends the request "one" (number 1) to server two
       608  server two    hears the request "one" (number 1) from client one; begins to work on "one";
                          sends the answer "ONE" (number 1) to client one
       609  client one    hears the answer "ONE" (number 1) from server two;
                          has the answer of server two to "one": "ONE" (attempt replied) after 505 ms

client one forgets server two
            nothing

client one asks: "two"
            nothing

time passes until every request has its outcome
      1610  client one    an attempt times out;
                          its request "two" fails: RequestAbandoned no-server (cannot have run) after 1000 ms
