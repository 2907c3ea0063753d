"""Vectors of section 14: whole logs, intact and damaged, with the findings that a verification must end with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final

from chainlog import digest
from chainlog.canon import codec
from chainlog.record.record import unverified_record
from tools.fixed_log import (
    CHIEF,
    CLERK,
    DAY_US,
    KEEPER,
    MINUTE_US,
    NAME,
    Growing,
    Sign,
    Story,
    administrators,
    edited,
    event_id,
    named,
    public,
    rechain,
    small_log,
)
from tools.vector_case import Case, Document, document
from tools.vector_logs import DOCUMENT, LENDING, STORING, lend, recovery_log, revoke

INDEX, RECORDED, PREV, BASE, LINKS, EVENT, SIGNATURES = range(1, 8)
LENT: Final = 5  # the record with two signatures, on which later ones rest
LIST: Final = "l/X-2025-01"

Slot = bytes | None


def intact() -> Story:
    """Twelve records: a genesis, enrolments, the life of two papers until they are destroyed, an inspection."""
    log = Story()
    for person in (KEEPER, CLERK, CHIEF):
        log.enrol(person)
    items = [{"carrier": f"c/{n}", "form": "document", "document": DOCUMENT, "copy_no": f"{n:06}"} for n in (87, 88)]
    arrival = {"level": "机密", "sender": "u/省委", "channel": "exchange", "listed": 2, "found": 2, "seal": "intact"}
    log.add("created.received", body={**arrival, "items": items}, people=[("receiver", KEEPER, 1)])
    log.add("transferred.lend", body={"purpose": "起草", "depth": "read"}, people=LENDING, subjects=["c/87"])
    log.add(
        "returned.to_keeper", body={"reason": "loan"}, people=[("giver", CLERK, 1), ("receiver", KEEPER, 1)],
        subjects=["c/87"], refs=[log.reference(LENT)],
    )  # fmt: skip
    listed = {"purpose": "destroy", "items": [{"carrier": "c/87"}, {"carrier": "c/88"}], "total": 2}
    log.add("listed.added", body=listed, people=STORING, subjects=[LIST])
    permit = {"step": "approved", "act": "destroy"}
    log.add("decided.permit", body=permit, people=[("approver", CHIEF, 1)], subjects=[LIST], refs=[log.reference(7)])
    supervisors = [("supervisor", KEEPER, 1), ("supervisor", CLERK, 1)]
    log.add(
        "destroyed.carriers", body={"method": "pulp"}, people=supervisors, subjects=["c/87", "c/88", DOCUMENT, LIST],
        refs=[log.reference(8)],
    )  # fmt: skip
    for _ in range(2):
        log.add("checked.inspection", body={"topic": "self"}, people=[("operator", CHIEF, 1)], subjects=["u/镇政府"])
    return log


class _Logs:
    """Collects cases; a record that stands unchanged in the intact log is given by its number."""

    def __init__(self, base: Growing) -> None:
        self.base = base
        self.cases: list[Case] = []
        self._known = {data: index for index, data in enumerate(base.records)}

    def add(
        self, comment: str, slots: Sequence[Slot], *findings: tuple[str, int | None], flag: str, head: bytes | None = None,
        log_id: bytes | None = None, integrity: str = "",
    ) -> None:  # fmt: skip
        """
        One log. head: what is stored, the intact log's unless given. log_id: what the verifier was given.

        findings: (code, index), each pair once. integrity: broken if there are findings, unless it says otherwise.
        """
        stored = self.base.head() if head is None else head
        shown: list[Any] = [None if data is None else self._known.get(data, data.hex()) for data in slots]
        case: Case = {"comment": comment, "flags": [flag], "result": "invalid" if findings else "valid"}
        case["findings"] = [list(finding) for finding in sorted(findings, key=lambda f: (f[1] is None, f[1] or 0, f[0]))]
        case["integrity"] = integrity or ("broken" if findings else "intact")
        case["log_id"] = (self.base.id if log_id is None else log_id).hex()
        self.cases.append({**case, "records": shown, "head": stored.hex()})


def _later(data: bytes) -> bytes:
    """The record with another time: nobody but the log signed that."""
    return edited(data, RECORDED, unverified_record(data).recorded_at_us + 1)


def _other_event(data: bytes) -> bytes:
    """The record with another note in its event; the signatures are left."""
    event = codec.decode(unverified_record(data).event)
    event[7]["note"] = "x"
    return edited(data, EVENT, codec.encode(event))


def _stranger(index: int) -> bytes:
    """A good record of the same log that never stood there: what another branch would have had at *index*."""
    log = Story()
    for data in intact().records[1:index]:
        log.push(data)
    log.now_us += 100 * MINUTE_US
    people = [("operator", CHIEF, 1)]
    log.add("checked.inspection", body={"topic": "special"}, people=people, subjects=["u/镇政府"], event_id=event_id(99))
    return log.records[index]


def _put(records: Sequence[bytes], index: int, data: bytes) -> list[bytes]:
    return [*records[:index], data, *records[index + 1 :]]


def _unchained(logs: _Logs) -> None:
    """Somebody changed the file and left everything else as it was."""
    records, flag = logs.base.records, "left"
    logs.add("nothing was done to it", records, flag="intact")
    logs.add("another time in a record", _put(records, 6, _later(records[6])), ("altered", 6), flag=flag)
    logs.add("another time in the last record", _put(records, 11, _later(records[11])), ("altered", 11), flag=flag)
    logs.add("another event in a record", _put(records, 4, _other_event(records[4])), ("altered", 4), flag=flag)
    both = _put(_put(records, 4, _other_event(records[4])), 8, _later(records[8]))
    logs.add("two records changed", both, ("altered", 4), ("altered", 8), flag=flag)
    logs.add("a previous hash changed", _put(records, 6, edited(records[6], PREV, bytes(32))), ("altered", 6), flag=flag)
    cut = _put(records, 6, records[6][:-1])
    logs.add("a record that can't be decoded any more", cut, ("malformed", 6), flag=flag)
    logs.add("a record is gone", [*records[:6], None, *records[7:]], ("missing", 6), flag=flag)
    logs.add("two records are gone", [*records[:6], None, None, *records[8:]], ("missing", 6), flag=flag)
    logs.add("a record is gone, the rest moved down", [*records[:6], *records[7:]], ("missing", 6), flag=flag)
    swapped = _put(_put(records, 4, records[7]), 7, records[4])
    logs.add("two records exchanged", swapped, ("reordered", 4), flag=flag)
    neighbours = _put(_put(records, 4, records[5]), 5, records[4])
    logs.add("two neighbours exchanged", neighbours, ("reordered", 4), flag=flag)
    logs.add("a record in another's place", _put(records, 8, records[6]), ("duplicate", 8), flag=flag)
    inserted = [*records[:6], _later(records[6]), *records[6:]]
    logs.add("a record put in a second time, with another time, the rest moved up", inserted, ("duplicate", 6), flag=flag)
    inserted = [*records[:6], _stranger(6), *records[6:]]
    logs.add("a record put in, the rest moved up", inserted, ("foreign-data", 6), flag=flag)
    signatures = codec.decode(records[LENT])[SIGNATURES]
    one = edited(records[LENT], SIGNATURES, signatures[:1])
    logs.add("a signature taken away", _put(records, LENT, one), ("altered", LENT), flag=flag)


def _chained(logs: _Logs) -> None:
    """Somebody without keys changed the file and made index, chain and links of what follows fit again."""
    records, flag = logs.base.records, "rechained"

    def changed(comment: str, made: Sequence[bytes], start: int, *findings: tuple[str, int | None]) -> None:
        logs.add(comment, rechain(made, start=start), *findings, ("head-mismatch", None), flag=flag)

    changed("another time in a record", _put(records, 6, _later(records[6])), 6, ("altered", 6))
    changed("another event in a record", _put(records, 4, _other_event(records[4])), 4, ("bad-signature", 4))
    changed("a record taken out", [*records[:6], *records[7:]], 6, ("missing", 6))
    swapped = _put(_put(records, 2, records[3]), 3, records[2])
    changed("two records exchanged", swapped, 2, ("reordered", 2))
    changed("a record put in a second time", [*records[:10], records[8], *records[10:]], 10, ("duplicate", 10))
    signatures = codec.decode(records[LENT])[SIGNATURES]
    one = edited(records[LENT], SIGNATURES, signatures[:1])
    changed("a signature taken away", _put(records, LENT, one), LENT, ("missing-signature", LENT))
    zeros = edited(records[LENT], SIGNATURES, [[*signatures[0][:3], bytes(64)], signatures[1]])
    changed("a signature replaced", _put(records, LENT, zeros), LENT, ("bad-signature", LENT))
    record = unverified_record(records[LENT])
    extra = _signed(logs.base, LENT, record.event, [*_who(records[LENT]), Sign("witness", CHIEF)], record)
    changed("a true signature of somebody more", _put(records, LENT, extra), LENT, ("foreign-signature", LENT))
    genesis = _put(records, 0, _later(records[0]))
    changed("another time in record 0", genesis, 0, ("altered", 0))
    shorter = Growing(records[:9])
    logs.add("the last records taken out, the head as it was", shorter.records, ("truncated", 9), flag=flag)
    logs.add("cut back to an older signed head: nothing inside shows it", shorter.records, flag="undetectable", head=shorter.head())
    remade = Growing(rechain(_put(records, 6, _later(records[6])), start=6))
    logs.add("another time, and the head signed anew", remade.records, ("altered", 6), flag="log key", head=remade.head())
    gone = Growing(rechain([*records[:6], *records[7:]], start=6))
    logs.add("a record taken out, and the head signed anew", gone.records, ("reordered", 6), flag="log key", head=gone.head())


def _who(data: bytes) -> list[Sign]:
    return named_signs(data)


def named_signs(data: bytes) -> list[Sign]:
    """The signatures that a record's event names, by its persons' own keys."""
    event = codec.decode(unverified_record(data).event)
    return [Sign(role, person, signed_at_us=None) for role, person, signs in event[4] if signs]


def _signed(log: Growing, index: int, event: bytes, signs: Sequence[Sign], record: Any) -> bytes:
    """The record at *index* with signatures made anew."""
    below = Growing(log.records[:index])
    at = [sign._replace(signed_at_us=record.recorded_at_us) for sign in signs]
    return below.seal(event, at, now_us=record.recorded_at_us, base=record.base)


def _heads(logs: _Logs) -> None:
    base, flag = logs.base, "head"
    records = base.records
    head = codec.decode(base.head())

    def stored(comment: str, data: bytes, *findings: tuple[str, int | None]) -> None:
        logs.add(comment, records, *findings, flag=flag, head=data)

    older = Growing(records[:8])
    stored("an older head: the records above it are signed by nobody", older.head(), ("head-mismatch", None))
    stored("signed by another key", base.head(log_key=KEEPER), ("head-mismatch", None))
    stored("of a log with another name", base.head(name="draft.other"), ("head-mismatch", None))
    other = Growing(rechain(_put(records, 11, _later(records[11])), start=11))
    stored("another size beside the checkpoint", codec.encode([11, *head[1:]]), ("head-mismatch", None))
    stored("another last hash beside the checkpoint", codec.encode([head[0], bytes(32), *head[2:]]), ("head-mismatch", None))
    stored("another frontier", codec.encode([*head[:2], bytes(len(head[2])), head[3]]), ("head-mismatch", None))
    broken = head[3].replace(b"\n12\n", b"\n13\n")
    stored("a flipped digit in the checkpoint", codec.encode([*head[:3], broken]), ("head-mismatch", None))
    stored("no bytes", b"", ("head-mismatch", None))
    fitted = codec.encode([*codec.decode(other.head())[:3], head[3]])
    comment = "another time in the last record, and all of the head but the signed note made to fit"
    logs.add(comment, other.records, ("altered", 11), ("head-mismatch", None), flag="rechained", head=fitted)
    wrong = sha256(b"another log").digest()
    logs.add("the verifier was given another log id", records, ("wrong-log", 0), flag="log id", log_id=wrong)


def _grown(comment: str, make: Callable[[Story], bytes | None], *findings: tuple[str, int | None], integrity: str = "") -> Any:
    """A log to which one record more was appended by somebody who has all keys and obeys no writer."""
    log = intact()
    made = make(log)
    if made is not None:
        log.push(made)
    return comment, log, findings, integrity


def _appended(logs: _Logs) -> None:
    """A writer that doesn't check: everything is signed and chained, and one thing isn't as it must be."""

    def stored(log: Story, **rest: Any) -> bytes:
        log.now_us += MINUTE_US
        body = {"topic": "self"}
        event = log.event("checked.inspection", body=body, people=[("operator", CHIEF, 1)], subjects=["u/镇政府"], **rest)
        return log.seal(event.encoded, named(event), now_us=log.now_us)

    def by(seal: dict[str, Any], **rest: Any) -> Callable[[Story], bytes]:
        def make(log: Story) -> bytes:
            people = [("operator", CHIEF, 1)]
            event = log.event("checked.inspection", body={"topic": "self"}, people=people, subjects=["u/镇政府"], **rest)
            fields: dict[str, Any] = {"now_us": log.now_us, **seal}
            return log.seal(event.encoded, named(event), **fields)

        return make

    def revoked(log: Story) -> bytes:
        log.push(revoke(log, CLERK, people=administrators(2)))
        return lend(log, carrier="c/99")

    def stale(log: Story) -> bytes:
        log.add("created.entered", body={"level": "机密", "reason": "book", "items": []}, people=STORING, subjects=["c/99"])
        base = (11, codec.decode(log.records[12])[PREV])
        return lend(log, carrier="c/99", seal={"base": base})

    def unknown(log: Story) -> bytes:
        event = codec.decode(stored_event(log))
        event[0] = "checked.inspection/2"
        return log.seal(codec.encode(event), [Sign("operator", CHIEF)], now_us=log.now_us)

    def version(log: Story) -> bytes:
        return edited(stored(log), 0, 2)

    def unfolded(log: Story) -> bytes:
        event = codec.decode(stored_event(log))
        event[3] = ["p/0056", "u/镇(1)"]
        return log.seal(codec.encode(event), [Sign("operator", CHIEF)], now_us=log.now_us)

    def mismatch(log: Story) -> bytes:
        event = codec.decode(stored_event(log))
        event[3] = ["p/0056", "u/镇政府", "l/X-2025-01"]
        return log.seal(codec.encode(sorted_subjects(event)), [Sign("operator", CHIEF)], now_us=log.now_us)

    reference = [(sha256(b"nowhere").digest()[:16], bytes(32))]
    made = [
        _grown("signed with a revoked key", revoked, ("revoked-key", 13)),
        _grown("a draft whose carrier was moved after its base", stale, ("stale-draft", 13)),
        _grown("a reference to nothing", by({}, refs=reference), ("bad-ref", 12)),
        _grown("recorded after its time limit", by({}, expires_at_us=1), ("expired", 12)),
        _grown("a base that isn't the record there", by({"base": (9, bytes(32))}), ("wrong-base", 12)),
        _grown("the base of another log", by({"base": (0, bytes(32))}), ("wrong-log", 12)),
        _grown("signed for another log", by({"log_id": bytes(32)}), ("bad-signature", 12)),
        _grown("an id that stands already", by({}, event_id=_id(4)), ("duplicate", 12)),
        _grown("a link to another record", lambda log: edited(stored(log), LINKS, [[0, 0, bytes(32)]] * 2), ("stale-link", 12)),
        _grown("an enrolment by one administrator", _weak_enrolment, ("below-threshold", 12)),
        _grown("a record after the end", _closed, ("closed", 13)),
        _grown("a subject that isn't folded", unfolded, ("not-folded", 12)),
        _grown("a subject too many", mismatch, ("subjects-mismatch", 12)),
        _grown("bytes that are no record", lambda log: b"\x90", ("malformed", 12)),
        _grown("a record of a later version", version, ("version-regression", 12), integrity="unreadable"),
        _grown("a kind of a later release", unknown, ("unknown-kind", 12), integrity="intact"),
    ]
    for comment, log, findings, integrity in made:
        logs.add(comment, log.records, *findings, flag="admitted", head=_head_of(log), integrity=integrity)


def stored_event(log: Story) -> bytes:
    """An event that is due now."""
    people = [("operator", CHIEF, 1)]
    return log.event("checked.inspection", body={"topic": "self"}, people=people, subjects=["u/镇政府"]).encoded


def sorted_subjects(event: list[Any]) -> list[Any]:
    """The event with its subjects in order."""
    event[3] = sorted(event[3], key=codec.encode)
    return event


def _id(index: int) -> bytes:
    event = codec.decode(unverified_record(intact().records[index]).event)
    return bytes(event[1])


def _weak_enrolment(log: Story) -> bytes | None:
    log.enrol("p/0078", people=administrators(1))
    return None


def _closed(log: Story) -> bytes | None:
    log.add("log_closed", body={"successor": "draft.next"}, people=administrators(2))
    log.add("checked.inspection", body={"topic": "self"}, people=[("operator", CHIEF, 1)], subjects=["u/镇政府"])
    return None


def _head_of(log: Growing) -> bytes:
    return log.head()


def _remarks(logs: _Logs) -> None:
    """What is worth saying of a log that is what it was."""

    def said(comment: str, log: Growing, *findings: tuple[str, int | None], log_id: bytes | None = None) -> None:
        logs.add(comment, log.records, *findings, flag="remark", head=log.head(), integrity="intact", log_id=log_id)

    inspection: dict[str, Any] = {"body": {"topic": "self"}, "people": [("operator", CHIEF, 1)], "subjects": ["u/镇政府"]}
    log = intact()
    log.now_us -= DAY_US
    log.add("checked.inspection", **inspection)
    said("the writer's clock went back", log, ("clock", 12))
    log = intact()
    base = (10, codec.decode(log.records[11])[PREV])
    log.now_us += 32 * DAY_US
    log.add("checked.inspection", seal={"base": base}, **inspection)
    said("a base of the month before, with a record between", log, ("old-base", 12))
    log = intact()
    log.add("transferred.dispatch", body={"to": "u/省委", "channel": "exchange"}, people=[("giver", KEEPER, 1)], subjects=["c/87"])
    said("a copy goes out, its document isn't named", log, ("document-not-named", 12))
    log = intact()
    log.push(revoke(log, CLERK, people=administrators(2), doubt_from=6))
    said("a key is in doubt from record 6 on", log, ("doubtful", 6), ("doubtful", 9))
    act = log.reference(9)
    log.add("countersigned", body={}, people=[("approver", CHIEF, 1)], subjects=_subjects(log, 9, CHIEF), refs=[act])
    said("one of the two acts was countersigned", log, ("doubtful", 6))
    log = recovery_log()
    holders = [("recovery", "p/R1", 1), ("recovery", "p/R2", 1)]
    body = {"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost"}
    log.add("revoked", body=body, people=holders, signs=[Sign("recovery", p, f"recovery/{p}") for _, p, _ in holders])
    said("a key revoked by recovery keys", log, ("break-glass", 2), log_id=log.id)
    small = small_log()
    said("the log of appendix D", small, log_id=small.id)


def _subjects(log: Growing, index: int, person: str) -> list[str]:
    event = codec.decode(unverified_record(log.records[index]).event)
    return [*event[3], person]


def logs() -> Document:
    """Family `log`."""
    base = intact()
    found = _Logs(base)
    for part in (_unchained, _chained, _heads, _appended, _remarks):
        part(found)
    flags = {
        "intact": "nothing was changed",
        "left": "the file was changed, nothing else made to fit",
        "rechained": "indexes, previous hashes and links were made to fit; events, bases, signatures and the head are the old ones",
        "log key": "the same by somebody who has the log key: the head fits as well",
        "undetectable": "only a checkpoint kept outside shows it",
        "head": "the records are intact, the stored head isn't theirs",
        "log id": "the verifier was given the id of another log",
        "admitted": "a record that a writer should have refused, chained and under a signed head",
        "remark": "findings that don't break a log",
    }
    about = (
        "Whole logs. `records`: what stands at key 0, 1, 2 … of the table `records`, in hexadecimal; null for an empty slot; a number for "
        "that record of `base`. `head`: the value `head` of the table of that name; `last` holds its first two elements, or zeros and the "
        "size of the records where it can't be decoded. The tables `subjects`, `ids` and `tiles` are those of `base` in cases flagged "
        "`left` or `head`, else those of the records that can be decoded. `log_id`: what the verifier is given. `findings`: [code, index] of section 14, each pair once; `integrity` as in 14.1."
    )
    shared = {"log_id": base.id.hex(), "name": NAME, "records": [data.hex() for data in base.records], "head": base.head().hex()}
    return document("log", about, found.cases, flags=flags, base=shared)


def hashes(records: Sequence[bytes]) -> list[bytes]:
    """Record hashes."""
    return [digest.record_hash(data) for data in records]
