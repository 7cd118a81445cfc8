The active server dies, and the other one does not take over before somebody asks

Pattern: binary-star
Failure: the active server dies, and nobody asks

Silence alone may be the fault of the link between the two. A client that comes to the backup is the second sign.

the primary listens
the backup listens
client one connects to backup
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

60000 ms pass
       706  backup        misses its peer, silent for 201 ms
            (120 heartbeats from the backup to the primary: 120 sent, 0 heard)

client one asks: "hello"
     60607  client one    connects to the backup; sends the request "hello" (knows no epoch) to the backup
     60609  backup        hears the request "hello" (knows no epoch) from client one; serves, epoch 2: peer-silent;
                          sends ACTIVE (epoch 2) to the primary
     60609  backup        begins to work on "hello"; sends the answer "HELLO" (epoch 2) to client one
     60610  client one    hears the answer "HELLO" (epoch 2) from the backup;
                          has the answer of the backup to "hello": "HELLO" (attempt replied) after 3 ms
