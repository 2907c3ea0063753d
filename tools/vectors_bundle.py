"""Vectors of evidence bundles: what they prove, and every way in which one can be false, lacking or superfluous. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from chainlog.canon import codec
from chainlog.tree.note import parse_note
from tools.fixed_bundle import (
    SALT,
    SEALED_ID,
    TITLE,
    bundle_of,
    commit_map,
    map_proof,
    map_root,
    note_of,
    opening,
    told_log,
)
from tools.fixed_log import CHIEF, KEEPER, Growing, Sign, Story, administrators, event_id, make_genesis, public
from tools.vector_case import Case, Document, document

CARRIER = "c/87"
_KEEPER_KEY = f"k/{public(KEEPER).hex().upper()}"
_GENUINE = {"authenticity": "genuine", "completeness": "complete"}


class Cases:
    """Collects cases. One that differs little from an earlier one is stated by the bytes that differ."""

    def __init__(self) -> None:
        self.found: list[Case] = []
        self._bases: list[tuple[int, bytes]] = []

    def held(self, comment: str, flag: str, data: bytes, *, log_id: bytes | None, **verdict: Any) -> None:
        """A bundle that holds. verdict: authenticity, completeness, complete_to, remarks."""
        stated = {"complete_to": None, "remarks": [], **verdict}
        self._add(comment, flag, data, {"result": "valid", **stated}, log_id)

    def refused(self, comment: str, flag: str, data: bytes, finding: str, *, log_id: bytes | None) -> None:
        """A bundle that is refused, or `malformed`."""
        self._add(comment, flag, data, {"result": "invalid", "finding": finding}, log_id)

    def _add(self, comment: str, flag: str, data: bytes, rest: Mapping[str, Any], log_id: bytes | None) -> None:
        stated = min([data.hex(), *(_splice(number, base, data) for number, base in self._bases)], key=len)
        self._bases.append((len(self.found) + 1, data))
        given = None if log_id is None else log_id.hex()
        self.found.append({"comment": comment, "flags": [flag], "log_id": given, **rest, "bundle": stated})


def _splice(number: int, base: bytes, data: bytes) -> str:
    """`number:start:stop:hex`: the bundle of another case, in which the bytes from start to stop are others."""
    least = min(len(base), len(data))
    start = next((at for at in range(least) if base[at] != data[at]), least)
    same = next((at for at in range(least - start) if base[-1 - at] != data[-1 - at]), least - start)
    return f"{number}:{start}:{len(base) - same}:{data[start : len(data) - same].hex()}"


def store(log: Story, subject: str = CARRIER, **rest: Any) -> int:
    """One record more about a carrier."""
    people = [("registrar", KEEPER, 1)]
    return log.add("transferred.store", body={"place": "w/G1"}, people=people, subjects=[subject], **rest)


def revoke(log: Story, **body: Any) -> int:
    """The keeper's key ends."""
    stated = {"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost", **body}
    return log.add("revoked", body=stated, people=administrators(2))


def _verdicts(cases: Cases) -> None:
    log = told_log()
    selection = bundle_of(log, [CARRIER]).encoded()
    committed = commit_map(log)
    whole = bundle_of(log, [CARRIER], committed=committed)
    log_id = log.id
    held = cases.held
    held("a whole history", "verdict", whole.encoded(), log_id=log_id, **_GENUINE, complete_to=10)
    held(
        "no log id",
        "verdict",
        whole.encoded(),
        log_id=None,
        authenticity="untrusted",
        completeness="complete",
        complete_to=10,
    )
    unproven = {"authenticity": "keys-unproven", "completeness": "selection"}
    held("no map", "verdict", selection, log_id=log_id, **unproven)
    held("no map, no log id", "verdict", selection, log_id=None, authenticity="untrusted", completeness="selection")
    absent = bundle_of(log, ["c/99"], committed=committed)
    held("what was never there", "verdict", absent.encoded(), log_id=log_id, **_GENUINE, complete_to=10)
    several = bundle_of(log, [KEEPER, "c/88", "c/99"], committed=committed)
    held("a person and two carriers", "verdict", several.encoded(), log_id=log_id, **_GENUINE, complete_to=10)
    proved = [subject for subject, _ in whole.map_proofs if subject != CARRIER]
    part = bundle_of(log, [CARRIER], committed=committed, proved=proved, without=[6])
    held("no proof of the carrier, and a gap", "verdict", part.encoded(), log_id=log_id, authenticity="genuine",
         completeness="selection")  # fmt: skip
    opened = whole.but(openings=[opening()])
    held("a sealed value is shown", "verdict", opened.encoded(), log_id=log_id, **_GENUINE, complete_to=10)
    stamped = whole.but(tokens=[hashlib.sha256(parse_note(whole.checkpoint).text.encode()).digest()])
    held(
        "a token that has the checkpoint's hash",
        "verdict",
        stamped.encoded(),
        log_id=log_id,
        **_GENUINE,
        complete_to=10,
    )
    _tails(cases)
    _remarks(cases)


