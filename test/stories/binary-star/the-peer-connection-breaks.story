The connection between the two breaks, and nothing changes

Pattern: binary-star
Failure: the connection between the two breaks

A peer that lives sees it too, and says so at once over a new connection.

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

the connections between the primary and the backup are reset
       606  primary       connects to the backup; sends ACTIVE (epoch 1) to the backup
       606  backup        hears that the connection from its peer has ended;
                          sends PASSIVE (epoch 1) and a question to the primary
       606  backup        connects to the primary; sends PASSIVE (epoch 1) and a question to the primary
            (1 heartbeat from the primary to the backup)

client one asks: "hello"
       609  client one    connects to the backup; sends the request "hello" (knows no epoch) to the backup
       611  backup        hears the request "hello" (knows no epoch) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the primary
            (1 heartbeat from the primary to the backup)
       613  backup        hears ACTIVE (epoch 1) from the primary; sends that it is passive (epoch 1) to client one
       614  client one    hears that it is passive (epoch 1) from the backup

300 ms pass
       714  client one    connects to the backup; makes attempt 2 (the last one: refused);
                          sends the request "hello" (knows epoch 1) to the backup
       716  backup        hears the request "hello" (knows epoch 1) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the primary
            (1 heartbeat from the primary to the backup)
       718  backup        hears ACTIVE (epoch 1) from the primary; sends that it is passive (epoch 1) to client one
       719  client one    hears that it is passive (epoch 1) from the backup
