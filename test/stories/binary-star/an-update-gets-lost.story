An update of the state gets lost, and a snapshot makes up for it

Pattern: binary-star
Failure: an update of the state gets lost

Words to the peer carry the number of the last update. The passive server sees that it has missed one.

the primary listens, with state shared
the backup listens, with state shared
         0  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens
         2  backup        hears WAITING (no epoch) from the primary; finds its peer;
                          sends WAITING (no epoch) and a question to the primary
         2  primary       hears WAITING (no epoch) from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup
            (1 heartbeat each way between the backup and the primary)
         4  primary       hears WAITING (no epoch) and a question from the backup; serves, epoch 1: peer-waiting;
                          sends ACTIVE (epoch 1) to the backup
         5  backup        hears ACTIVE (epoch 1) from the primary; is passive, epoch 1: peer-serves;
                          sends that it needs a snapshot to the primary
         6  primary       hears that it needs a snapshot from the backup; sends the snapshot: nothing to the backup
         7  backup        hears the snapshot: nothing from the primary; holds nothing;
                          sends that it has applied this to the primary
         8  primary       hears that it has applied this from the backup

600 ms pass
            (1 heartbeat each way between the backup and the primary)

the primary passes on "one"
       608  primary       sends the update "one" to the backup
       609  backup        hears the update "one" from the primary; holds "one";
                          sends that it has applied this to the primary
       610  primary       hears that it has applied this from the backup; knows that "one" is safe

nothing passes from the primary to the backup
the primary passes on "two"
       610  primary       sends the update "two" to the backup

the connections between the primary and the backup are reset
       610  primary       a message is lost on the way to the backup
       611  primary       connects to the backup; sends ACTIVE (epoch 1) to the backup

everything passes from the primary to the backup again
       613  backup        hears that the connection from its peer has ended;
                          sends PASSIVE (epoch 1) and a question to the primary
       613  backup        connects to the primary; sends PASSIVE (epoch 1) and a question to the primary
            (1 heartbeat from the primary to the backup: 1 sent, 0 heard)

600 ms pass
     665.5  backup        hears ACTIVE (epoch 1) from the primary; sends that it needs a snapshot to the primary
            (1 heartbeat from the primary to the backup: 0 sent, 1 heard)
     666.5  primary       hears that it needs a snapshot from the backup; sends the snapshot: "one" "two" to the backup
     667.5  backup        hears the snapshot: "one" "two" from the primary; holds "one" "two";
                          sends that it has applied this to the primary
     668.5  primary       hears that it has applied this from the backup; knows that "two" is safe
            (1 heartbeat each way between the backup and the primary)