def _tails(cases: Cases) -> None:
    log = told_log()
    committed = commit_map(log)
    store(log)
    tail = bundle_of(log, [CARRIER], committed=committed)
    cases.held("all records after the map are here", "tail", tail.encoded(), log_id=log.id, **_GENUINE, complete_to=11)
    log = told_log()
    committed = commit_map(log)
    store(log, "c/88")
    store(log)
    partial: dict[str, Any] = {"completeness": "complete-to", "complete_to": 10}
    short = bundle_of(log, [CARRIER], committed=committed, without=[11])
    cases.held("none of the later records", "tail", short.encoded(), log_id=log.id, authenticity="genuine", **partial)
    with_tail = bundle_of(log, [CARRIER], committed=committed)
    cases.held("a later record, with others in between", "tail", with_tail.encoded(), log_id=log.id,
               authenticity="keys-unproven", **partial)  # fmt: skip
    log = told_log()
    committed = commit_map(log, size=7)
    older = bundle_of(log, [CARRIER], committed=committed)
    cases.held("a map of fewer records than there were", "tail", older.encoded(), log_id=log.id,
               authenticity="keys-unproven", completeness="complete-to", complete_to=7)  # fmt: skip


def _remarks(cases: Cases) -> None:
    log = told_log()
    revoke(log, doubt_from=8)
    doubted = bundle_of(log, [CARRIER], committed=commit_map(log))
    cases.held("a signature in doubt", "remark", doubted.encoded(), log_id=log.id, **_GENUINE, complete_to=11,
               remarks=[["doubtful", 8]])  # fmt: skip
    log = told_log()
    event = codec.decode(codec.decode(log.records[7])[6])
    event[0], event[1], event[3] = "later.kind", event_id(5), sorted([CARRIER, KEEPER], key=codec.encode)
    log.push(log.seal(codec.encode(event), [Sign("registrar", KEEPER)], now_us=log.now_us))
    unknown = bundle_of(log, [CARRIER], committed=commit_map(log))
    cases.held("a kind of a later release", "remark", unknown.encoded(), log_id=log.id, **_GENUINE, complete_to=11,
               remarks=[["unknown-kind", 9]])  # fmt: skip


def _bindings(cases: Cases) -> None:
    log = told_log()
    committed = commit_map(log)
    whole = bundle_of(log, [CARRIER], committed=committed)
    other = Story(make_genesis(nonce=bytes(32)))

    def refused(comment: str, finding: str, **changes: Any) -> None:
        cases.refused(comment, "binding", whole.but(**changes).encoded(), finding, log_id=log.id)

    cases.refused("another log id", "binding", whole.encoded(), "wrong-log", log_id=other.id)
    refused("the checkpoint of another log", "checkpoint", checkpoint=note_of(other))
    refused("a checkpoint by another key", "checkpoint", checkpoint=note_of(log, log_key="another"))
    refused("an older checkpoint", "proof", checkpoint=note_of(Growing(log.records[:8])))
    refused("record 0 of another log", "wrong-log", records=[other.records[0], *whole.records[1:]])
    refused("a record left out", "proof", records=[*whole.records[:4], *whole.records[5:]])
    refused(
        "a record changed", "proof", records=[*whole.records[:-1], log.records[8][:1] + whole.records[-1][1:-1] + b"\0"]
    )
    refused("a hash too many", "proof", proof=whole.proof + bytes(32))
    refused("a hash short", "proof", proof=whole.proof[:-32])
    swapped = whole.proof[32:64] + whole.proof[:32] + whole.proof[64:]
    refused("two hashes exchanged", "proof", proof=swapped)
    proofs = [list(one) for one in whole.map_proofs]
    proofs[0][1], proofs[1][1] = proofs[1][1], proofs[0][1]
    refused("two map proofs exchanged", "map-proof", map_proofs=proofs)
    older = [[subject, map_proof(log, 8, subject)] for subject, _ in whole.map_proofs]
    refused("proofs from an older map", "map-proof", map_proofs=older)
    refused("another record as commitment", "incomplete", committed=[8])
    refused("a commitment that isn't here", "incomplete", committed=[7])
    lacking = [one for one in whole.map_proofs if one[0] != _KEEPER_KEY]
    refused("no proof of a key", "incomplete", map_proofs=lacking)
    refused(
        "no proof of the administrators", "incomplete", map_proofs=[o for o in whole.map_proofs if o[0] != "s/admins"]
    )
    more = sorted([*whole.map_proofs, ["c/88", map_proof(log, 9, "c/88")]], key=lambda one: codec.encode(one[0]))
    refused("a proof of what isn't asked", "undemanded", map_proofs=more)
    refused("wanted, and nothing of it is here", "incomplete", wanted=["c/86", CARRIER])
    refused("another carrier is wanted", "undemanded", wanted=["c/88"])
    for comment, text, salt in (("another text", "x", SALT), ("another salt", TITLE, bytes(32))):
        refused(f"an opening with {comment}", "seal", openings=[opening(text=text, salt=salt)])
    refused("an opening of what isn't sealed", "undemanded", openings=[[SEALED_ID, "level", SALT, TITLE]])
    refused("an opening for another event", "undemanded", openings=[[event_id(1), "note", SALT, TITLE]])
    refused("a token of something else", "undemanded", tokens=[bytes(40)])
    for index, finding in ((1, "map-proof"), (6, "map-proof"), (8, "map-proof"), (9, "incomplete")):
        short = bundle_of(log, [CARRIER], committed=committed, proved=[s for s, _ in whole.map_proofs], without=[index])
        cases.refused(f"record {index} is left out everywhere", "lacking", short.encoded(), finding, log_id=log.id)
    extra = bundle_of(log, [CARRIER], committed=committed, more=[3])
    cases.refused("a record that nothing asks for", "undemanded", extra.encoded(), "undemanded", log_id=log.id)
    nothing = bundle_of(log, [CHIEF], committed=committed, more=[5])
    cases.refused("another carrier's record", "undemanded", nothing.encoded(), "undemanded", log_id=log.id)


