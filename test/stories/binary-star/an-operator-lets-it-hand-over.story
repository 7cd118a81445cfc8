An operator lets the active server hand over

Pattern: binary-star
Failure: an operator lets it hand over, or closes it

What it has in hand is finished. The other one takes over without a vote, as it was asked to.

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
       605  client one    connects to the primary; sends the request "in hand" (knows no epoch) to the primary
       607  primary       hears the request "in hand" (knows no epoch) from client one; begins to work on "in hand"

the primary is told to hand over
            nothing

client two asks: "late"
       607  client two    connects to the primary; sends the request "late" (knows no epoch) to the primary
       609  primary       hears the request "late" (knows no epoch) from client two; drops a request: closing

the primary answers
       609  primary       is passive, epoch 1: handed-over; sends the answer "IN HAND" (epoch 1) to client one;
                          sends RESIGNED (epoch 1) to the backup
       610  client one    hears the answer "IN HAND" (epoch 1) from the primary;
                          has the answer of the primary to "in hand": "IN HAND" (attempt replied) after 5 ms
       610  client two    an attempt loses its connection
       610  backup        hears RESIGNED (epoch 1) from the primary; serves, epoch 2: peer-resigned;
                          sends ACTIVE (epoch 2) to the primary

the backup answers at once from now on

time passes until every request has its outcome
       630  client two    connects to the backup; makes attempt 2 (the last one: connection-lost);
                          sends the request "late" (knows no epoch) to the backup
       632  backup        hears the request "late" (knows no epoch) from client two; begins to work on "late";
                          sends the answer "LATE" (epoch 2) to client two
       633  client two    hears the answer "LATE" (epoch 2) from the backup;
                          has the answer of the backup to "late": "LATE" (attempts connection-lost, replied) after 26 ms
