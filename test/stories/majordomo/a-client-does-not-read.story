A client does not read its answers: those that find no room are lost and counted

Pattern: majordomo
Failure: a client does not read its answers

The stranger asks three times and reads nothing. Two answers find room on the way to it; the third is lost, and counted
as undeliverable. The other client is not delayed.

the broker listens, with highWaterMark 1
worker one offers echo
client one connects to the broker
stranger one connects to the broker as a client
worker one answers at once from now on
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         0  stranger one  connects to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

the event loop of stranger one is blocked
            nothing

stranger one sends "" "MDPC01" "echo" "one"
         3  stranger one  sends REQUEST "one" for echo to the broker
         4  broker        hears REQUEST "one" for echo from stranger one;
                          sends REQUEST "one" (delivery 1) to worker one
         5  worker one    hears REQUEST "one" (delivery 1) from the broker; begins to work on "one";
                          sends REPLY "ONE" to the broker
         6  broker        hears REPLY "ONE" from worker one; sends REPLY "ONE" to stranger one

stranger one sends "" "MDPC01" "echo" "two"
         7  stranger one  sends REQUEST "two" for echo to the broker
         8  broker        hears REQUEST "two" for echo from stranger one;
                          sends REQUEST "two" (delivery 1) to worker one
         9  worker one    hears REQUEST "two" (delivery 1) from the broker; begins to work on "two";
                          sends REPLY "TWO" to the broker
        10  broker        hears REPLY "TWO" from worker one; sends REPLY "TWO" to stranger one

stranger one sends "" "MDPC01" "echo" "three"
        10  stranger one  sends REQUEST "three" for echo to the broker
        11  broker        hears REQUEST "three" for echo from stranger one;
                          sends REQUEST "three" (delivery 1) to worker one
        12  worker one    hears REQUEST "three" (delivery 1) from the broker; begins to work on "three";
                          sends REPLY "THREE" to the broker
        13  broker        hears REPLY "THREE" from worker one; undeliverable is now 1

client one asks for echo: "hello"
        13  client one    sends REQUEST "hello" for echo to the broker
        14  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
        15  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
        16  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
        17  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 4 ms

stranger one goes on
        17  stranger one  hears REPLY "ONE" from the broker
        17  stranger one  hears REPLY "TWO" from the broker

the broker has counted
        17  broker        accepted 4, replied 4, deliveries 4, workersRegistered 1, undeliverable 1, mmi 1