def _keys(cases: Cases) -> None:
    log = told_log()
    revoke(log)
    store(log)
    committed = commit_map(log)
    full = bundle_of(log, [CARRIER], committed=committed)
    cases.refused("signed after the key was revoked", "key", full.encoded(), "revoked-key", log_id=log.id)
    hidden = bundle_of(log, [CARRIER], committed=committed, without=[9])
    cases.refused("the same, the revocation left out", "key", hidden.encoded(), "map-proof", log_id=log.id)
    bare = bundle_of(log, [CARRIER], without=[9])
    cases.held("the same, without a map", "key", bare.encoded(), log_id=log.id, authenticity="keys-unproven",
               completeness="selection")  # fmt: skip
    log = told_log()
    committed = commit_map(log)
    revoke(log)
    store(log)
    late = bundle_of(log, [CARRIER], committed=committed, without=[10])
    cases.held("revoked after the map, and left out", "key", late.encoded(), log_id=log.id, authenticity="keys-unproven",
               completeness="complete-to", complete_to=10)  # fmt: skip
    log = told_log()
    unknown = bundle_of(log, [CARRIER], without=[1])
    cases.refused("no map, and a key that nothing brings", "key", unknown.encoded(), "unknown-key", log_id=log.id)


def _records(cases: Cases) -> None:
    for finding, seal in (
        ("bad-signature", {"log_id": bytes(32)}),
        ("wrong-base", {"base": (4, bytes(32))}),
        ("wrong-log", {"base": (0, bytes(32))}),
        ("altered", {"prev_hash": bytes(32)}),
        ("stale-link", {"links": [(0, 0, bytes(32)), (0, 0, bytes(32))]}),
        ("expired", {"recorded_at_us": 0}),
        ("stale-draft", {}),
    ):
        log = told_log()
        store(log, seal=seal or {"base": (4, codec.decode(log.records[5])[3])})
        false = bundle_of(log, [CARRIER], committed=commit_map(log))
        cases.refused(
            f"the log holds a record that may not stand: {finding}", "record", false.encoded(), finding, log_id=log.id
        )
    log = told_log()
    store(log)
    links = [list(link) for link in codec.decode(log.records[9])[5]]
    place = codec.decode(codec.decode(log.records[9])[6])[3].index(KEEPER)
    log = told_log()
    store(log, seal={"links": [*links[:place], [99, 8, bytes(32)], *links[place + 1 :]]})
    false = bundle_of(log, [CARRIER], committed=commit_map(log))
    cases.refused("a link that skips more than there is", "record", false.encoded(), "stale-link", log_id=log.id)
    log = told_log()
    committed = commit_map(log, root=map_root(log, 8))
    parts = bundle_of(log, [CARRIER], committed=committed)
    cases.refused("the log committed to another map", "record", parts.encoded(), "map-proof", log_id=log.id)
    log = told_log()
    committed = commit_map(log, root=map_root(Growing(log.records[:8]), 8))
    parts = bundle_of(log, [CARRIER], committed=committed, without=[8])
    hidden = parts.but(map_proofs=[[subject, map_proof(log, 8, subject)] for subject, _ in parts.map_proofs])
    cases.held("a false map, and the record that would convict it left out: a bundle can't tell", "record", hidden.encoded(),
               log_id=log.id, **_GENUINE, complete_to=10)  # fmt: skip


