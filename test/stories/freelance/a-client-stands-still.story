The event loop of the client is blocked for longer than serverTimeToLive

Pattern: freelance
Failure: the client stands still

Nobody pinged the servers meanwhile, so their silence means nothing: they are pinged first, and none is given up.

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

the event loop of client one is blocked for 20000 ms
            nothing

24000 ms pass
     20103  client one    goes on
     20123  client one    finds that it stood still for 18103 ms; sends PING to server one; sends PING to server two
            (2 heartbeats from server one to client one)
            (2 heartbeats from server two to client one)
            (1 heartbeat from client one to server one)
            (1 heartbeat from client one to server two)

client one asks: "hello"
     24103  client one    sends the request "hello" (number 1) to server one
     24104  server one    hears the request "hello" (number 1) from client one; begins to work on "hello";
                          sends the answer "HELLO" (number 1) to client one
     24105  client one    hears the answer "HELLO" (number 1) from server one;
                          has the answer of server one to "hello": "HELLO" (attempt replied) after 2 ms
