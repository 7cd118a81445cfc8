The active server is told to stop, and the other one serves at once

Pattern: binary-star
Failure: an operator lets it hand over, or closes it

What it has in hand is finished first, and no vote is needed. Who comes to it afterwards finds nobody, which costs a timeout.

the primary listens
the backup listens
client one connects to primary, backup
client two connects to primary, backup
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

client one asks: "in hand"
client two asks: "too"
       605  client one    connects to the primary; sends the request "in hand" (knows no epoch) to the primary
       605  client two    connects to the primary; sends the request "too" (knows no epoch) to the primary
       607  primary       hears the request "in hand" (knows no epoch) from client one; begins to work on "in hand"
       607  primary       hears the request "too" (knows no epoch) from client two; begins to work on "too"

the primary is told to stop
            nothing

the primary answers
the primary answers
       607  primary       sends the answer "IN HAND" (epoch 1) to client one
       607  primary       sends the answer "TOO" (epoch 1) to client two; sends RESIGNED (epoch 1) to the backup
       608  client one    hears the answer "IN HAND" (epoch 1) from the primary;
                          has the answer of the primary to "in hand": "IN HAND" (attempt replied) after 3 ms
       608  client two    hears the answer "TOO" (epoch 1) from the primary;
                          has the answer of the primary to "too": "TOO" (attempt replied) after 3 ms
       608  backup        hears RESIGNED (epoch 1) from the primary; serves, epoch 2: peer-resigned;
                          sends ACTIVE (epoch 2) to the primary
       609  primary       hears ACTIVE (epoch 2) from the backup; has closed
       610  backup        connects to the primary; sends ACTIVE (epoch 2) to the primary

the backup answers at once from now on

client one asks: "later"
       611  client one    connects to the primary; sends the request "later" (knows epoch 1) to the primary

time passes until every request has its outcome
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      1611  client one    an attempt times out
      1631  client one    connects to the backup; makes attempt 2 (the last one: timed-out);
                          sends the request "later" (knows epoch 1) to the backup
      1633  backup        hears the request "later" (knows epoch 1) from client one; begins to work on "later";
                          sends the answer "LATER" (epoch 2) to client one
      1634  client one    hears the answer "LATER" (epoch 2) from the backup;
                          has the answer of the backup to "later": "LATER" (attempts timed-out, replied) after 1023 ms
