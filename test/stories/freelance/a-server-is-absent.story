The first of two servers is absent from the beginning

Pattern: freelance
Failure: a server is absent from the beginning

The first request waits for the first PONG, which is late here, and goes to the server that sent it.

server two listens
server two answers at once from now on
         0  server two    listens

the event loop of server two is blocked for 50 ms
            nothing

client one connects to server one, server two
         0  client one    connects to server one; sends PING to server one; connects to server two;
                          sends PING to server two

client one asks: "hello"
            nothing

3000 ms pass
        50  server two    goes on
            (1 heartbeat from client one to server two: 0 sent, 1 heard)
            (1 heartbeat from server two to client one)
        51  client one    hears PONG from server two; knows that server two is alive;
                          sends the request "hello" (number 1) to server two
        52  server two    hears the request "hello" (number 1) from client one; begins to work on "hello";
                          sends the answer "HELLO" (number 1) to client one
        53  client one    hears the answer "HELLO" (number 1) from server two;
                          has the answer of server two to "hello": "HELLO" (attempt replied) after 51 ms
            (1 heartbeat from client one to server one: 1 sent, 0 heard)
            (1 heartbeat each way between client one and server two)
