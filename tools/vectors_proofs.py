"""Vectors of receipts, proofs for many records, pins and evidence of conflicts, and of files about them (section 6). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from chainlog import digest
from chainlog.canon import codec
from chainlog.tree.cosignature import cosigned_message
from chainlog.tree.merkle import EMPTY_ROOT
from chainlog.tree.note import COSIGNATURE, ED25519, VerifierKey, format_vkey, key_id, signature_line
from chainlog.tree.text import format_base64
from tests import reference
from tools.fixed_log import NAME, edited, public, secret, small_log
from tools.vector_case import Case, Document, bad, document, good

_WITNESS = "witness.example.org"
_TIME_S = 1_735_776_000
_ZEROS = bytes(32)


def signed(origin: str, size: int, root: bytes, *, key: str = "log") -> bytes:
    """A checkpoint and the log's signature over it."""
    # By hand: no signer of ours signs a size that can't be.
    text = f"{origin}\n{size}\n{format_base64(root)}\n"
    line = signature_line(origin, key_id(origin, ED25519, public(key)), secret(key).sign(text.encode()))
    return f"{text}\n{line}".encode()


def _cosigned(note: bytes, *, time_s: int = _TIME_S, signed_time_s: int = _TIME_S) -> bytes:
    text = note.decode().partition("\n\n")[0] + "\n"
    signature = secret("witness").sign(cosigned_message(text, time_s=signed_time_s))
    identifier = key_id(_WITNESS, COSIGNATURE, public("witness"))
    return note + signature_line(_WITNESS, identifier, time_s.to_bytes(8, "big") + signature).encode()


# --- receipts -------------------------------------------------------------------------------------


def laid_out(index: int, path: Sequence[bytes], note: bytes, record: bytes | None) -> str:
    """A tlog-proof, laid out by hand."""
    extra = [] if record is None else [f"extra {format_base64(record)}"]
    lines = ["c2sp.org/tlog-proof@v1", *extra, f"index {index}", *map(format_base64, path), "", ""]
    return "\n".join(lines) + note.decode()


class _Office:
    """The four records of the log of appendix D and what belongs to them."""

    def __init__(self) -> None:
        log = small_log()
        self.records, self.id = log.records, log.id
        self.origin = f"{NAME}/{log.id.hex()}"
        self.hashes = [digest.record_hash(data) for data in log.records]
        self.root = reference.tree_hash(self.hashes)
        self.note = signed(self.origin, 4, self.root)

    def receipt(self, index: int, /, **changes: Any) -> str:
        """The receipt of a record; changes: parts that shall be other than they ought to be."""
        parts: dict[str, Any] = {
            "index": index,
            "path": reference.inclusion_path(index, self.hashes),
            "note": self.note,
            "record": self.records[index],
        }
        return laid_out(**{**parts, **changes})

    def around(self, record: bytes, index: int) -> str:
        """A receipt of another record at *index*, in a tree that the log key signed with it in place."""
        hashes = [*self.hashes]
        hashes[index] = digest.record_hash(record)
        note = signed(self.origin, 4, reference.tree_hash(hashes))
        return self.receipt(index, record=record, note=note, path=reference.inclusion_path(index, hashes))


def _receipts(log: _Office) -> Iterator[Case]:
    for index in range(4):
        fields: dict[str, Any] = {"receipt": log.receipt(index), "index": index, "size": 4}
        yield good(f"record {index}, the log key known", **fields, trust="log-signed", flags=["key"])
        yield good("the same, record 0 known", **fields, trust="log-signed", flags=["genesis"])
        trust = "log-signed" if index == 0 else "keys-unproven"
        yield good("the same, nothing known but the log id", **fields, trust=trust, flags=["alone"])
    cosigned = log.receipt(2, note=_cosigned(log.note))
    fields = {"receipt": cosigned, "index": 2, "size": 4}
    yield good("cosigned by the witness asked for", **fields, trust="witnessed", flags=["witness"])
    yield good("cosigned, no witness asked for", **fields, trust="log-signed", flags=["key"])
    yield good("not cosigned", receipt=log.receipt(2), index=2, size=4, trust="keys-unproven", flags=["witness"])
    stranger = log.receipt(2, note=signed(log.origin, 4, log.root, key="p/A1"))
    fields = {"receipt": stranger, "index": 2, "size": 4}
    yield good("signed by another key than record 0 names", **fields, trust="keys-unproven", flags=["genesis"])
    yield good("the same, nothing known", **fields, trust="keys-unproven", flags=["alone"])


