A worker that sends garbage is sent away after ten messages

Pattern: majordomo
Failure: a peer sends garbage

It has registered and holds a request. The tenth invalid message (maxInvalidMessages) costs it its place, and the
request goes to another.

the broker listens
stranger one connects to the broker as a worker
client one connects to the broker
         0  broker        listens
         0  stranger one  connects to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

stranger one sends "" "MDPW01" 0x01 "echo"
         3  stranger one  sends READY for echo to the broker
         4  broker        hears READY for echo from stranger one; registers stranger one for echo

worker one offers echo
         4  worker one    connects to the broker; sends READY for echo to the broker
         6  broker        hears READY for echo from worker one; registers worker one for echo

client one asks for echo: "hello"
         6  client one    sends REQUEST "hello" for echo to the broker
         7  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to stranger one
         8  stranger one  hears REQUEST "hello" (delivery 1) from the broker

stranger one sends "junk", 9 times
         8  stranger one  sends the frames "junk" to the broker, 9 times
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 1
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 2
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 3
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 4
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 5
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 6
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 7
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 8
         9  broker        hears the frames "junk" from stranger one; refuses it: no empty delimiter frame;
                          invalid is now 9

stranger one sends "junk"
         9  stranger one  sends the frames "junk" to the broker
        10  broker        hears the frames "junk" from stranger one;
                          loses stranger one with a request: protocol, noticed by protocol;
                          takes the request back (deliveries 1); refuses it: no empty delimiter frame;
                          sends DISCONNECT to stranger one; sends REQUEST "hello" (delivery 2) to worker one;
                          invalid is now 10
        11  stranger one  hears DISCONNECT from the broker
        11  worker one    hears REQUEST "hello" (delivery 2) from the broker; begins to work on "hello"

worker one answers
        11  worker one    sends REPLY "HELLO" to the broker
        12  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 2) to client one
        13  client one    hears REPLY "HELLO" (deliveries 2) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 2) after 7 ms
