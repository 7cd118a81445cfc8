The active server stands still, and asks before it serves again

Pattern: binary-star
Failure: the active server stands still

While it stood still the backup took over. Awake again it finds that it stood still for too long, serves nobody, and learns of it.

the primary listens
the backup listens
client one connects to primary, backup
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

the primary stands still for 4000 ms
            nothing

client one asks: "meanwhile"
       608  client one    sends the request "meanwhile" (knows epoch 1) to the primary

time passes until every request has its outcome
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      1608  client one    an attempt times out
      1628  client one    connects to the backup; makes attempt 2 (the last one: timed-out);
                          sends the request "meanwhile" (knows epoch 1) to the backup
      1630  backup        hears the request "meanwhile" (knows epoch 1) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the primary
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      2505  backup        serves, epoch 2: peer-silent; misses its peer, silent for 2000 ms;
                          sends ACTIVE (epoch 2) to the primary
      2505  backup        begins to work on "meanwhile"; sends the answer "MEANWHILE" (epoch 2) to client one
      2506  client one    hears the answer "MEANWHILE" (epoch 2) from the backup;
                          has the answer of the backup to "meanwhile": "MEANWHILE" (attempts timed-out, replied) after 1898 ms

3000 ms pass
    2984.7  backup        connects to the primary; sends ACTIVE (epoch 2) to the primary
            (4 heartbeats from the backup to the primary: 4 sent, 0 heard)
      4608  primary       goes on
      4608  primary       hears the request "meanwhile" (knows epoch 1) from client one;
                          serves nobody until it knows whether its peer does;
                          sends ACTIVE (epoch 1) and a question to the backup
            (5 heartbeats from the backup to the primary: 0 sent, 5 heard)
            (1 heartbeat from the primary to the backup)
      4608  primary       hears ACTIVE (epoch 2) from the backup; learns from its peer that epoch 2 has begun;
                          is passive, epoch 2: outranked; hears that the connection from its peer has ended;
                          sends PASSIVE (epoch 2) to the backup; sends PASSIVE (epoch 2) and a question to the backup
      4609  backup        hears ACTIVE (epoch 1) and a question from the primary; finds its peer;
                          sends ACTIVE (epoch 2) and a question to the primary, 3 times
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      4628  primary       finds that it stood still for 3604 ms; sends PASSIVE (epoch 2) and a question to the backup
            (12 heartbeats from the backup to the primary: 2 sent, 12 heard)
            (2 heartbeats from the primary to the backup)