def _receipt_faults(log: _Office) -> Iterator[Case]:
    whole, path = log.receipt(2), reference.inclusion_path(2, log.hashes)
    elsewhere = f"{NAME}/{_ZEROS.hex()}"
    spoilt = edited(
        log.records[2],
        7,
        [[*one[:3], one[3][:-1] + bytes((one[3][-1] ^ 1,))] for one in codec.decode(log.records[2])[7]],
    )
    for comment, receipt, error in (
        ("signed by another key than the one known", log.receipt(2, note=signed(log.origin, 4, log.root, key="p/A1")), "checkpoint"),
        ("the checkpoint of another log", log.receipt(2, note=signed(elsewhere, 4, log.root)), "receipt"),
        ("the checkpoint of a log of another name", log.receipt(0, note=signed(f"x{log.origin}", 4, log.root)), "receipt"),
        ("a checkpoint of another root", log.receipt(2, note=signed(log.origin, 4, _ZEROS)), "proof"),
        ("a checkpoint of a smaller size", log.receipt(2, note=signed(log.origin, 2, log.root)), "proof"),
        ("a checkpoint of a larger size", log.receipt(2, note=signed(log.origin, 9, log.root)), "proof"),
        ("a path a hash short", log.receipt(2, path=path[:-1]), "proof"),
        ("a path a hash too long", log.receipt(2, path=[*path, _ZEROS]), "proof"),
        ("a path turned round", log.receipt(2, path=path[::-1]), "proof"),
        ("another index", log.receipt(2, index=3), "receipt"),
        ("another record", log.receipt(2, record=log.records[3]), "receipt"),
        ("a record with another time", log.receipt(2, record=edited(log.records[2], 2, 1)), "proof"),
        ("a record whose signature does not verify, in a tree that the log signed", log.around(spoilt, 2), "receipt"),
        ("no record in it", log.receipt(2, record=None), "receipt"),
        ("bytes that are no record", log.around(b"\x98", 2), "malformed"),
        ("another version of tlog-proof", whole.replace("@v1", "@v2"), "malformed"),
        ("an index of 2⁵³", log.receipt(2, index=2**53), "malformed"),
        ("a checkpoint of 2⁵³ records", log.receipt(2, note=signed(log.origin, 2**53, log.root)), "malformed"),
        ("an index with a leading zero", whole.replace("index 2", "index 02"), "malformed"),
        ("no blank line before the checkpoint", whole.replace("\n\n", "\n", 1), "malformed"),
        ("index before extra", whole.replace(whole.split("\n")[1] + "\nindex 2\n", "index 2\n" + whole.split("\n")[1] + "\n"), "malformed"),
        ("carriage returns", whole.replace("\n", "\r\n"), "malformed"),
    ):  # fmt: skip
        if receipt == whole:
            raise AssertionError(f"the fault {comment!r} changes nothing")
        yield bad(comment, receipt=receipt, error=error, flags=["key"])
    late = log.receipt(2, note=_cosigned(log.note, time_s=_TIME_S + 1))
    yield bad("a cosignature for another time", receipt=late, error="bad-signature", flags=["witness"])


def receipts() -> Document:
    """Family `receipt`."""
    log = _Office()
    flags = {
        "key": "the verifier knows `log_id` and the log's `public_key`", "genesis": "it knows `log_id` and record 0, `genesis`",
        "alone": "it knows `log_id` alone", "witness": "it knows `log_id` and the verifier key `witness`",
    }  # fmt: skip
    return document(
        "receipt",
        "Receipts of one log (section 6): what they prove to a verifier who knows this or that.",
        [*_receipts(log), *_receipt_faults(log)],
        flags=flags,
        log_id=log.id.hex(),
        public_key=public("log").hex(),
        genesis=log.records[0].hex(),
        witness=format_vkey(VerifierKey(_WITNESS, COSIGNATURE, public("witness"))),
    )


# --- one proof for many records -------------------------------------------------------------------


