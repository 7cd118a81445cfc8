A server is slow, and the client asks another one early

Pattern: freelance
Failure: a server is slow with one request

With hedgeDelay a second copy goes out before the timeout. The first answer counts, and the other one is late.

server one listens
server two listens
client one connects to server one, server two, with hedgeDelay 200
server one takes 500 ms for each request from now on
server two takes 100 ms for each request from now on
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

time passes until every request has its outcome
       303  client one    asks another one as well (attempt 2); sends the request "hello" (number 2) to server two
       304  server two    hears the request "hello" (number 2) from client one; begins to work on "hello"
       404  server two    sends the answer "HELLO" (number 2) to client one
       405  client one    hears the answer "HELLO" (number 2) from server two;
                          has the answer of server two to "hello": "HELLO" (attempts superseded, replied) after 302 ms

500 ms pass
       604  server one    sends the answer "HELLO" (number 1) to client one
       605  client one    hears the answer "HELLO" (number 1) from server one; nobody waits for it any more
