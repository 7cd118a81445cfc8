The link to a server is dead, and nobody asks anything

Pattern: freelance
Failure: a server is frozen, or its link is dead

Six seconds of silence say so. The connection is replaced, and its server asked now and then whether it is there again.

server one listens, with transportHeartbeatInterval 0
server two listens, with transportHeartbeatInterval 0
client one connects to server one, server two, with transportHeartbeatInterval 0
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

the connections between client one and server one die without a word
            nothing

8000 ms pass
            (2 heartbeats from client one to server one: 2 sent, 0 heard)
            (2 heartbeats each way between client one and server two)
      6003  client one    2 messages are lost on the way to server one; takes server one for dead: silent
            (1 heartbeat each way between client one and server two)
      6503  client one    connects to server one; sends PING to server one
            (1 heartbeat from server one to client one)
      6506  client one    hears PONG from server one; knows that server one is alive
            (1 heartbeat each way between client one and server two)

client one asks: "hello"
      8103  client one    sends the request "hello" (number 1) to server two
      8104  server two    hears the request "hello" (number 1) from client one; begins to work on "hello";
                          sends the answer "HELLO" (number 1) to client one
      8105  client one    hears the answer "HELLO" (number 1) from server two;
                          has the answer of server two to "hello": "HELLO" (attempt replied) after 2 ms
