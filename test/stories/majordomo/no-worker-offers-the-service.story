Nobody offers the service: the client gives up after its own attempts

Pattern: majordomo
Failure: no worker offers the service

The client says with each attempt how long it will wait. The broker keeps the requests for requestExpiry, 30 s, and then
forgets them and the service.

the broker listens
client one connects to the broker
         0  broker        listens
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one

time passes until every request has its outcome
      2503  client one    an attempt times out; sends the probe to the broker
      2504  broker        hears the probe from client one; sends the answer to the probe to client one
      2505  client one    hears the answer to the probe from the broker
      2603  client one    makes attempt 2 (the last one: timed-out); sends REQUEST "hello" for echo to the broker
      2604  broker        hears REQUEST "hello" for echo from client one
      5103  client one    an attempt times out; sends the probe to the broker
      5104  broker        hears the probe from client one; sends the answer to the probe to client one
      5105  client one    hears the answer to the probe from the broker
      5303  client one    makes attempt 3 (the last one: timed-out); sends REQUEST "hello" for echo to the broker
      5304  broker        hears REQUEST "hello" for echo from client one
      7803  client one    an attempt times out; sends the probe to the broker;
                          its request "hello" fails: RequestTimedOut (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms
      7804  broker        hears the probe from client one; sends the answer to the probe to client one
      7805  client one    hears the answer to the probe from the broker

30000 ms pass
     30004  broker        gives a request up: expired (deliveries 0);
                          sends the failure answer expired (deliveries 0) to client one
     30005  client one    hears the failure answer expired (deliveries 0) from the broker; nobody waits for it any more
     32604  broker        gives a request up: expired (deliveries 0);
                          sends the failure answer expired (deliveries 0) to client one
     32605  client one    hears the failure answer expired (deliveries 0) from the broker; nobody waits for it any more
     35304  broker        gives a request up: expired (deliveries 0);
                          sends the failure answer expired (deliveries 0) to client one
     35305  client one    hears the failure answer expired (deliveries 0) from the broker; nobody waits for it any more
