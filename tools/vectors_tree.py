"""Vectors of sections 6, 7, 8 and of digests: trees, proofs, checkpoints, maps, commitments, derived ids. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from chainlog import digest
from chainlog.canon import codec
from chainlog.record.seal import Opening, commitment
from chainlog.tree.merkle import Frontier
from chainlog.tree.text import format_base64
from tests import reference
from tools import map_reference
from tools.fixed_log import NAME, event_id, public
from tools.vector_case import Case, Document, bad, document, good
from tools.vectors_proofs import signed

_LOG = sha256(b"chainlog test log").digest()
_ORIGIN = f"{NAME}/{_LOG.hex()}"


def _leaves(size: int) -> list[bytes]:
    return [digest.record_hash(b"%d" % n) for n in range(size)]


def _hex(hashes: list[bytes] | tuple[bytes, ...]) -> list[str]:
    return [one.hex() for one in hashes]


def _inclusions() -> Iterator[Case]:
    for index, size in ((0, 1), (0, 2), (1, 2), (0, 3), (2, 3), (3, 7), (6, 7), (255, 257), (256, 257), (500, 1000)):
        leaves = _leaves(size)
        root = reference.tree_hash(leaves).hex()
        fields: dict[str, Any] = {"size": size, "index": index, "leaf": leaves[index].hex(), "root": root}
        path = reference.inclusion_path(index, leaves)
        yield good(f"record {index} of {size}", **fields, path=_hex(path), flags=["inclusion"])
        wrong = {"the same, a hash more": [*path, bytes(32)]}
        if path:
            wrong |= {"the same, a hash short": path[:-1], "the same, a hash changed": [*path[:-1], bytes(32)]}
        for comment, other in wrong.items():
            yield bad(comment, **fields, path=_hex(other), flags=["inclusion"], error="proof")


def _consistencies() -> Iterator[Case]:
    for old, new in ((1, 1), (1, 2), (2, 3), (3, 7), (4, 8), (6, 8), (7, 8), (255, 257), (256, 1000)):
        leaves = _leaves(new)
        path = _hex(reference.consistency_path(old, leaves))
        before, after = reference.tree_hash(leaves[:old]).hex(), reference.tree_hash(leaves).hex()
        sizes: dict[str, Any] = {"size": old, "new_size": new, "flags": ["consistency"]}
        yield good(f"{old} records are the beginning of {new}", **sizes, root=before, new_root=after, path=path)
        if old == new:
            fork = bytes(32).hex()
            yield bad("one size, two roots: a fork", **sizes, root=before, new_root=fork, path=[], error="checkpoint")
        else:
            comment = "the same, the roots swapped"
            yield bad(comment, **sizes, root=after, new_root=before, path=path, error="proof")
            yield bad("the same, without proof", **sizes, root=before, new_root=after, path=[], error="proof")


def tree() -> Document:
    """Family `tree`."""
    cases: list[Case] = []
    for size in (*range(10), 31, 32, 33, 255, 256, 257, 1000):
        leaves = _leaves(size)
        frontier = Frontier.empty().extend(leaves)
        root = reference.tree_hash(leaves)
        cases.append(good(f"{size} records", size=size, root=root.hex(), frontier=_hex(frontier.roots), flags=["root"]))
    flags = {
        "root": "leaf i is H(00 ‖ i in decimal digits); `frontier` as in section 9",
        "inclusion": "RFC 6962 PATH(index, D[size])",
        "consistency": "RFC 6962 PROOF(size, D[new_size])",
    }
    cases += [*_inclusions(), *_consistencies()]
    return document("tree", "The tree over record hashes (section 6).", cases, flags=flags)


# --- checkpoints ----------------------------------------------------------------------------------


def _note(*, origin: str = _ORIGIN, size: int = 4, root: bytes = bytes(range(32)), key: str = "log") -> str:
    return signed(origin, size, root, key=key).decode()


def _checkpoint_faults() -> Iterator[Case]:
    whole = _note()
    root = format_base64(bytes(range(32)))
    line = whole.rstrip("\n").rpartition("\n")[2]
    for comment, note in (
        ("signed by another key", _note(key="p/A1")),
        ("of another log", _note(origin=f"{NAME}/{bytes(32).hex()}")),
        ("of a log with another name", _note(origin=f"draft.other/{_LOG.hex()}")),
        ("the size changed", whole.replace("\n4\n", "\n5\n")),
        ("the root changed", whole.replace(root, format_base64(bytes(32)))),
        ("a size with a leading zero", whole.replace("\n4\n", "\n04\n")),
        ("a size of 0", _note(size=0)),
        ("a size of 2⁵³", _note(size=2**53)),
        ("a size with a sign", whole.replace("\n4\n", "\n+4\n")),
        ("a root of 31 bytes", whole.replace(root, format_base64(bytes(31)))),
        ("a root in another base64 text", whole.replace(root, root[:-2] + "9=")),
        ("an extension line", whole.replace(root, root + "\nextension")),
        ("no blank line", whole.replace("\n\n", "\n")),
        ("no signature", whole.replace(line + "\n", "")),
        ("a hyphen instead of the dash", whole.replace("— ", "- ")),
        ("no newline at the end", whole[:-1]),
        ("carriage returns", whole.replace("\n", "\r\n")),
        ("the signature of the right key and one that fails", whole + line[:-8] + "AAAAAAA=\n"),
    ):
        if note == whole:
            raise AssertionError(f"the fault {comment!r} changes nothing")
        yield bad(comment, note=note, error="checkpoint", flags=["note"])


def checkpoint() -> Document:
    """Family `checkpoint`."""
    cosigned = _note()
    witness = "— witness.example.org " + format_base64(bytes(76)) + "\n"
    root = bytes(range(32)).hex()
    cases = [
        good("as a log signs it", note=_note(), size=4, root=root, flags=["note"]),
        good("with a line of an unknown witness", note=cosigned + witness, size=4, root=root, flags=["note"]),
        good("the witness first", note=cosigned.replace("\n\n", "\n\n" + witness), size=4, root=root, flags=["note"]),
        good("a large size", note=_note(size=2**53 - 1), size=2**53 - 1, root=root, flags=["note"]),
        *_checkpoint_faults(),
    ]
    about = "Checkpoints of a log (section 6), verified for `origin` with `public_key`."
    return document(
        "checkpoint", about, cases, flags={"note": "a C2SP signed note"}, origin=_ORIGIN, public_key=public("log").hex()
    )


# --- the map --------------------------------------------------------------------------------------


def _heads(count: int) -> list[tuple[str, int, bytes]]:
    return [(f"c/{n}", n + 1, sha256(b"last %d" % n).digest()) for n in range(count)]


def _near_pair(count: int) -> list[str]:
    """Two subjects whose paths share more than 16 bits: found by search, the first ones."""
    seen: dict[bytes, str] = {}
    for n in range(count):
        subject = f"d/{n}"
        head = map_reference.path_of(_LOG, subject)[:3]
        if head in seen:
            return [seen[head], subject]
        seen[head] = subject
    raise AssertionError("no two paths are that near")


def _map_proofs(heads: list[tuple[str, int, bytes]]) -> Iterator[Case]:
    entries = map_reference.entries_of(_LOG, heads)
    root = map_reference.tree(entries)
    shared: dict[str, Any] = {"map_root": root.hex()}
    for subject, count, last_hash in (heads[0], heads[-1]):
        proof = map_reference.prove(entries, map_reference.path_of(_LOG, subject))
        fields: dict[str, Any] = {**shared, "subject": subject, "count": count, "last_hash": last_hash.hex()}
        yield good(f"{subject} is named by {count} records", **fields, proof=proof.hex(), flags=["present"])
        yield bad("the same, one record fewer", **{**fields, "count": count - 1}, proof=proof.hex(), flags=["present"])
        yield bad(
            "the same, another last record",
            **{**fields, "last_hash": bytes(32).hex()},
            proof=proof.hex(),
            flags=["present"],
        )
        yield bad("the same, a byte more", **fields, proof=(proof + b"\0").hex(), flags=["present"])
        yield bad("the same, a byte fewer", **fields, proof=proof[:-1].hex(), flags=["present"])
        yield bad("the same proof for its absence", **shared, subject=subject, proof=proof.hex(), flags=["absent"])
    subject = "c/absent"
    proof = map_reference.prove(entries, map_reference.path_of(_LOG, subject))
    yield good(f"{subject} is never named", **shared, subject=subject, proof=proof.hex(), flags=["absent"])
    yield bad("the same, n too small", **shared, subject=subject, proof=(b"\x0f" + proof[1:]).hex(), flags=["absent"])


def completeness_map() -> Document:
    """Family `map`."""
    cases: list[Case] = []
    pair = _near_pair(100_000)
    near = [(subject, 1, sha256(subject.encode()).digest()) for subject in pair]
    for heads in (_heads(1), _heads(2), _heads(20), _heads(200), near):
        entries = map_reference.entries_of(_LOG, heads)
        listed = [[subject, count, last_hash.hex()] for subject, count, last_hash in heads]
        comment = f"two subjects whose paths share {_shared(pair)} bits" if heads is near else f"{len(heads)} subjects"
        cases.append(good(comment, heads=listed, map_root=map_reference.tree(entries).hex(), flags=["root"]))
    cases.insert(0, good("no subjects: zeros", heads=[], map_root=map_reference.tree([]).hex(), flags=["root"]))
    path = map_reference.path_of(_LOG, "c/0")
    cases.insert(0, good("the path of a subject", subject="c/0", path=path.hex(), flags=["path"]))
    cases += _map_proofs(_heads(20))
    entries = map_reference.entries_of(_LOG, near[:1])
    proof = map_reference.prove(entries, map_reference.path_of(_LOG, pair[1]))
    stated = {"map_root": map_reference.tree(entries).hex()}
    cases.append(
        good(
            "absent beside a near path, whose entry ends the proof",
            **stated,
            subject=pair[1],
            proof=proof.hex(),
            flags=["absent"],
        )
    )
    cases.append(
        bad("the same, the entry cut off", **stated, subject=pair[1], proof=proof[:-72].hex(), flags=["absent"])
    )
    cases.append(
        bad("the same proof for the entry's own path", **stated, subject=pair[0], proof=proof.hex(), flags=["absent"])
    )
    # What a neighbour's count says isn't judged, as long as it says that there is a neighbour.
    for count, case, comment in ((2**53, good, "the same, a neighbour of 2⁵³ records"), (0, bad, "the same, of none")):
        other = map_reference.entries_of(_LOG, [(pair[0], count, near[0][2])])
        end = map_reference.prove(other, map_reference.path_of(_LOG, pair[1])).hex()
        root = map_reference.tree(other).hex()
        cases.append(case(comment, map_root=root, subject=pair[1], proof=end, flags=["absent"]))
    both = map_reference.entries_of(_LOG, near)
    proof = map_reference.prove(both, map_reference.path_of(_LOG, pair[0]))
    stated = {"map_root": map_reference.tree(both).hex()}
    head = {"count": near[0][1], "last_hash": near[0][2].hex()}
    cases.append(
        good("present beside a near path", **stated, subject=pair[0], **head, proof=proof.hex(), flags=["present"])
    )
    flags = {
        "path": "H(04 ‖ log_id ‖ subject)", "root": "the map over `heads`: [subject, count, last record hash]",
        "present": "`proof` shows `count` and `last_hash` for `subject`",
        "absent": "`proof` shows that nothing names `subject`",
    }  # fmt: skip
    return document("map", "The completeness map (section 7).", cases, flags=flags, log_id=_LOG.hex())


def _shared(pair: list[str]) -> int:
    first, second = (map_reference.path_of(_LOG, subject) for subject in pair)
    return next(n for n in range(256) if map_reference.bit(first, n) != map_reference.bit(second, n))


# --- digests --------------------------------------------------------------------------------------


def digests() -> Document:
    """Family `digest`."""
    salt = sha256(b"chainlog test salt").digest()
    identifier = event_id(1)
    cases: list[Case] = []
    for path, text in (
        ("note", "文字\n第二行"),
        ("document.title", "关于开展保密自查的通知"),
        ("items.2.reason", "x"),
        ("stated.0.1", "王"),
    ):
        found = commitment(log_id=_LOG, event_id=identifier, path=path, opening=Opening(salt, text))
        fields: dict[str, Any] = {"event_id": identifier.hex(), "path": path, "salt": salt.hex(), "text": text}
        cases.append(good(f"a text sealed at {path}", **fields, commitment=found.hex(), flags=["sealed"]))
        cases.append(
            bad(
                "the same text elsewhere",
                **{**fields, "path": "place"},
                commitment=found.hex(),
                error="seal",
                flags=["sealed"],
            )
        )
        cases.append(
            bad(
                "another text", **{**fields, "text": text + "x"}, commitment=found.hex(), error="seal", flags=["sealed"]
            )
        )
    for carriers in (["c/1"], ["c/1", "c/2", "c/10"], ["c/省委〔2025〕7号/1", "c/87", "c/A"]):
        ordered = sorted(carriers, key=codec.encode)
        found = digest.list_digest(codec.encode(ordered))
        cases.append(good(f"a list of {len(carriers)}", carriers=carriers, digest=found.hex(), flags=["list"]))
    for comment, row in (
        ("an application's own key", ["request", "借阅-2025-0031"]),
        (
            "a row of a register, by its serial number",
            ["收文登记簿", "收文2025", 2025, 31, "", "registered.document", 0],
        ),
        (
            "a row without serial number, the second of two equal ones",
            ["借阅登记簿", "借阅2025", 2025, {"$bin": salt.hex()}, "000087", "transferred.lend", 1],
        ),
    ):
        plain = [bytes.fromhex(part["$bin"]) if isinstance(part, dict) else part for part in row]
        cases.append(good(comment, row=row, event_id=digest.import_id(_LOG, codec.encode(plain)).hex(), flags=["id"]))
    cases.append(good("a record", bytes="98", hash=digest.record_hash(b"\x98").hex(), prefix="00", flags=["hash"]))
    cases.append(good("an event", bytes="98", hash=digest.event_hash(b"\x98").hex(), prefix="03", flags=["hash"]))
    cases.append(good("a file", bytes="98", hash=digest.file_digest(b"\x98").hex(), prefix="", flags=["hash"]))
    flags = {
        "sealed": "the commitment to a sealed value (section 8)", "list": "the digest of a whole list, from its carriers in any order (section 4)",
        "id": 'an event id derived from `row` (section 2.10); bytes as {"$bin": hexadecimal}', "hash": "SHA-256 of prefix and bytes (section 10)",
    }  # fmt: skip
    return document("digest", "Digests that records hold.", cases, flags=flags, log_id=_LOG.hex())
