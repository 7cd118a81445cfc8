"""What the peers in this folder share: one JSON line per fact on stdout, and a promise never to outlive their parent.

The peers are written from the text of the RFCs (6/PPP, 7/MDP, 8/MMI) on purpose and share no code with the library they are
tested against: a misreading of the specification must not be able to hide on both sides.
"""

import json
import os
import signal
import sys
import threading
import time

started = time.monotonic()


def emit(event, **facts):
    """Writes one fact as one line. The parent waits for lines, never for time to pass."""
    line = {"event": event, "at": round((time.monotonic() - started) * 1000, 3), **facts}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def exit_with_parent(deadline_seconds=120):
    """Ends this process as soon as stdin closes, which it does when the parent dies in any way, or at the deadline.

    Reading happens on a thread of its own that touches no socket, so a peer that blocks in its work still goes at once.
    """
    signal.alarm(deadline_seconds)

    def watch():
        while os.read(0, 4096):
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def text(frame):
    """Bytes as the test side will compare them: one character per byte, nothing lost."""
    return frame.decode("latin-1")


def texts(frames):
    return [text(frame) for frame in frames]
