A client dies with a request at work, and one that waits

Pattern: freelance
Failure: a client gives up or dies

The end of its connection tells the server, and the handler at work.

server one listens, with maxConcurrentRequests 1
client one connects to server one
         0  server one    listens
         0  client one    connects to server one; sends PING to server one
            (1 heartbeat from server one to client one)
         3  client one    hears PONG from server one; knows that server one is alive

100 ms pass
            nothing

client one asks: "at work", "waiting"
       103  client one    sends the request "at work" (number 1) to server one;
                          sends the request "waiting" (number 2) to server one
       104  server one    hears the request "at work" (number 1) from client one; begins to work on "at work"
       104  server one    hears the request "waiting" (number 2) from client one

client one crashes
       105  server one    a client has left, 2 times; its handler is told that nobody waits any more;
                          drops a request: client-gone

server one answers
       105  server one    drops a request: client-gone