def _forms(cases: Cases) -> None:
    log = told_log()
    whole = bundle_of(log, [CARRIER], committed=commit_map(log))
    data = whole.encoded()

    def malformed(comment: str, changed: bytes) -> None:
        cases.refused(comment, "form", changed, "malformed", log_id=log.id)

    malformed("a byte more", data + b"\x00")
    malformed("another version", data.replace(b"chainlog/v1/bundle", b"chainlog/v2/bundle", 1))
    malformed("a draft", data.replace(b"chainlog/v1/bundle", b"chainlog/v1/drafts", 1))
    changes: Sequence[tuple[str, dict[str, Any]]] = (
        ("nothing is wanted", {"wanted": []}),
        ("no records", {"records": []}),
        ("wanted twice", {"wanted": [CARRIER, CARRIER]}),
        ("wanted in another order", {"wanted": ["c/88", CARRIER]}),
        ("the log itself is wanted", {"wanted": ["s/log"]}),
        ("a key is wanted", {"wanted": [_KEEPER_KEY]}),
        ("a name that isn't folded", {"wanted": ["c/a"]}),
        ("records in another order", {"records": [whole.records[0], *whole.records[:0:-1]]}),
        ("a record twice", {"records": [*whole.records, whole.records[-1]]}),
        ("record 0 isn't the first", {"records": whole.records[1:]}),
        ("no record", {"records": [whole.records[0], b"\x90"]}),
        ("half a hash", {"proof": whole.proof[:-1]}),
        ("proofs without a commitment", {"committed": []}),
        ("a commitment without proofs", {"map_proofs": []}),
        ("two commitments", {"committed": [8, 9]}),
        ("map proofs in another order", {"map_proofs": whole.map_proofs[::-1]}),
        ("a map proof twice", {"map_proofs": [*whole.map_proofs, whole.map_proofs[-1]]}),
        ("an opening twice", {"openings": [opening(), opening()]}),
        ("two openings of one value", {"openings": sorted([opening(), opening(text="x")], key=codec.encode)}),
        ("an opening without text", {"openings": [opening(text="")]}),
        ("an opening whose text may not stand", {"openings": [opening(text="\u200b")]}),
        ("a short salt", {"openings": [opening(salt=bytes(31))]}),
        ("tokens in another order", {"tokens": [b"b", b"a"]}),
        ("a checkpoint that is no note", {"checkpoint": b"x"}),
        ("a checkpoint of no records", {"checkpoint": _resized(whole.checkpoint, 0)}),
        ("a checkpoint of 2⁵³ records", {"checkpoint": _resized(whole.checkpoint, 2**53)}),
        ("a log of a name that can't be one", {"records": [_named(whole.records[0], "draft.A"), *whole.records[1:]]}),
        ("a log of a name that is too long", {"records": [_named(whole.records[0], "draft." + "a" * 59), *whole.records[1:]]}),
    )  # fmt: skip
    for comment, changed in changes:
        malformed(comment, whole.but(**changed).encoded())


def _resized(note: bytes, size: int) -> bytes:
    """The note with another size, signed by nobody."""
    lines = note.split(b"\n")
    return b"\n".join([lines[0], b"%d" % size, *lines[2:]])


def _named(record: bytes, name: str) -> bytes:
    """Record 0 with another name of the log."""
    plain = codec.decode(record)
    event = codec.decode(plain[6])
    event[7]["name"] = name
    plain[6] = codec.encode(event)
    return codec.encode(plain)


def bundles() -> Document:
    """Evidence bundles."""
    cases = Cases()
    _verdicts(cases)
    _bindings(cases)
    _keys(cases)
    _records(cases)
    _forms(cases)
    return document(
        "bundle",
        "Evidence bundles. `bundle` is hexadecimal, or `id:start:stop:hexadecimal`: the bundle of the case with that id, in which the "
        "bytes from start to stop, not included, are these. `finding` is `malformed` or the code of the refusal; where several "
        "reasons hold, any of their codes will do. `log_id` is what the verifier is given, or null.",
        cases.found,
        flags={
            "verdict": "what a bundle proves",
            "tail": "records after those that the map covers",
            "remark": "worth saying, and no reason to refuse",
            "binding": "parts that don't belong together",
            "lacking": "a record left out, with everything that says so but the map",
            "undemanded": "something that nothing asks for",
            "key": "keys that ended",
            "record": "the log itself holds what may not stand",
            "form": "not a bundle",
        },
    )
