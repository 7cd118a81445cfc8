The active server stands still where nobody has asked the other one, and serves on

Pattern: binary-star
Failure: the active server stands still

Before it answers what has come meanwhile it asks its peer, which is still passive.

the primary listens
the backup listens
client one connects to primary
everybody answers at once from now on
         0  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens
         2  backup        hears WAITING (no epoch) from the primary; finds its peer;
                          sends WAITING (no epoch) and a question to the primary
         2  primary       hears WAITING (no epoch) from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup
            (1 heartbeat each way between the backup and the primary)
         4  primary       hears WAITING (no epoch) and a question from the backup; serves, epoch 1: peer-waiting;
                          sends ACTIVE (epoch 1) to the backup
         5  backup        hears ACTIVE (epoch 1) from the primary; is passive, epoch 1: peer-serves

600 ms pass
            (1 heartbeat each way between the backup and the primary)

client one asks: "before"
       605  client one    connects to the primary; sends the request "before" (knows no epoch) to the primary
       607  primary       hears the request "before" (knows no epoch) from client one; begins to work on "before";
                          sends the answer "BEFORE" (epoch 1) to client one
       608  client one    hears the answer "BEFORE" (epoch 1) from the primary;
                          has the answer of the primary to "before": "BEFORE" (attempt replied) after 3 ms

the primary stands still for 1500 ms
            nothing

client one asks: "meanwhile"
       608  client one    sends the request "meanwhile" (knows epoch 1) to the primary

time passes until every request has its outcome
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      1608  client one    an attempt times out
      1708  client one    connects to the primary; makes attempt 2 (the last one: timed-out);
                          sends the request "meanwhile" (knows epoch 1) to the primary
            (1 heartbeat from the backup to the primary: 1 sent, 0 heard)
      2108  primary       goes on
      2108  primary       hears the request "meanwhile" (knows epoch 1) from client one;
                          serves nobody until it knows whether its peer does;
                          sends ACTIVE (epoch 1) and a question to the backup
            (4 heartbeats from the backup to the primary: 1 sent, 4 heard)
      2110  primary       hears PASSIVE (epoch 1) from the backup; begins to work on "meanwhile"; a client has left;
                          its handler is told that nobody waits any more; serves on; drops a request: client-gone
    2123.1  primary       hears the request "meanwhile" (knows epoch 1) from client one; begins to work on "meanwhile";
                          sends the answer "MEANWHILE" (epoch 1) to client one
    2124.1  client one    hears the answer "MEANWHILE" (epoch 1) from the primary;
                          has the answer of the primary to "meanwhile": "MEANWHILE" (attempts timed-out, replied) after 1516.1 ms
      2128  primary       finds that it stood still for 1104 ms; sends ACTIVE (epoch 1) to the backup
