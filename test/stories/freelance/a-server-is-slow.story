A server is slow with one request: the work is done twice, and answered once

Pattern: freelance
Failure: a server is slow with one request

The other server is asked after a second. The first answer counts, here that of the slow one to the first copy.

server one listens
server two listens
client one connects to server one, server two
server one takes 1500 ms for each request from now on
server two takes 700 ms for each request from now on
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

2500 ms pass
      1103  client one    an attempt times out; doubts server one; makes attempt 2 (the last one: timed-out);
                          sends PING to server one; sends the request "hello" (number 2) to server two
            (1 heartbeat from server one to client one)
      1104  server two    hears the request "hello" (number 2) from client one; begins to work on "hello"
      1105  client one    hears PONG from server one; knows that server one is alive
      1604  server one    sends the answer "HELLO" (number 1) to client one
      1605  client one    hears the answer "HELLO" (number 1) from server one;
                          has the answer of server one to "hello": "HELLO" (attempts replied, superseded) after 1502 ms
      1804  server two    sends the answer "HELLO" (number 2) to client one
      1805  client one    hears the answer "HELLO" (number 2) from server two; nobody waits for it any more
