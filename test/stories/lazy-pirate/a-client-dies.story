A client dies with a request at work

Pattern: lazy-pirate
Failure: a client gives up or dies

The operating system closes its connection; the handler is told that nobody waits.

server one listens
client one connects to server one
         0  server one    listens

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"

client one crashes
         3  server one    a client has left; its handler is told that nobody waits any more

server one answers
         3  server one    drops a request: client-gone

server one has counted
         3  server one    requests 1, dropped 1
