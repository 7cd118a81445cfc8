PONGs come while a request waits

Pattern: freelance
Failure: PONGs come while a request waits

A request that may take its time waits for its answer. Pings go on meanwhile: a PONG answers no request, and nothing is sent again.

server one listens
client one connects to server one, with requestTimeout 10000 and deadline 0
         0  server one    listens
         0  client one    connects to server one; sends PING to server one
            (1 heartbeat from server one to client one)
         3  client one    hears PONG from server one; knows that server one is alive

100 ms pass
            nothing

client one asks: "hello"
       103  client one    sends the request "hello" (number 1) to server one
       104  server one    hears the request "hello" (number 1) from client one; begins to work on "hello"

9000 ms pass
            (4 heartbeats each way between client one and server one)

server one answers
      9104  server one    sends the answer "HELLO" (number 1) to client one
      9105  client one    hears the answer "HELLO" (number 1) from server one;
                          has the answer of server one to "hello": "HELLO" (attempt replied) after 9002 ms