def _batch_path(indexes: Sequence[int], leaves: Sequence[bytes], start: int = 0) -> list[bytes]:
    """As section 6 says it: roots of the largest subtrees without any of the leaves, from left to right."""
    if not any(start <= index < start + len(leaves) for index in indexes):
        return [reference.tree_hash(leaves)]
    if len(leaves) == 1:
        return []
    k = reference.split_point(len(leaves))
    return [*_batch_path(indexes, leaves[:k], start), *_batch_path(indexes, leaves[k:], start + k)]


def batches() -> Document:
    """Family `batch`."""
    cases: list[Case] = []
    for size, indexes in (
        (1, [0]), (2, [0]), (2, [0, 1]), (3, [2]), (5, [0, 4]), (7, [2, 3, 6]), (8, [1, 6]), (8, list(range(8))), (257, [0, 255, 256]),
        (1000, [1, 2, 3, 500, 999]),
    ):  # fmt: skip
        leaves = [digest.record_hash(b"%d" % n) for n in range(size)]
        path = _batch_path(indexes, leaves)
        fields: dict[str, Any] = {
            "size": size,
            "root": reference.tree_hash(leaves).hex(),
            "leaves": [[index, leaves[index].hex()] for index in indexes],
        }
        cases.append(good(f"{len(indexes)} of {size}", **fields, path=[one.hex() for one in path]))
        wrong = {"the same, a hash more": [*path, _ZEROS]}
        if path:
            wrong |= {"the same, a hash short": path[:-1], "the same, a hash changed": [*path[:-1], _ZEROS]}
        if path[::-1] != path:
            wrong["the same, turned round"] = path[::-1]
        cases += [
            bad(comment, **fields, path=[one.hex() for one in other], error="proof") for comment, other in wrong.items()
        ]
        other = {**fields, "leaves": fields["leaves"][::-1] if len(indexes) > 1 else []}
        cases.append(
            bad("the same, leaves in another order, or none", **other, path=[one.hex() for one in path], error="proof")
        )
    return document("batch", "One proof for many records (section 6); leaf i is H(00 ‖ i in decimal digits).", cases)


# --- pins -----------------------------------------------------------------------------------------


def _pin(
    log_id: bytes, note: bytes, *, tag: str = "chainlog/v1/pin", key: str = "log", maps: Any = (), by: str = "example 1"
) -> bytes:
    return codec.encode((tag, log_id, public(key), maps, by, note))


def pins() -> Document:
    """Family `pin`."""
    log = _Office()
    cases = [
        good("a head of four records", pin=_pin(log.id, log.note).hex(), log_id=log.id.hex(), size=4),
        good("nothing was verified", pin=_pin(log.id, log.note, by="").hex(), log_id=log.id.hex(), size=4),
        good("with a map", pin=_pin(log.id, log.note, maps=((3, _ZEROS),)).hex(), log_id=log.id.hex(), size=4),
        good("a cosigned head", pin=_pin(log.id, _cosigned(log.note)).hex(), log_id=log.id.hex(), size=4),
    ]
    for comment, data, error in (
        ("of another log than its head", _pin(_ZEROS, log.note), "malformed"),
        ("a head that another key signed", _pin(log.id, log.note, key="p/A1"), "checkpoint"),
        ("a head that is none", _pin(log.id, b"head"), "malformed"),
        ("a head of no records", _pin(log.id, signed(log.origin, 0, EMPTY_ROOT)), "malformed"),
        ("a head of 2⁵³ records", _pin(log.id, signed(log.origin, 2**53, log.root)), "malformed"),
        ("another first string", _pin(log.id, log.note, tag="chainlog/v1/pins"), "malformed"),
        ("a map of more records than the head has", _pin(log.id, log.note, maps=((5, _ZEROS),)), "malformed"),
        ("two maps", _pin(log.id, log.note, maps=((3, _ZEROS), (4, _ZEROS))), "malformed"),
        ("a byte more", _pin(log.id, log.note) + b"\0", "malformed"),
        ("a byte short", _pin(log.id, log.note)[:-1], "malformed"),
    ):
        cases.append(bad(comment, pin=data.hex(), error=error))
    return document("pin", "What a verifier remembers of a log.", cases)


# --- conflicts ------------------------------------------------------------------------------------


def _conflict(
    kind: str, first: bytes, second: bytes, root: bytes = b"", path: Sequence[bytes] = (), *, keys: Any = ("log", "log")
) -> bytes:
    heads = [(note, public(key)) for note, key in zip((first, second), keys, strict=True)]
    return codec.encode(("chainlog/v1/conflict", kind, *heads, root, tuple(path)))


