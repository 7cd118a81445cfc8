A frame that the broker would not take is not sent

Pattern: majordomo
Failure: a frame is longer than the broker takes (maxFrameBytes)

The client rejects it before it leaves. A reply that is too long counts as a handler that failed: three deliveries, then
poisoned.

the broker listens
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: <1048577 bytes>
         3  client one    its request <1048577 bytes> fails: InvalidOption (not retriable) after 0 ms

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

worker one answers with <1048577 bytes>
         5  worker one    its handler throws; loses the broker: handler-failed; tries again in 500 ms;
                          sends DISCONNECT (with the last request that came) to the broker
         6  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one with a request: left, noticed by peer; takes the request back (deliveries 1)

600 ms pass
       505  worker one    connects to the broker; sends READY for echo to the broker
       507  broker        hears READY for echo from worker one; registers worker one for echo;
                          sends REQUEST "hello" (delivery 2) to worker one
       508  worker one    hears REQUEST "hello" (delivery 2) from the broker; begins to work on "hello"

worker one answers with <1048577 bytes>
       606  worker one    its handler throws; loses the broker: handler-failed; tries again in 500 ms;
                          sends DISCONNECT (with the last request that came) to the broker
       607  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one with a request: left, noticed by peer; takes the request back (deliveries 2)

600 ms pass
      1106  worker one    connects to the broker; sends READY for echo to the broker
      1108  broker        hears READY for echo from worker one; registers worker one for echo;
                          sends REQUEST "hello" (delivery 3) to worker one
      1109  worker one    hears REQUEST "hello" (delivery 3) from the broker; begins to work on "hello"

worker one answers with <1048577 bytes>
      1207  worker one    its handler throws; loses the broker: handler-failed; tries again in 500 ms;
                          sends DISCONNECT (with the last request that came) to the broker
      1208  broker        hears DISCONNECT (with the last request that came) from worker one;
                          loses worker one with a request: left, noticed by peer;
                          gives a request up: poisoned (deliveries 3);
                          sends the failure answer poisoned (deliveries 3) to client one
      1209  client one    hears the failure answer poisoned (deliveries 3) from the broker;
                          its request "hello" fails: RequestFailed poisoned (attempt refused; deliveries 3; may have run; not retriable) after 1206 ms
