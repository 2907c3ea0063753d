"""Machines without room: disks, maps, files and memory that are full."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.attacks.answers import SURVIVED, Answer, attack, is_refused, survived
from tests.attacks.signing import log_at
from tests.faults.conftest import io_shim
from tests.processes import ROOT, LogWorker, environment

__all__ = ["io_shim"]


@attack(
    "RE06",
    "The disk is full",
    "F",
    is_refused("store-full"),
    SURVIVED,
    note="And the same handle goes on once there is room",
)
def test_a_full_disk(tmp_path: Path, io_shim: str) -> Iterator[Answer]:
    made = log_at(tmp_path / "log")
    acknowledged = [entry.record_hash for entry in made.handle.reader.read_range(0, 99)]
    made.handle.close()
    with LogWorker(tmp_path / "log", LD_PRELOAD=io_shim, IO_FAULT=f"data,3,{errno.ENOSPC},0") as worker:
        replies = [worker.do("append", 9, f"{number}") for number in range(9)]
    errors = [reply["error"] for reply in replies if "error" in reply]
    assert errors == ["StoreFullError"], replies
    assert "acknowledged" in replies[-1]
    yield Answer("refused", ("store-full",))
    acknowledged += [bytes.fromhex(one[2]) for reply in replies for one in reply.get("acknowledged", ())]
    yield survived(tmp_path / "log", acknowledged, log_id=made.handle.id)


@attack(
    "RE07", "The engine's map is full, while several processes write", "-", SURVIVED, note="It grows, in each of them"
)
def test_a_full_map(tmp_path: Path) -> Answer:
    made = log_at(tmp_path / "log")
    acknowledged = [entry.record_hash for entry in made.handle.reader.read_range(0, 99)]
    made.handle.close()
    with LogWorker(tmp_path / "log", "small-map") as one, LogWorker(tmp_path / "log", "small-map") as other:
        sizes = [worker.do("map")["bytes"] for worker in (one, other)]
        for number in range(6):
            for worker, person in ((one, "p/Z"), (other, "p/L")):
                reply = worker.do("append", 20, f"{number}", person)
                acknowledged += [bytes.fromhex(entry[2]) for entry in reply["acknowledged"]]
        grown = [worker.do("map")["bytes"] for worker in (one, other)]
    assert all(after > before for before, after in zip(sizes, grown, strict=True)), (sizes, grown)
    return survived(tmp_path / "log", acknowledged, log_id=made.handle.id)


@attack("RE08", "A file may grow no further (quota), and the process may have little memory", "F", is_refused("store-full"), SURVIVED,
        note="With the limit taken away, the same handle goes on")  # fmt: skip
def test_limits_of_the_process(tmp_path: Path) -> Iterator[Answer]:
    made = log_at(tmp_path / "log")
    acknowledged = [entry.record_hash for entry in made.handle.reader.read_range(0, 99)]
    made.handle.close()
    with LogWorker(tmp_path / "log") as worker:
        worker.do("limit_file", (tmp_path / "log" / "truth" / "data.mdb").stat().st_size + 40_000)
        replies = [worker.do("append", 30, f"{number}") for number in range(9)]
        assert replies[-1]["error"] == "StoreFullError", replies
        assert {reply.get("error", "StoreFullError") for reply in replies} == {"StoreFullError"}
        worker.do("limit_file", None)
        replies.append(worker.do("append", 30, "after"))
    yield Answer("refused", ("store-full",))
    code = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "from tests.log_worker import LogWorker\nfrom tests.store_worker import main\nmain(sys.argv[1], kind=LogWorker)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    run = subprocess.run(
        command, input=b'["append", 30, "little"]\n', capture_output=True, env=environment(), cwd=ROOT, check=False
    )
    replies.append(json.loads(run.stdout.splitlines()[-1]))
    assert "acknowledged" in replies[-1], run
    acknowledged += [bytes.fromhex(one[2]) for reply in replies for one in reply.get("acknowledged", ())]
    yield survived(tmp_path / "log", acknowledged, log_id=made.handle.id)
