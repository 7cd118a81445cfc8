Every handler throws: the request is given up as poisoned

Pattern: majordomo
Failure: a handler throws

Both workers fail, the first of them twice, as it is back before the request is given up.

the broker listens
worker one offers echo
worker two offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  worker two    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears READY for echo from worker two; registers worker two for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

everybody fails at each request from now on

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          its handler throws; loses the broker: handler-failed; tries again in 500 ms;
                          sends DISCONNECT (with the last request that came) to the broker
         6  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one with a request: left, noticed by peer; takes the request back (deliveries 1);
                          sends REQUEST "hello" (delivery 2) to worker two
         7  worker two    hears REQUEST "hello" (delivery 2) from the broker; begins to work on "hello";
                          its handler throws; loses the broker: handler-failed; tries again in 500 ms;
                          sends DISCONNECT (with the last request that came) to the broker
         8  broker        hears DISCONNECT (with the last request that came) from worker two;
                          loses worker two with a request: left, noticed by peer; takes the request back (deliveries 2)

time passes until every request has its outcome
       505  worker one    connects to the broker; sends READY for echo to the broker
       507  worker two    connects to the broker; sends READY for echo to the broker
       507  broker        hears READY for echo from worker one; registers worker one for echo;
                          sends REQUEST "hello" (delivery 3) to worker one
       508  worker one    hears REQUEST "hello" (delivery 3) from the broker; begins to work on "hello";
                          its handler throws; loses the broker: handler-failed; tries again in 500 ms;
                          sends DISCONNECT (with the last request that came) to the broker
       509  broker        hears READY for echo from worker two; registers worker two for echo
       509  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one with a request: left, noticed by peer;
                          gives a request up: poisoned (deliveries 3);
                          sends the failure answer poisoned (deliveries 3) to client one
       510  client one    hears the failure answer poisoned (deliveries 3) from the broker;
                          its request "hello" fails: RequestFailed poisoned (attempt refused; deliveries 3; may have run; not retriable) after 507 ms
