"""Parsers that read bytes from outside: what each is called with, which errors may leave it, and where to begin.

A target takes any bytes. Only `FormatError` may leave a parser, besides the errors named with it: a checker also says that a claim
is false. Where something was parsed, its canonical bytes are those that were read.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

from chainlog.canon import codec
from chainlog.errors import FormatError, VerificationError
from chainlog.event.jsonform import from_json, to_json
from chainlog.event.model import check_event, check_quickly, unverified_event
from chainlog.event.times import parse_time
from chainlog.forensics.evidence import U64, parse_index, parse_subject_row
from chainlog.forensics.remains import Lacking, LineWriter, Lost, Opening, Remnant, Signing
from chainlog.forensics.remains_file import decode_remains
from chainlog.interchange.rows import read_registers
from chainlog.log.genesis import Policy
from chainlog.log.head import decode_head
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.conflict import check_conflict
from chainlog.proof.false_map import check_false_map
from chainlog.proof.pin import decode_pin
from chainlog.proof.receipt import check_receipt
from chainlog.proof.tlog_proof import format_tlog_proof, parse_tlog_proof
from chainlog.record.draft import decode_draft
from chainlog.record.keyfile_format import format_key_file, parse_key_file
from chainlog.record.record import CheckedRecord, check_record, decode_record, unverified_record
from chainlog.rules.policy_file import parse_policy
from chainlog.rules.profiles import profile_names, profile_text
from chainlog.tree.checkpoint import format_checkpoint, parse_checkpoint
from chainlog.tree.map import Claim, check_map_proof
from chainlog.tree.note import format_note, parse_note, parse_vkey
from chainlog.tree.tiles import parse_tile_path
from tests import evidence
from tests.builders import small_log
from tests.key_files import key_file
from tests.registers import RECEIVED, csv_bytes, received, xlsx
from tools.fixed_log import Growing

CORPUS: Final = Path(__file__).with_name("corpus")
_ROOT: Final = bytes(range(32))
_ENTERED: Final = {"level": "机密", "items": [{"carrier": "c/1", "form": "document"}], "reason": "discovered"}


class Target(NamedTuple):
    """
    A parser. run: takes any bytes. seeds: bytes that it takes, or nearly. errors: that may leave it.

    cost: how many times dearer a call is than one of a record; who shares out inputs divides by it.
    """

    run: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    errors: tuple[type[Exception], ...] = (FormatError,)
    cost: int = 1


def _same(made: bytes, read: bytes) -> None:
    if made != read:
        raise AssertionError(f"read {read[:80]!r}, written again {made[:80]!r}")


# --- records and what is in them ----------------------------------------------------------------


def _record(data: bytes) -> None:
    decode_record(data)
    check_record(data)


def _event(data: bytes) -> None:
    quick = None
    try:
        checked = check_event(data)
    except FormatError:
        # Who reads quickly takes nothing that who reads slowly refuses.
        quick = check_quickly(data)
        if quick is not None:
            raise AssertionError("taken quickly, refused slowly") from None
        raise
    quick = check_quickly(data)
    if quick is not None and quick.event != checked.event:
        raise AssertionError("read quickly it is another event")


def _json_event(data: bytes) -> None:
    try:
        line = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(line, dict):
        from_json(line, offset_minutes=480, log_id=_ROOT)


def _draft(data: bytes) -> None:
    _same(decode_draft(data).encoded(), data)


@cache
def _records() -> tuple[bytes, ...]:
    log = small_log()
    log.record("created.entered", {"registrar": "p/L"}, body=_ENTERED)
    log.record("transferred.store", {"registrar": "p/L"}, body={"place": "w/G1"}, subjects=["c/1"])
    _, files = evidence.files()
    with log.handle.reader.snapshot() as snapshot:
        own = [data for _, data in snapshot.raw.records(0, snapshot.size)]
    bundles = [decode_bundle(file.data) for file in files if file.kind == "bundle"]
    return (*own, *(record for bundle in bundles for record in bundle.records))


def _events() -> list[bytes]:
    return [unverified_record(data).event for data in _records()]


def _json_seeds() -> list[bytes]:
    lines = (to_json(unverified_event(data), offset_minutes=480) for data in _events())
    return [json.dumps(line, ensure_ascii=False).encode() for line in lines]


def _drafts() -> list[bytes]:
    log = small_log()
    event = log.handle.prepare("created.entered", body=_ENTERED, people={"registrar": "p/L"})
    return [log.handle.draft(event).encoded()]


def _value(data: bytes) -> None:
    value = codec.decode(data)
    codec.check_value(value)
    _same(codec.encode(value), data)


# --- the tree, heads, proofs --------------------------------------------------------------------


def _note(data: bytes) -> None:
    note = parse_note(data)
    _same(format_note(note), data)
    _same(format_checkpoint(parse_checkpoint(note.text)).encode(), note.text.encode())


def _notes() -> list[bytes]:
    _, files = evidence.files()
    return [decode_pin(file.data).note for file in files if file.kind == "pin"] + [
        decode_bundle(file.data).checkpoint for file in files if file.kind == "bundle"
    ]


def _proof(data: bytes) -> None:
    _same(format_tlog_proof(parse_tlog_proof(data)), data)


def _map_proof(data: bytes) -> None:
    for claim in (None, Claim(3, _ROOT)):
        try:
            check_map_proof(data, root=_ROOT, path=_ROOT, claim=claim)
        except VerificationError:
            continue
        raise AssertionError("a map proof of a root that nobody made")


def _map_proofs() -> list[bytes]:
    _, files = evidence.files()
    found = [decode_bundle(file.data).map_proofs for file in files if file.kind == "bundle"]
    return [b"\x00", *(proof for proofs in found for row in proofs for proof in row if isinstance(proof, bytes))]


def _evidence(*kinds: str) -> list[bytes]:
    _, files = evidence.files()
    found = [file.data for file in files if file.kind in kinds]
    return [*found, evidence.false_map()[1].data] if "falsemap" in kinds else found


def _pin(data: bytes) -> None:
    _same(decode_pin(data).encoded(), data)


def _log_id() -> bytes:
    return evidence.files()[0]


def _head(data: bytes) -> None:
    _same(decode_head(data).encoded(), data)


def _text_lines(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for parse in (parse_vkey, parse_tile_path, lambda one: parse_time(one, offset_minutes=480)):
        try:
            parse(text)
        except FormatError:
            continue


def _remains(data: bytes) -> None:
    read = decode_remains(BytesIO(data), name="fuzz.remains")
    if not read.flaws:
        out = BytesIO()
        lines = LineWriter(out)
        for value in (read.opening, *read.records, *read.lost, *read.subjects):
            lines.put(value)
        _same(b"".join(sorted(out.getvalue().splitlines())), b"".join(sorted(_unnamed(data).splitlines()[:-1])))


def _unnamed(data: bytes) -> bytes:
    """Persons stand in the file, and are believed by nobody."""
    return re.sub(rb'"person": (?:null|"(?:[^"\\]|\\.)*")', b'"person": null', data)


@cache
def _remains_seeds() -> tuple[bytes, ...]:
    records = [check_record(data) for data in _records()[: small_log().handle.reader.size + 2]]
    log_id, root = records[0].record_hash, bytes(32)
    remnants = [Remnant(one, "alone", _signings(one)) for one in records[1:]]
    size = len(records) + 2
    made = []
    for lost in (Lost(size - 2, size), Lost(size - 2, size, (root, root))):
        out = BytesIO()
        lines = LineWriter(out)
        lines.put(Opening(log_id, "draft.test", 1, size, root, None))
        for value in (*remnants, lost, Lacking("c/1", 3, (7,))):
            lines.put(value)
        made.append(out.getvalue())  # cut short
        lines.end(unlisted=0)
        made.append(out.getvalue())
    return tuple(made)


def _signings(checked: CheckedRecord) -> tuple[Signing, ...]:
    return tuple(Signing(role, key.hex(), None) for role, key, _, _ in checked.record.signatures)


# --- files of people ----------------------------------------------------------------------------


def _policy(data: bytes) -> Policy:
    text = data.decode("utf-8", "replace")
    return parse_policy(text, name="fuzz.toml", offset_minutes=480, now_us=0)


def _key(data: bytes) -> None:
    # Lines may be broken elsewhere: it is a file that people copy.
    file = parse_key_file(data, name="fuzz.key")
    if parse_key_file(format_key_file(file), name="fuzz.key") != file:
        raise AssertionError("written again it is another key")


def _register(suffix: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"fuzz{suffix}"
            path.write_bytes(data)
            return read_registers(path)

    return read


def _rows(data: bytes) -> None:
    parse_subject_row(data)
    if len(data) == U64.size:
        parse_index(data)


_BOOK: Final = [RECEIVED, received(1), received(2, 份数=3, 份号="000087—000089")]

TARGETS: Final[dict[str, Target]] = {
    "record": Target(_record, _records),
    "event": Target(_event, _events),
    "json-event": Target(_json_event, _json_seeds),
    "draft": Target(_draft, _drafts),
    "value": Target(_value, _events),
    "note": Target(_note, _notes),
    "text-line": Target(_text_lines, lambda: [b"log.example+01234567+AAAA", b"tile/0/x001/000", b"2025-03-05 09:10"]),
    "head": Target(_head, lambda: [Growing.head(evidence_log())]),
    "proof": Target(_proof, lambda: _evidence("receipt")),
    "map-proof": Target(_map_proof, _map_proofs),
    "receipt": Target(lambda data: check_receipt(data, log_id=_log_id()), lambda: _evidence("receipt"), (FormatError, VerificationError), 4),
    "pin": Target(_pin, lambda: _evidence("pin"), (FormatError, VerificationError), 4),
    "conflict": Target(lambda data: check_conflict(data, log_id=_log_id()), lambda: _evidence("conflict"), (FormatError, VerificationError), 4),
    "false-map": Target(lambda data: check_false_map(data, log_id=_log_id()), lambda: _evidence("falsemap"), (FormatError, VerificationError), 4),
    "bundle": Target(lambda data: check_bundle(data, log_id=_log_id()), lambda: _evidence("bundle"), (FormatError, VerificationError), 20),
    "remains": Target(_remains, _remains_seeds, (FormatError, VerificationError), 10),
    "policy": Target(_policy, lambda: [profile_text(name).encode() for name in profile_names()], cost=10),
    "key-file": Target(_key, lambda: [format_key_file(key_file())]),
    "register-csv": Target(_register(".csv"), lambda: [csv_bytes(_BOOK), csv_bytes(_BOOK, encoding="gb18030")], cost=20),
    "register-xlsx": Target(_register(".xlsx"), lambda: [xlsx({"收文": _BOOK})], cost=20),
    "table-row": Target(_rows, lambda: [bytes(8), bytes(48)]),
}  # fmt: skip
"""Every parser, by the name of what it reads."""


def evidence_log() -> Any:
    """A log told by hand, whose head is signed."""
    from tools.fixed_bundle import told_log

    return told_log()


def seeds(name: str) -> list[bytes]:
    """Where to begin: what the target takes, and what was found worth keeping before."""
    kept = sorted((CORPUS / name).glob("*")) if (CORPUS / name).is_dir() else []
    return [*TARGETS[name].seeds(), *(path.read_bytes() for path in kept)]


def try_one(name: str, data: bytes) -> None:
    """Call a target. Raises whatever it may not raise."""
    target = TARGETS[name]
    try:
        target.run(data)
    except target.errors:
        return
