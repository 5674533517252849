"""Whose turn it is to write into a file of SQLite: a blocking lock between threads and processes that can be waited for
no longer than so many seconds.

The kernel's `flock` has no time limit and cannot be given up. So the threads of one process queue at a lock of their own,
and only the foremost goes to the file; when another process holds it, one helper thread waits there for the whole process.
Whoever waits in vain is told "no" and leaves; the helper stays, and hands what it gets to the next one who asks.
"""

from __future__ import annotations

import fcntl
import os
import queue
import threading
import time

_turns: dict[tuple[int, str], Turn] = {}
_making = threading.Lock()


class Turn:
    """The write lock of one file as one process sees it."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._foremost = threading.Lock()  # of the threads that wait, one stands at the file
        self._asked: queue.SimpleQueue[threading.Event] | None = None
        self._agreeing = threading.Lock()  # between that thread and the helper, over the next two
        self._coming: threading.Event | None = None  # set by the helper when the file is ours
        self._is_wanted = False  # whether somebody still waits for it

    def take(self, seconds: float) -> bool:
        """Wait for the turn; false when it did not come within so many seconds."""
        end = time.monotonic() + seconds
        if not self._foremost.acquire(timeout=seconds):
            return False
        try:
            taken = self._take_file(end)
        except BaseException:
            self._foremost.release()
            raise
        if not taken:
            self._foremost.release()
        return taken

    def free(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._foremost.release()

    def _take_file(self, end: float) -> bool:
        with self._agreeing:
            come = self._coming
            self._is_wanted = come is not None
        if come is None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                come = self._send_helper()
        come.wait(max(0.0, end - time.monotonic()))
        with self._agreeing:
            if come.is_set():
                self._coming = None
                return True
            self._is_wanted = False  # the helper waits on; what it gets it gives back, or to the next who asks
            return False

    def _send_helper(self) -> threading.Event:
        if self._asked is None:
            self._asked = queue.SimpleQueue()
            threading.Thread(target=self._wait_at_the_file, args=[self._asked], daemon=True).start()
        come = threading.Event()
        self._coming, self._is_wanted = come, True
        self._asked.put(come)
        return come

    def _wait_at_the_file(self, asked: queue.SimpleQueue[threading.Event]) -> None:
        while True:
            come = asked.get()
            fcntl.flock(self._file, fcntl.LOCK_EX)
            with self._agreeing:
                if self._is_wanted:
                    come.set()
                else:
                    self._coming = None
                    fcntl.flock(self._file, fcntl.LOCK_UN)


def turn_of(path: str) -> Turn:
    """The turn of this file in this process; a forked process has its own."""
    key = (os.getpid(), path)
    found = _turns.get(key)
    if found is None:
        with _making:
            found = _turns.get(key) or _turns.setdefault(key, Turn(path))
    return found
