A request that kills every worker it meets is given up after three

Pattern: majordomo
Failure: a request kills every worker it meets

Three deliveries are as many as there are (maxDeliveries). The fourth worker never sees the request, and goes on serving
others.

the broker listens
worker one offers echo
worker two offers echo
worker three offers echo
worker four offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  worker two    connects to the broker; sends READY for echo to the broker
         0  worker three  connects to the broker; sends READY for echo to the broker
         0  worker four   connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears READY for echo from worker two; registers worker two for echo
         2  broker        hears READY for echo from worker three; registers worker three for echo
         2  broker        hears READY for echo from worker four; registers worker four for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

everybody dies of each request from now on

client one asks for echo: "poison"
         3  client one    sends REQUEST "poison" for echo to the broker
         4  broker        hears REQUEST "poison" for echo from client one;
                          sends REQUEST "poison" (delivery 1) to worker one
         5  worker one    hears REQUEST "poison" (delivery 1) from the broker; begins to work on "poison"; dies of it
         6  broker        loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends REQUEST "poison" (delivery 2) to worker two
         7  worker two    hears REQUEST "poison" (delivery 2) from the broker; begins to work on "poison"; dies of it
         8  broker        loses worker two with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 2); sends REQUEST "poison" (delivery 3) to worker three
         9  worker three  hears REQUEST "poison" (delivery 3) from the broker; begins to work on "poison"; dies of it
        10  broker        loses worker three with a request: disconnected, noticed by transport;
                          gives a request up: poisoned (deliveries 3);
                          sends the failure answer poisoned (deliveries 3) to client one
        11  client one    hears the failure answer poisoned (deliveries 3) from the broker;
                          its request "poison" fails: RequestFailed poisoned (attempt refused; deliveries 3; may have run; not retriable) after 8 ms

worker four answers at once from now on

client one asks for echo: "hello"
        11  client one    sends REQUEST "hello" for echo to the broker
        12  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker four
        13  worker four   hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
        14  broker        hears REPLY "HELLO" from worker four; sends REPLY "HELLO" (deliveries 1) to client one
        15  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 4 ms
