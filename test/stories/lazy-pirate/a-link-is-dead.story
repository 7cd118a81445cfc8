A link is dead for a client with more patience than the ping

Pattern: lazy-pirate
Failure: the server is frozen, or its link is dead

The attempt would last 10 s. The transport's ping fails after 3 to 4 s and ends it; the link is back in time for the
next.

server one listens
client one connects to server one
         0  server one    listens

server one answers at once from now on

client one asks: "before"
         0  client one    connects to server one; sends the request "before" to server one
         2  server one    hears the request "before" from client one; begins to work on "before";
                          sends the answer "BEFORE" to client one
         3  client one    hears the answer "BEFORE" from server one;
                          has the answer of server one to "before": "BEFORE" (attempt replied) after 3 ms

nothing passes between client one and server one for 5000 ms
            nothing

client one asks: "hello", with requestTimeout 10000
         3  client one    sends the request "hello" to server one

time passes until every request has its outcome
    3812.8  client one    a message is lost on the way to server one
    3914.5  client one    an attempt loses its connection
    4014.5  client one    connects to server one; makes attempt 2 (the last one: connection-lost);
                          sends the request "hello" to server one
      5003  client one    can be reached again
    5018.1  server one    hears the request "hello" from client one; begins to work on "hello";
                          sends the answer "HELLO" to client one
    5019.1  client one    hears the answer "HELLO" from server one;
                          has the answer of server one to "hello": "HELLO" (attempts connection-lost, replied) after 5016.1 ms
