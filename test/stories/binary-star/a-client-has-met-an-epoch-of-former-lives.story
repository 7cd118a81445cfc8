Both servers have restarted, and a client remembers a later epoch than they do

Pattern: binary-star
Failure: a client has met a later takeover

The server that serves hears its peer, which is passive: the client's epoch is of former lives. It goes on with one above it.

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

the primary crashes
       606  backup        hears that the connection from its peer has ended;
                          sends PASSIVE (epoch 1) and a question to the primary
       606  backup        connects to the primary; sends PASSIVE (epoch 1) and a question to the primary

client one asks: "one"
       607  client one    connects to the primary; sends the request "one" (knows no epoch) to the primary

time passes until every request has its outcome
       706  backup        misses its peer, silent for 201 ms
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      1607  client one    an attempt times out
      1627  client one    connects to the backup; makes attempt 2 (the last one: timed-out);
                          sends the request "one" (knows no epoch) to the backup
      1629  backup        hears the request "one" (knows no epoch) from client one; serves, epoch 2: peer-silent;
                          sends ACTIVE (epoch 2) to the primary
      1629  backup        begins to work on "one"; sends the answer "ONE" (epoch 2) to client one
      1630  client one    hears the answer "ONE" (epoch 2) from the backup;
                          has the answer of the backup to "one": "ONE" (attempts timed-out, replied) after 1023 ms

the backup crashes
            nothing

the primary restarts
the backup restarts
      1631  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
      1631  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens
      1633  backup        hears WAITING (no epoch) from the primary; finds its peer;
                          sends WAITING (no epoch) and a question to the primary
      1633  primary       hears WAITING (no epoch) from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup
            (1 heartbeat each way between the backup and the primary)
      1635  primary       hears WAITING (no epoch) and a question from the backup; serves, epoch 1: peer-waiting;
                          sends ACTIVE (epoch 1) to the backup
      1636  backup        hears ACTIVE (epoch 1) from the primary; is passive, epoch 1: peer-serves

600 ms pass
            (1 heartbeat each way between the backup and the primary)

client one asks: "two"
      2236  client one    connects to the backup; sends the request "two" (knows epoch 2) to the backup
      2238  backup        hears the request "two" (knows epoch 2) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the primary
            (1 heartbeat from the primary to the backup)
      2240  backup        hears ACTIVE (epoch 1) from the primary; sends that it is passive (epoch 2) to client one
      2241  client one    hears that it is passive (epoch 2) from the backup

time passes until every request has its outcome
      2261  client one    connects to the primary; makes attempt 2 (the last one: refused);
                          sends the request "two" (knows epoch 2) to the primary
      2263  primary       hears the request "two" (knows epoch 2) from client one; serves on, epoch 3;
                          begins to work on "two"; sends the answer "TWO" (epoch 3) to client one
      2264  client one    hears the answer "TWO" (epoch 3) from the primary;
                          has the answer of the primary to "two": "TWO" (attempts refused, replied) after 28 ms
