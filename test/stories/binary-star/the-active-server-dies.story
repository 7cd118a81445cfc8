The active server dies with a request: what its client asks the other one is kept, and served at once

Pattern: binary-star
Failure: the active server dies

The operating system ends the connection between the two. A peer that lives would say so within 100 ms; after that the client's
request makes the backup active, and is its first.

the primary listens
the backup listens
client one connects to primary, backup
the backup answers at once from now on
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

client one asks: "hello"
       605  client one    connects to the primary; sends the request "hello" (knows no epoch) to the primary
       607  primary       hears the request "hello" (knows no epoch) from client one; begins to work on "hello"

the primary crashes
       608  backup        hears that the connection from its peer has ended;
                          sends PASSIVE (epoch 1) and a question to the primary
       608  backup        connects to the primary; sends PASSIVE (epoch 1) and a question to the primary
       608  client one    an attempt loses its connection

time passes until every request has its outcome
       628  client one    connects to the backup; makes attempt 2 (the last one: connection-lost);
                          sends the request "hello" (knows no epoch) to the backup
       630  backup        hears the request "hello" (knows no epoch) from client one; keeps it: a vote
       708  backup        serves, epoch 2: peer-silent; misses its peer, silent for 203 ms;
                          sends ACTIVE (epoch 2) to the primary
       708  backup        begins to work on "hello"; sends the answer "HELLO" (epoch 2) to client one
       709  client one    hears the answer "HELLO" (epoch 2) from the backup;
                          has the answer of the backup to "hello": "HELLO" (attempts connection-lost, replied) after 104 ms
