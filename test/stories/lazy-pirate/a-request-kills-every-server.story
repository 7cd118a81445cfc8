A request that kills every server it meets is given up after three

Pattern: lazy-pirate
Failure: a request kills every server it meets

Each attempt takes a server with it. There would be a fourth.

server one listens
server two listens
server three listens
server four listens
client one connects to server one, server two, server three
         0  server one    listens
         0  server two    listens
         0  server three  listens
         0  server four   listens

everybody dies of each request from now on

client one asks: "poison"
         0  client one    connects to server one; sends the request "poison" to server one
         2  server one    hears the request "poison" from client one; begins to work on "poison"; dies of it
         3  client one    an attempt loses its connection

time passes until every request has its outcome
       103  client one    connects to server two; makes attempt 2 (the last one: connection-lost);
                          sends the request "poison" to server two
       105  server two    hears the request "poison" from client one; begins to work on "poison"; dies of it
       106  client one    an attempt loses its connection
       306  client one    connects to server three; makes attempt 3 (the last one: connection-lost);
                          sends the request "poison" to server three
       308  server three  hears the request "poison" from client one; begins to work on "poison"; dies of it
       309  client one    an attempt loses its connection;
                          its request "poison" fails: RequestAbandoned connection-lost (attempts connection-lost, connection-lost, connection-lost; may have run) after 309 ms