def conflicts() -> Document:
    """Family `conflict`."""
    log = _Office()
    other = [*log.hashes[:3], *(sha256(b"%d" % n).digest() for n in range(4))]
    notes = [signed(log.origin, size, reference.tree_hash(log.hashes[:size])) for size in range(1, 5)]
    told = {size: signed(log.origin, size, reference.tree_hash(other[:size])) for size in (4, 5, 6, 7)}
    anew = signed(f"{NAME}/{sha256(b'another').hexdigest()}", 4, log.root)
    renamed = signed(f"{NAME}.elsewhere/{log.id.hex()}", 3, _ZEROS)

    def fork(first: bytes, second: bytes, size: int, new_size: int, leaves: Sequence[bytes]) -> bytes:
        path = reference.consistency_path(size, leaves[:new_size])
        return _conflict("fork", first, second, reference.tree_hash(leaves[:size]), path)

    cases: list[Case] = []
    shown: list[tuple[str, str, bool, bytes]] = [
        ("two heads of one size", "fork", True, fork(notes[3], told[4], 4, 4, other)),
        *(
            (f"a head of 4 and another story's of {size}", "fork", True, fork(notes[3], told[size], 4, size, other))
            for size in (5, 6, 7)
        ),
        ("the larger was seen first", "fork", True, fork(told[6], notes[3], 4, 6, other)),
        ("a shorter log after a longer one", "rollback", False, _conflict("rollback", notes[3], notes[2])),
        ("another log of the same name", "recreated", False, _conflict("recreated", notes[3], anew)),
    ]
    for comment, kind, proved, data in shown:
        cases.append(good(comment, conflict=data.hex(), kind=kind, proved=proved, keys_known=True))
    stranger = signed(log.origin, 4, _ZEROS, key="p/A1")
    data = _conflict("fork", notes[3], stranger, _ZEROS, keys=("log", "p/A1"))
    cases.append(
        good("a head by a key that is not known", conflict=data.hex(), kind="fork", proved=True, keys_known=False)
    )
    path = reference.consistency_path(3, log.hashes)
    root = reference.tree_hash(log.hashes[:3])
    for comment, data, error in (
        ("the smaller is the beginning of the larger", _conflict("fork", notes[2], notes[3], root, path), "no-conflict"),
        ("another root than the proof leads to", _conflict("fork", notes[2], notes[3], _ZEROS, path), "proof"),
        ("no proof", _conflict("fork", notes[3], told[5], _ZEROS), "proof"),
        ("one head twice", _conflict("fork", notes[3], notes[3], log.root), "no-conflict"),
        ("one head twice, and a root of nothing", _conflict("fork", notes[3], notes[3], _ZEROS), "no-conflict"),
        ("a longer log after a shorter one", _conflict("rollback", notes[2], notes[3]), "no-conflict"),
        ("a fork without root", _conflict("fork", notes[3], told[4]), "malformed"),
        ("a root that nothing asks for", _conflict("rollback", notes[3], notes[2], _ZEROS), "malformed"),
        ("one log, made anew", _conflict("recreated", notes[3], notes[2]), "no-conflict"),
        ("a head that the key beside it did not sign", _conflict("fork", notes[3], told[4], _ZEROS, keys=("log", "p/A1")), "checkpoint"),
        ("a shorter log after a longer one, under another name", _conflict("rollback", notes[3], renamed), "no-conflict"),
        ("two heads, one of them under another name", fork(renamed, told[4], 3, 4, other), "no-conflict"),
        ("no records after some", _conflict("rollback", notes[3], signed(log.origin, 0, EMPTY_ROOT)), "malformed"),
        ("a head of 2⁵³ records", _conflict("rollback", signed(log.origin, 2**53, log.root), notes[3]), "malformed"),
        ("heads of another log", _conflict("rollback", anew, notes[2]), "no-conflict"),
        ("an unknown kind", _conflict("quarrel", notes[3], notes[2]), "malformed"),
    ):  # fmt: skip
        cases.append(bad(comment, conflict=data.hex(), error=error))
    return document(
        "conflict",
        "Evidence that a log told two stories, checked for `log_id` with `public_key` known to be its key.",
        cases,
        log_id=log.id.hex(),
        public_key=public("log").hex(),
    )
