A request goes to all servers at once, and one of them dies with it

Pattern: freelance
Failure: a server dies with requests

With the model shotgun the first answer counts, and a death costs nothing. The work is done as often as there are servers.

server one listens, with model shotgun
server two listens, with model shotgun
server three listens, with model shotgun
client one connects to server one, server two, server three, with model shotgun
         0  server one    listens
         0  server two    listens
         0  server three  listens

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" (number 1) to server one;
                          connects to server two; sends the request "hello" (number 2) to server two;
                          connects to server three; sends the request "hello" (number 3) to server three
         2  server one    hears the request "hello" (number 1) from client one; begins to work on "hello"
         2  server two    hears the request "hello" (number 2) from client one; begins to work on "hello"
         2  server three  hears the request "hello" (number 3) from client one; begins to work on "hello"

server one crashes
         3  client one    takes server one for dead: connection-lost

server three answers
         3  server three  sends the answer "HELLO" (number 3) to client one
         4  client one    hears the answer "HELLO" (number 3) from server three; knows that server three is alive;
                          has the answer of server three to "hello": "HELLO" (attempts connection-lost, superseded, replied) after 4 ms

server two answers
         4  server two    sends the answer "HELLO" (number 2) to client one
         5  client one    hears the answer "HELLO" (number 2) from server two; knows that server two is alive;
                          nobody waits for it any more
