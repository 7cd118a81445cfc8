A server dies with a request where nobody is told of ended connections

Pattern: freelance
Failure: a server dies with requests
Disconnect notices: off

The request finds out by its timeout, the client by the silence: after six seconds the server is taken for dead.

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

server two answers at once from now on

client one asks: "hello"
       103  client one    sends the request "hello" (number 1) to server one
       104  server one    hears the request "hello" (number 1) from client one; begins to work on "hello"

server one crashes
            nothing

time passes until every request has its outcome
      1103  client one    an attempt times out; doubts server one; makes attempt 2 (the last one: timed-out);
                          sends PING to server one; sends the request "hello" (number 2) to server two
      1104  server two    hears the request "hello" (number 2) from client one; begins to work on "hello";
                          sends the answer "HELLO" (number 2) to client one
      1105  client one    hears the answer "HELLO" (number 2) from server two;
                          has the answer of server two to "hello": "HELLO" (attempts timed-out, replied) after 1002 ms

6000 ms pass
            (2 heartbeats from client one to server one: 2 sent, 0 heard)
            (2 heartbeats each way between client one and server two)
      7103  client one    takes server one for dead: silent
