The cut heals: the later epoch goes on, and the other server steps down

Pattern: binary-star
Failure: the cut heals

The first word over the healed link tells of the later epoch. The client of the server that stops loses its connection, and comes over.

the primary listens
the backup listens
client one connects to primary, backup
client two connects to backup
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

nothing passes between the primary and the backup
            nothing

3000 ms pass
            (4 heartbeats from the backup to the primary: 4 sent, 0 heard)
            (3 heartbeats from the primary to the backup: 3 sent, 0 heard)
      2501  primary       misses its peer, silent for 2000 ms
            (1 heartbeat from the primary to the backup: 1 sent, 0 heard)
      2505  backup        misses its peer, silent for 2000 ms
      2803  primary       connects to the backup; sends ACTIVE (epoch 1) to the backup
    2981.7  backup        connects to the primary; sends PASSIVE (epoch 1) to the primary
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
            (2 heartbeats from the primary to the backup: 2 sent, 0 heard)

client one asks: "one"
client two asks: "two"
      3605  client one    connects to the primary; sends the request "one" (knows no epoch) to the primary
      3605  client two    connects to the backup; sends the request "two" (knows no epoch) to the backup
      3607  primary       hears the request "one" (knows no epoch) from client one; begins to work on "one";
                          sends the answer "ONE" (epoch 1) to client one
      3607  backup        hears the request "two" (knows no epoch) from client two; serves, epoch 2: peer-silent;
                          sends ACTIVE (epoch 2) to the primary
      3607  backup        begins to work on "two"; sends the answer "TWO" (epoch 2) to client two
      3608  client one    hears the answer "ONE" (epoch 1) from the primary;
                          has the answer of the primary to "one": "ONE" (attempt replied) after 3 ms
      3608  client two    hears the answer "TWO" (epoch 2) from the backup;
                          has the answer of the backup to "two": "TWO" (attempt replied) after 3 ms

everything passes between the primary and the backup again
      3609  backup        hears ACTIVE (epoch 1) from the primary; finds its peer;
                          sends ACTIVE (epoch 2) and a question to the primary, 2 times
            (3 heartbeats from the primary to the backup: 0 sent, 3 heard)
            (3 heartbeats from the backup to the primary: 3 sent, 2 heard)
      3609  primary       hears PASSIVE (epoch 1) from the backup; finds its peer;
                          sends ACTIVE (epoch 1) and a question to the backup

1000 ms pass
            (3 heartbeats from the backup to the primary: 0 sent, 3 heard)
    3660.7  primary       hears ACTIVE (epoch 2) from the backup; learns from its peer that epoch 2 has begun;
                          is passive, epoch 2: outranked; sends PASSIVE (epoch 2) to the backup
            (12 heartbeats from the backup to the primary: 7 sent, 12 heard)
            (7 heartbeats from the primary to the backup: 3 sent, 7 heard)

client one asks: "again"
      4609  client one    connects to the primary; sends the request "again" (knows epoch 1) to the primary
      4611  primary       hears the request "again" (knows epoch 1) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 2) and a question to the backup
            (1 heartbeat from the backup to the primary)
      4613  primary       hears ACTIVE (epoch 2) from the backup; sends that it is passive (epoch 2) to client one
      4614  client one    hears that it is passive (epoch 2) from the primary

time passes until every request has its outcome
      4634  client one    connects to the backup; makes attempt 2 (the last one: refused);
                          sends the request "again" (knows epoch 2) to the backup
      4636  backup        hears the request "again" (knows epoch 2) from client one; begins to work on "again";
                          sends the answer "AGAIN" (epoch 2) to client one
      4637  client one    hears the answer "AGAIN" (epoch 2) from the backup;
                          has the answer of the backup to "again": "AGAIN" (attempts refused, replied) after 28 ms
