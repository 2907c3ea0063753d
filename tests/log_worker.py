"""A process that appends to a log as it is told, line by line: `python -m tests.log_worker LOG`. See tests.store_worker.

What it acknowledges is a list of [event id, index, record hash], in hexadecimal.
"""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from chainlog.errors import ChainlogError
from chainlog.facade import Log
from chainlog.log.handle import propose
from chainlog.record.draft import decode_draft
from tests import store_worker
from tests.signers import signer


def proposal(log, number, *, tag="", person="p/Z"):
    """Every third event moves a carrier, the others look at one."""
    moves = number % 3 == 0
    kind, body, role = (
        ("transferred.store", {}, "registrar")
        if moves
        else ("checked.carrier", {"reason": "other", "passed": True}, "operator")
    )
    event = log.prepare(
        kind, body={**body, "note": f"{tag} {number}"}, people={role: person}, subjects=[f"c/{number % 7}"]
    )
    return propose(event, {person: signer(person)})


class LogWorker(store_worker.Worker):
    def __init__(self, path):
        self.log = path
        self.open()

    def open(self):
        self.handle = Log.open(self.log, log_signer=signer("log"))
        self.store = self.handle.store

    def append(self, count, first=0, *, tag="", person="p/Z"):
        made = [proposal(self.handle, first + n, tag=tag, person=person) for n in range(count)]
        return [(r.event_id.hex(), r.index, r.record_hash.hex()) for r in self.handle.append_many(made)]

    def do_append(self, count=1, tag="", person="p/Z"):  # type: ignore[override]
        made = self.append(count, tag=tag, person=person)
        return {"acknowledged": made, "size": made[-1][1] + 1}

    def do_append_draft(self, data):
        """Append a draft that was signed elsewhere, in hexadecimal."""
        r = self.handle.append(decode_draft(bytes.fromhex(data)))
        return {"acknowledged": [(r.event_id.hex(), r.index, r.record_hash.hex())]}

    def do_append_for_ever(self, tag=""):  # type: ignore[override]
        """Append blocks of 1, 2 or 3 until killed, telling after each what stands."""
        number = 0
        while True:
            number += 1
            store_worker.answer(acknowledged=self.append(1 + number % 3, number, tag=tag))

    def do_append_and_copy(self, seconds, tag="", copies=True):
        """Append for some seconds, copying the live directory again and again; reopen after each refusal."""
        acknowledged, refusals, number, stop = [], {}, 0, time.monotonic() + seconds
        while time.monotonic() < stop:
            number += 1
            try:
                if self.handle is None:
                    self.open()
                acknowledged += self.append(1 + number % 4, number, tag=tag)
            except ChainlogError as error:
                refusals[type(error).__name__] = refusals.get(type(error).__name__, 0) + 1
                if self.handle is not None:
                    self.handle.close()
                self.handle = None
            if copies and number % 5 == 0:
                self.do_copy(tag)
        return {"acknowledged": acknowledged, "refusals": refusals}

    def do_copy(self, tag=""):
        # Files may be replaced while they are copied; what the copy is worth is not asked here.
        with suppress(OSError, shutil.Error):
            shutil.copytree(Path(self.log, "truth"), Path(f"{self.log} copy {tag}"), dirs_exist_ok=True)
        return {}

    def do_reopen(self):
        self.handle.close()
        self.open()
        return {}


if __name__ == "__main__":
    store_worker.main(*sys.argv[1:], kind=LogWorker)
