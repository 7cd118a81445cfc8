A client asks the passive server

Pattern: binary-star
Failure: a client asks the passive server

The passive server asks its peer first: it might be gone. A client of ours is sent to the other server; one that would not understand
hears nothing.

the primary listens
the backup listens
client one connects to backup, primary
client two connects to backup, with mode classic
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

client one asks: "one"
       605  client one    connects to the backup; sends the request "one" (knows no epoch) to the backup
       607  backup        hears the request "one" (knows no epoch) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the primary
            (1 heartbeat from the primary to the backup)
       609  backup        hears ACTIVE (epoch 1) from the primary; sends that it is passive (epoch 1) to client one
       610  client one    hears that it is passive (epoch 1) from the backup

time passes until every request has its outcome
       630  client one    connects to the primary; makes attempt 2 (the last one: refused);
                          sends the request "one" (knows epoch 1) to the primary
       632  primary       hears the request "one" (knows epoch 1) from client one; begins to work on "one";
                          sends the answer "ONE" (epoch 1) to client one
       633  client one    hears the answer "ONE" (epoch 1) from the primary;
                          has the answer of the primary to "one": "ONE" (attempts refused, replied) after 28 ms

client two asks: "two"
       633  client two    connects to the backup; sends the request "two" to the backup
       635  backup        hears the request "two" from client two; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the primary
            (1 heartbeat from the primary to the backup)

client two gives up "two"
       637  client two    its request "two" fails: RequestAborted (attempt aborted; may have run; not retriable) after 4 ms
