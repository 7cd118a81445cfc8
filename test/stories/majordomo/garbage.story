A stranger sends garbage, and nobody else is affected

Pattern: majordomo
Failure: a peer sends garbage

Each message is dropped and counted. A REPLY or HEARTBEAT of one that has not registered is answered with DISCONNECT,
which is how a worker learns that its broker has restarted.

the broker listens
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

stranger one connects to the broker as a client
stranger two connects to the broker as a worker
         3  stranger one  connects to the broker
         3  stranger two  connects to the broker

stranger one sends "junk"
         4  stranger one  sends the frames "junk" to the broker
         5  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 1

stranger one sends "GET / HTTP/1.1" ""
         5  stranger one  sends the frames "GET / HTTP/1.1" "" to the broker
         6  broker        hears the frames "GET / HTTP/1.1" "" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 2

stranger one sends "" "MDPC01"
         6  stranger one  sends the frames "" "MDPC01" to the broker
         7  broker        hears the frames "" "MDPC01" from stranger one; refuses it: no service frame;
                          invalid is now 3

stranger one sends "" "MDPC01" "echo"
         7  stranger one  sends REQUEST without a body for echo to the broker
         8  broker        hears REQUEST without a body for echo from stranger one; refuses it: invalid;
                          invalid is now 4

stranger two sends "" "MDPW01" 0x08
         8  stranger two  sends the frames "" "MDPW01" 0x08 to the broker
         9  broker        hears the frames "" "MDPW01" 0x08 from stranger two; refuses it: unknown command;
                          invalid is now 5

stranger two sends "" "MDPW01" 0x01
         9  stranger two  sends the frames "" "MDPW01" 0x01 to the broker
        10  broker        hears the frames "" "MDPW01" 0x01 from stranger two; refuses it: no service frame;
                          invalid is now 6

stranger two sends "" "MDPW02" 0x04
        10  stranger two  sends the frames "" "MDPW02" 0x04 to the broker
        11  broker        hears the frames "" "MDPW02" 0x04 from stranger two; refuses it: not an MDP/0.1 message;
                          invalid is now 7

stranger two sends "" "MDPW01" 0x04
            (1 heartbeat from stranger two to the broker)
        12  broker        hears HEARTBEAT from stranger two;
                          refuses it: a HEARTBEAT from a worker that is not registered: the broker may have restarted;
                          sends DISCONNECT to stranger two
        13  stranger two  hears DISCONNECT from the broker

stranger two sends "" "MDPW01" 0x03 "somebody" "" "HELLO"
        13  stranger two  sends the frames "" "MDPW01" 0x03 "somebody" "" "HELLO" to the broker
        14  broker        hears the frames "" "MDPW01" 0x03 "somebody" "" "HELLO" from stranger two;
                          refuses it: a REPLY from a worker that is not registered: it must say READY first, on a new socket;
                          sends DISCONNECT to stranger two; lateReplies is now 1
        15  stranger two  hears DISCONNECT from the broker

worker one answers at once from now on

client one asks for echo: "hello"
        15  client one    sends REQUEST "hello" for echo to the broker
        16  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
        17  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
        18  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
        19  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 4 ms

the broker has counted
        19  broker        accepted 1, replied 1, deliveries 1, rejected 1, invalid 7, refused 2, workersRegistered 1, lateReplies 1, mmi 1
