The machine of the active server dies, and nobody is told

Pattern: binary-star
Failure: the active server dies
Disconnect notices: off

The client finds out by its timeout, the backup by the silence of its peer: after 2 s it serves what has waited.

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

the machine of the primary dies
client one asks: "hello"
       605  client one    connects to the primary; sends the request "hello" (knows no epoch) to the primary

time passes until every request has its outcome
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      1605  client one    an attempt times out
      1625  client one    connects to the backup; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" (knows no epoch) to the backup
      1627  backup        hears the request "hello" (knows no epoch) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the primary
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      2505  backup        serves, epoch 2: peer-silent; misses its peer, silent for 2000 ms;
                          sends ACTIVE (epoch 2) to the primary
      2505  backup        begins to work on "hello"; sends the answer "HELLO" (epoch 2) to client one
      2506  client one    hears the answer "HELLO" (epoch 2) from the backup;
                          has the answer of the backup to "hello": "HELLO" (attempts timed-out, replied) after 1901 ms
