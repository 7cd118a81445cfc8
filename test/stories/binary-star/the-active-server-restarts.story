The active server restarts before it is missed, and the other one takes over at once

Pattern: binary-star
Failure: the active server restarts before it is missed

Its word is that it waits, with an epoch of no worth. The backup, which remembers the epoch, asks once more, and serves without a vote.

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

the primary crashes, and starts again after 20 ms
       609  backup        hears that the connection from its peer has ended;
                          sends PASSIVE (epoch 1) and a question to the primary
       609  backup        connects to the primary; sends PASSIVE (epoch 1) and a question to the primary

600 ms pass
       628  primary       is up again
       628  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
            (1 heartbeat from the backup to the primary: 1 sent, 0 heard)
     680.7  primary       hears PASSIVE (epoch 1) and a question from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup;
                          sends WAITING (epoch 1) and a question to the backup
            (2 heartbeats from the backup to the primary: 1 sent, 2 heard)
            (1 heartbeat from the primary to the backup)
     681.7  backup        hears WAITING (epoch 1) and a question from the primary; serves, epoch 2: peer-waiting;
                          sends ACTIVE (epoch 2) to the primary
     682.7  primary       hears ACTIVE (epoch 2) from the backup; is passive, epoch 2: peer-serves
            (1 heartbeat each way between the primary and the backup)

client one asks: "after"
      1210  client one    connects to the primary; sends the request "after" (knows epoch 1) to the primary
      1212  primary       hears the request "after" (knows epoch 1) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 2) and a question to the backup
            (1 heartbeat from the backup to the primary)
      1214  primary       hears ACTIVE (epoch 2) from the backup; sends that it is passive (epoch 2) to client one
      1215  client one    hears that it is passive (epoch 2) from the primary

time passes until every request has its outcome
      1235  client one    connects to the backup; makes attempt 2 (the last one: refused);
                          sends the request "after" (knows epoch 2) to the backup
      1237  backup        hears the request "after" (knows epoch 2) from client one; begins to work on "after";
                          sends the answer "AFTER" (epoch 2) to client one
      1238  client one    hears the answer "AFTER" (epoch 2) from the backup;
                          has the answer of the backup to "after": "AFTER" (attempts refused, replied) after 28 ms
