A stranger sends what no client sends

Pattern: freelance
Failure: a peer sends what no client sends

It is dropped and counted. A message of two frames is a request, whatever its first frame is, and has it back.

server one listens
stranger one connects to server one as a client
server one answers at once from now on
         0  server one    listens
         0  stranger one  connects to server one

stranger one sends "hello"
         1  stranger one  sends the frames "hello" to server one
         2  server one    hears the frames "hello" from stranger one; drops a request: invalid; invalid is now 1

stranger one sends "PING" "hello"
         2  stranger one  sends the request "hello" to server one
         3  server one    hears the request "hello" from stranger one; begins to work on "hello";
                          sends the answer "HELLO" to stranger one
         4  stranger one  hears the answer "HELLO" from server one

stranger one sends "PING"
            (1 heartbeat each way between stranger one and server one)

server one has counted
         6  server one    requests 1, replies 1, invalid 1, pings 1
