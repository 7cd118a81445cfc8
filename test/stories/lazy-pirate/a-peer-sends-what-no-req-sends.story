A stranger sends what no REQ sends: dropped and counted

Pattern: lazy-pirate
Failure: a peer sends what no REQ sends

A REQ puts an empty delimiter before its body, behind at most 32 addresses. Anything else is no request; the server goes
on.

server one listens
client one connects to server one
         0  server one    listens

stranger one connects to server one as a client
server one answers at once from now on
         0  stranger one  connects to server one

stranger one sends "GET / HTTP/1.1"
         1  stranger one  sends the frames "GET / HTTP/1.1" to server one
         2  server one    hears the frames "GET / HTTP/1.1" from stranger one; drops a request: invalid;
                          invalid is now 1

stranger one sends ""
         2  stranger one  sends the frames "" to server one
         3  server one    hears the frames "" from stranger one; drops a request: invalid; invalid is now 2

stranger one sends "junk" ""
         3  stranger one  sends the frames "junk" "" to server one
         4  server one    hears the frames "junk" "" from stranger one; drops a request: invalid; invalid is now 3

stranger one sends "" "hello"
         4  stranger one  sends the request "hello" to server one
         5  server one    hears the request "hello" from stranger one; begins to work on "hello";
                          sends the answer "HELLO" to stranger one
         6  stranger one  hears the answer "HELLO" from server one

client one asks: "hello"
         6  client one    connects to server one; sends the request "hello" to server one
         8  server one    hears the request "hello" from client one; begins to work on "hello";
                          sends the answer "HELLO" to client one
         9  client one    hears the answer "HELLO" from server one;
                          has the answer of server one to "hello": "HELLO" (attempt replied) after 3 ms

server one has counted
         9  server one    requests 2, replies 2, invalid 3
