"""The parts of `tools/show_proofs.py` that need others: Go's checks of the same proofs, and what proofs cost.

Go's programs lie in tests/interop. Where Go isn't installed, that is said, and nothing fails.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

import pytest

from chainlog.facade import Log
from chainlog.log.log_tree import LogTree
from chainlog.proof.conflict import check_conflict
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint
from chainlog.tree.note import parse_note
from chainlog.tree.proofs import consistency_path
from tests.go_programs import PACKAGES, built
from tools.shown_commands import Stage, Stopped, print_hanging

_SHOWN: Final = (0, 6, 11)
_QUESTIONS: Final = "questions.jsonl"
_ROUNDS: Final = 2


def show_go(stage: Stage, *, vkey: str) -> None:
    """Export the log, and have Go read it, check receipts, and check that heads go on from each other. Raises Stopped."""
    stage.head("5. The same proofs, checked by Go (golang.org/x/mod/sumdb)")
    try:
        for name in ("read_tiles", "sumdb"):
            built(name, stage.directory)
    except pytest.skip.Exception:
        stage.say(f"not installed: apt-get install {PACKAGES}")
        stage.count("Go", f"not installed: apt-get install {PACKAGES}")
        return
    except AssertionError as error:
        raise Stopped(f"Go doesn't build tests/interop: {error}") from error
    hashes = _read_tiles(stage, vkey)
    _check_receipts(stage, vkey, hashes)
    _check_growth(stage)


def _read_tiles(stage: Stage, vkey: str) -> dict[int, str]:
    """Record hashes as Go reads them, hexadecimal, by index."""
    size = stage.chainlog("export", "office.log", "tiles", says=lambda a: f"{a['size']} records as C2SP tiles")["size"]
    indexes = [str(index) for index in range(size)]
    text = stage.run(
        ["./read_tiles", "tiles", vkey, *indexes], "Go opens the note, and proves each record by the tiles"
    )
    hashes = {int(line.split()[0]): line.split()[1] for line in text.splitlines()}
    stage.require(list(hashes), list(range(size)), what="the records that Go reads")
    for index in _SHOWN:
        shown = stage.chainlog("show", "office.log", str(index), says=lambda a: f"record hash {a['record_hash'][:16]}…")
        stage.require(hashes[index], shown["record_hash"], what=f"the hash of record {index} in Go")
    stage.count("Go reads the export", f"{size} record hashes agree with chainlog's")
    return hashes


def _check_receipts(stage: Stage, vkey: str, hashes: dict[int, str]) -> None:
    receipts = {int(path.stem): path.read_bytes() for path in sorted(stage.directory.glob("*.receipt"))}
    index, data = next(iter(receipts.items()))
    moved = data.replace(b"\nindex %d\n" % index, b"\nindex %d\n" % (index + 1))
    asked = [{"do": "receipt", "data": one, "keys": [vkey]} for one in (*receipts.values(), moved)]
    *sound, changed = _ask(stage, asked, f"{len(receipts)} receipts, and one with another index")
    found = {index: b64decode(answer.get("hash", "")).hex() for index, answer in zip(receipts, sound, strict=True)}
    stage.require(found, {index: hashes[index] for index in receipts}, what="the receipts in Go")
    stage.require("error" in changed, True, what="whether Go refuses a receipt with another index")
    stage.count("Go checks receipts", f"{len(receipts)} hold; one with another index is refused")


def _check_growth(stage: Stage) -> None:
    """From the head that was kept to that of today; and the fork's evidence, with the pinned root and with the other."""
    old = _head(stage.directory / "head.note")
    new = _head(stage.directory / "tiles/checkpoint")
    with Log.open(stage.directory / "office.log", read_only=True) as log, log.store.snapshot() as snapshot:
        path = consistency_path(LogTree(snapshot), old_size=old.size, new_size=new.size)
        log_id = log.id
    fork = check_conflict((stage.directory / "fork.conflict").read_bytes(), log_id=log_id)
    pinned, forked = fork.first.checkpoint, fork.second.checkpoint
    asked = [
        _growth(old, new, old.root, path),
        _growth(pinned, forked, fork.earlier_root, fork.path),
        _growth(pinned, forked, pinned.root, fork.path),
    ]
    answers = _ask(stage, asked, "whether heads go on from each other")
    stage.require([one.get("error") is None for one in answers], [True, True, False], what="consistency in Go")
    stage.count("Go checks consistency", f"{old.size} to {new.size} records holds; the fork's doesn't")


def _growth(old: Checkpoint, new: Checkpoint, old_root: bytes, path: Any) -> dict[str, Any]:
    sizes = {"old_size": old.size, "size": new.size}
    return {"do": "check_tree", "proof": list(path), "old_root": old_root, "root": new.root, **sizes}


def _head(path: Path) -> Checkpoint:
    return parse_checkpoint(parse_note(path.read_bytes()).text)


def _ask(stage: Stage, requests: list[dict[str, Any]], says: str) -> list[dict[str, Any]]:
    """Go's answer to each request."""
    lines = [json.dumps(one, default=lambda data: b64encode(data).decode()) + "\n" for one in requests]
    stage.write(_QUESTIONS, "".join(lines))
    said = stage.run(["sh", "-c", f"./sumdb < {_QUESTIONS}"], says)
    # One answer is JSON as it stands; several are lines of it.
    return [said] if isinstance(said, dict) else [json.loads(line) for line in said.splitlines()]


def show_costs(stage: Stage, *, records: int) -> None:
    """Run the benchmarks' rows about proofs. A row that misses its bar is shown as such, and fails nothing. Raises Stopped."""
    stage.head("6. What proofs cost")
    stage.say(f"a log of {records:,} records is made first; a minute or two")
    root = str(Path(__file__).resolve().parents[1])
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--only",
        "proofs",
        "--depth",
        str(records),
        "--rounds",
        str(_ROUNDS),
    ]
    said = stage.run(command, "rows as JSON", cwd=root)
    rows = [said] if isinstance(said, dict) else [json.loads(line) for line in said.splitlines()]
    print(f"{'figure':>10}  {'bar':>12}  met")
    for row in rows:
        bar = f"{'≤' if row['bound'] == 'at most' else '≥'} {row['bar']:,g}"
        print_hanging(f"{row['ratio']:>10,.3f}  {bar:>12}  {'yes' if row['met'] else 'NO ':3}  {row['name']}", " " * 31)
    missed = sum(not row["met"] for row in rows)
    stage.count(
        "what proofs cost", f"{len(rows)} rows, " + (f"{missed} miss their bar" if missed else "all reach their bar")
    )
