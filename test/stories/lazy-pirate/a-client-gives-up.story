A client gives up: the server drops what waits, and tells the handler at work

Pattern: lazy-pirate
Failure: a client gives up or dies

The server serves one request at a time. Both clients' connections end; the handler's result has nobody to go to.

server one listens, with maxConcurrentRequests 1
client one connects to server one
client two connects to server one
         0  server one    listens

client one asks: "at work"
         0  client one    connects to server one; sends the request "at work" to server one
         2  server one    hears the request "at work" from client one; begins to work on "at work"

client two asks: "waiting"
         2  client two    connects to server one; sends the request "waiting" to server one
         4  server one    hears the request "waiting" from client two

client two gives up "waiting"
         4  client two    its request "waiting" fails: RequestAborted (attempt aborted; may have run; not retriable) after 2 ms
         5  server one    a client has left; drops a request: client-gone

client one gives up "at work"
         5  client one    its request "at work" fails: RequestAborted (attempt aborted; may have run; not retriable) after 5 ms
         6  server one    a client has left; its handler is told that nobody waits any more

server one answers
         6  server one    drops a request: client-gone
