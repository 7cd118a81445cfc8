The broker closes and does not wait for ever

Pattern: majordomo
Failure: the broker closes

The worker does not end within drainTimeout (5 s). The request then fails as shutting-down, and its worker is told
DISCONNECT.

the broker listens
worker one offers echo
client one connects to the broker, with requestTimeout 30000 and requestRetries 1
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

the broker is told to stop
            nothing

6000 ms pass
            (2 heartbeats each way between worker one and the broker)
      5005  broker        loses worker one with a request: dismissed, noticed by broker;
                          gives a request up: shutting-down (deliveries 1); has closed; sends DISCONNECT to worker one;
                          sends the failure answer shutting-down (deliveries 1) to client one
      5006  client one    hears the failure answer shutting-down (deliveries 1) from the broker;
                          loses the broker; tries again in 500 ms;
                          its request "hello" fails: RequestFailed shutting-down (attempt refused; deliveries 1; may have run) after 5003 ms
      5006  worker one    hears DISCONNECT from the broker; its handler is told that nobody waits any more;
                          loses the broker: dismissed; tries again when its handler has ended
      5506  client one    connects to the broker; sends the probe to the broker
