A dead server comes back: it is passive, and sends clients to the other one

Pattern: binary-star
Failure: a dead server comes back

The backup has taken over meanwhile, and goes on. There is no fail-back before an operator says so.

the primary listens
the backup listens
client one connects to primary, backup
client two connects to primary, backup
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

the primary restarts
      1630  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
      1632  backup        hears WAITING (no epoch) from the primary; finds its peer;
                          sends ACTIVE (epoch 2) and a question to the primary, 2 times

500 ms pass
    1682.7  primary       hears PASSIVE (epoch 1) and a question from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup;
                          sends WAITING (epoch 1) and a question to the backup
            (2 heartbeats from the backup to the primary: 0 sent, 2 heard)
    1682.7  primary       hears ACTIVE (epoch 2) from the backup; is passive, epoch 2: peer-serves
            (6 heartbeats from the backup to the primary: 4 sent, 6 heard)
            (2 heartbeats from the primary to the backup)

client two asks: "two"
      2132  client two    connects to the primary; sends the request "two" (knows no epoch) to the primary
      2134  primary       hears the request "two" (knows no epoch) from client two; keeps it: a vote;
                          sends PASSIVE (epoch 2) and a question to the backup
            (1 heartbeat from the backup to the primary)
      2136  primary       hears ACTIVE (epoch 2) from the backup; sends that it is passive (epoch 2) to client two
      2137  client two    hears that it is passive (epoch 2) from the primary

time passes until every request has its outcome
      2157  client two    connects to the backup; makes attempt 2 (the last one: refused);
                          sends the request "two" (knows epoch 2) to the backup
      2159  backup        hears the request "two" (knows epoch 2) from client two; begins to work on "two";
                          sends the answer "TWO" (epoch 2) to client two
      2160  client two    hears the answer "TWO" (epoch 2) from the backup;
                          has the answer of the backup to "two": "TWO" (attempts refused, replied) after 28 ms
