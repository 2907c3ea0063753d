"""The three standard streams where a caller closed some of them. Opens and closes descriptors; needs the standard library only."""

from __future__ import annotations

import os
import sys
from typing import Final, TextIO

_STREAMS: Final = (("stdin", "r", os.O_WRONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_RDONLY))


def open_closed() -> None:
    """
    Make what was closed (`>&-`) a stream that fails when it is used, as a full disk does.

    The descriptors 0, 1 and 2 are taken in any case: else the next file that is opened would get one of them, and what the engine
    or a child process says on it would be written into the log.
    """
    for number, (name, mode, wrong_way) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            # Those below are open by now, so this one is the lowest that is free.
            os.set_inheritable(os.open(os.devnull, wrong_way), True)
        if getattr(sys, name) is None:
            # A descriptor of its own: that number may be something else's since the start.
            stream = os.fdopen(os.open(os.devnull, wrong_way), mode, encoding="utf-8", errors="backslashreplace")
            setattr(sys, name, stream)


def let_go() -> None:
    """Flush both outputs; one that can't be leads nowhere from now on, or Python would complain again, and end with 120, at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _lead_nowhere(stream)


def _lead_nowhere(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):  # no real file, in a test
        pass
    finally:
        os.close(nowhere)
