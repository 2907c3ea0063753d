"""Vectors of section 14: whole logs, intact and damaged, with the findings that a verification must end with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from chainlog.canon import codec
from chainlog.record.record import unverified_record
from tools.damaged_logs import (
    BASE,
    LENT,
    LINKS,
    PREV,
    SIGNATURES,
    Finding,
    Logs,
    after_the_end,
    by_a_revoked_key,
    by_one_administrator,
    exchanged,
    fault,
    inspect,
    intact,
    later,
    misplaced,
    no_record,
    on_an_old_base,
    other_event,
    put,
    reworked,
    signed_by_who_was_not_enrolled,
    signed_by_who_was_not_revoked,
    stranger,
    witnessed,
)
from tools.fixed_log import (
    CHIEF,
    CLERK,
    DAY_US,
    KEEPER,
    NAME,
    Growing,
    Sign,
    administrators,
    edited,
    public,
    rebased,
    rechain,
    small_log,
)
from tools.vector_case import Document, document
from tools.vector_logs import RECOVERY, recovery_log, revoke

_HEAD: Finding = ("head-mismatch", None)


def _left(logs: Logs) -> None:
    """Somebody changed the file and left everything else as it was."""
    records, flag = logs.base.records, "left"
    logs.add("nothing was done to it", records, flag="intact")
    logs.add("another time in a record", put(records, 6, later(records[6])), ("altered", 6), flag=flag)
    logs.add("another time in the last record", put(records, 11, later(records[11])), ("altered", 11), flag=flag)
    logs.add("another event in a record", put(records, 4, other_event(records[4])), ("altered", 4), flag=flag)
    two = put(put(records, 4, other_event(records[4])), 8, later(records[8]))
    logs.add("two records changed", two, ("altered", 4), ("altered", 8), flag=flag)
    zeros = edited(records[6], PREV, bytes(32))
    logs.add("a previous hash changed", put(records, 6, zeros), ("altered", 6), flag=flag)
    logs.add("a record that is cut off", put(records, 6, records[6][:-1]), ("malformed", 6), flag=flag)
    version = edited(records[6], 0, 2)
    logs.add("another version in a record", put(records, 6, version), ("malformed", 6), flag=flag)
    logs.add("a record is gone", [*records[:6], None, *records[7:]], ("missing", 6), flag=flag)
    logs.add("two records are gone", [*records[:6], None, None, *records[8:]], ("missing", 6), flag=flag)
    logs.add("a record is gone, the rest moved down", [*records[:6], *records[7:]], ("missing", 6), flag=flag)
    logs.add("two records exchanged", exchanged(records, 4, 7), ("reordered", 4), flag=flag)
    logs.add("two neighbours exchanged", exchanged(records, 4, 5), ("reordered", 4), flag=flag)
    logs.add("a record in another's place", put(records, 8, records[6]), ("duplicate", 8), flag=flag)
    again = [*records[:6], later(records[6]), *records[6:]]
    logs.add("a record put in again with another time, the rest moved up", again, ("duplicate", 6), flag=flag)
    foreign = [*records[:6], stranger(6), *records[6:]]
    logs.add("a foreign record put in, the rest moved up", foreign, ("foreign-data", 6), flag=flag)
    signatures = codec.decode(records[LENT])[SIGNATURES]
    one = put(records, LENT, edited(records[LENT], SIGNATURES, signatures[:1]))
    logs.add("a signature taken away", one, ("altered", LENT), flag=flag)
    logs.add("the genesis changed", put(records, 0, later(records[0])), ("altered", 0), flag=flag)


def _beside(logs: Logs) -> None:
    """Rows above a head that the records below bear out."""
    records, flag = logs.base.records, "left"
    size = len(records)
    logs.add("a record once more after the last one", [*records, records[3]], ("duplicate", size), flag=flag)
    logs.add(
        "a record of another branch after the last one", [*records, stranger(6)], ("foreign-data", size), flag=flag
    )
    far = [*records, None, None, b"nothing"]
    logs.add("bytes that are no record, some slots after the last one", far, ("malformed", size + 2), flag=flag)
    version = edited(records[-1], 0, 2)
    logs.add("a later version after the last one", [*records, version], ("malformed", size), flag=flag)
    before = [*records[:6], edited(records[6], 0, 2), *records[6:]]
    logs.add("a later version put in, the rest moved up", before, ("malformed", 6), flag=flag)


def _rechained(logs: Logs) -> None:
    """Somebody without keys changed the file and made index, chain, links and tables of what follows fit again."""
    records = logs.base.records

    def changed(comment: str, made: Sequence[bytes], start: int, *findings: Finding) -> None:
        logs.add(comment, rechain(made, start=start), *findings, _HEAD, flag="rechained")

    changed("another time in a record", put(records, 6, later(records[6])), 6, ("altered", 6))
    changed("another time in the last record", put(records, 11, later(records[11])), 11, ("altered", 11))
    changed("another event in a record", put(records, 4, other_event(records[4])), 4, ("bad-signature", 4))
    changed("a record taken out", [*records[:6], *records[7:]], 6, ("missing", 6))
    changed("two records exchanged", exchanged(records, 2, 3), 2, ("reordered", 2))
    changed("a record put in again", [*records[:10], records[8], *records[10:]], 10, ("duplicate", 10))
    signatures = codec.decode(records[LENT])[SIGNATURES]
    one = put(records, LENT, edited(records[LENT], SIGNATURES, signatures[:1]))
    changed("a signature taken away", one, LENT, ("missing-signature", LENT))
    zeros = [[*signatures[0][:3], bytes(64)], signatures[1]]
    other = put(records, LENT, edited(records[LENT], SIGNATURES, zeros))
    changed("a signature replaced", other, LENT, ("bad-signature", LENT))
    more = put(records, LENT, witnessed(logs.base, LENT))
    changed("a true signature of somebody more", more, LENT, ("foreign-signature", LENT))
    changed("the genesis changed", put(records, 0, later(records[0])), 0, ("altered", 0))
    refit = rebased(put(records, 6, later(records[6])), start=6)
    first = next(i for i in range(7, len(refit)) if codec.decode(refit[i])[BASE] != codec.decode(records[i])[BASE])
    logs.add(
        "another time in a record, later bases made to fit", refit, ("bad-signature", first), _HEAD, flag="rechained"
    )
    last = Growing(put(records, 11, later(records[11])))
    note = codec.decode(logs.base.head())[3]
    fitted = codec.encode([*codec.decode(last.head())[:3], note])
    comment = "another time in the last record, all of the head but the note made to fit"
    logs.add(comment, last.records, ("altered", 11), _HEAD, flag="rechained", head=fitted)
    shorter = Growing(records[:9])
    logs.add("the last records taken out", shorter.records, ("truncated", 9), flag="rechained")
    logs.add("cut back to an older signed head", shorter.records, flag="undetectable", head=shorter.head())
    anew = Growing(rechain(put(records, 6, later(records[6])), start=6))
    logs.add("another time in a record", anew.records, ("altered", 6), flag="log key", head=anew.head())
    gone = Growing(rechain([*records[:6], *records[7:]], start=6))
    logs.add("a record taken out", gone.records, ("reordered", 6), flag="log key", head=gone.head())


def _heads(logs: Logs) -> None:
    base = logs.base
    head = codec.decode(base.head())

    def stored(comment: str, data: bytes) -> None:
        logs.add(comment, base.records, _HEAD, flag="head", head=data)

    stored("an older head: nobody signed the records above it", Growing(base.records[:8]).head())
    stored("signed by another key", base.head(log_key=KEEPER))
    stored("of a log with another name", base.head(name="draft.other"))
    stored("another size beside the checkpoint", codec.encode([11, *head[1:]]))
    stored("another last hash beside the checkpoint", codec.encode([head[0], bytes(32), *head[2:]]))
    stored("another frontier", codec.encode([*head[:2], bytes(len(head[2])), head[3]]))
    stored("another digit in the checkpoint", codec.encode([*head[:3], head[3].replace(b"\n12\n", b"\n13\n")]))
    stored("no bytes", b"")
    other = sha256(b"another log").digest()
    comment = "the verifier was given another log id"
    logs.add(comment, base.records, ("wrong-log", 0), flag="log id", log_id=other)


def _admitted(logs: Logs) -> None:
    """A writer that doesn't check: everything is signed and chained, and one thing isn't as it must be."""
    nowhere = [(sha256(b"nowhere").digest()[:16], bytes(32))]
    standing = codec.decode(unverified_record(logs.base.records[4]).event)[1]
    later_version = misplaced(0, 2)
    for comment, make, finding, integrity in (
        ("signed with a revoked key", by_a_revoked_key, ("revoked-key", 13), ""),
        ("a draft whose carrier was moved after its base", on_an_old_base, ("stale-draft", 13), ""),
        ("a reference to nothing", fault(refs=nowhere), ("bad-ref", 12), ""),
        ("recorded after its time limit", fault(expires_at_us=1), ("expired", 12), ""),
        ("a base that isn't the record there", fault(seal={"base": (9, bytes(32))}), ("wrong-base", 12), ""),
        ("the base of another log", fault(seal={"base": (0, bytes(32))}), ("wrong-log", 12), ""),
        ("signed for another log", fault(seal={"log_id": bytes(32)}), ("bad-signature", 12), ""),
        ("an id that stands already", fault(event_id=standing), ("duplicate", 12), ""),
        ("links that say there was nothing before", misplaced(LINKS, [[0, 0, bytes(32)]] * 2), ("stale-link", 12), ""),
        ("an enrolment by one administrator", by_one_administrator, ("below-threshold", 12), ""),
        ("the same, and it signs", signed_by_who_was_not_enrolled, ("below-threshold", 12), ""),
        ("a revocation by nobody, and the key signs", signed_by_who_was_not_revoked, ("below-threshold", 12), ""),
        ("a record after the end", after_the_end, ("closed", 13), ""),
        ("a subject that isn't folded", reworked(3, ["p/0056", "u/镇(1)"]), ("not-folded", 12), ""),
        ("a subject too many", reworked(3, ["p/0056", "l/X-2025-01", "u/镇政府"]), ("subjects-mismatch", 12), ""),
        ("bytes that are no record", no_record, ("malformed", 12), ""),
        ("a record of a later version", later_version, ("version-regression", 12), "unreadable"),
        ("a kind of a later release", reworked(0, "checked.inspection/2"), ("unknown-kind", 12), "intact"),
    ):
        log = intact()
        log.push(make(log))
        logs.add(comment, log.records, finding, flag="admitted", head=log.head(), integrity=integrity)


def _remarks(logs: Logs) -> None:
    """What is worth saying of a log that is what it was."""

    def said(comment: str, log: Growing, *findings: Finding) -> None:
        logs.add(comment, log.records, *findings, flag="remark", head=log.head(), integrity="intact", log_id=log.id)

    log = intact()
    log.now_us -= DAY_US
    inspect(log)
    said("the writer's clock went back", log, ("clock", 12))
    log = intact()
    base = (10, codec.decode(log.records[11])[PREV])
    log.now_us += 32 * DAY_US
    inspect(log, seal={"base": base})
    said("a base of the month before, with a record between", log, ("old-base", 12))
    log = intact()
    sent = {"to": "u/省委", "channel": "exchange"}
    log.add("transferred.dispatch", body=sent, people=[("giver", KEEPER, 1)], subjects=["c/87"])
    said("a copy goes out, its document isn't named", log, ("document-not-named", 12))
    log = intact()
    log.push(revoke(log, CLERK, people=administrators(2), doubt_from=6))
    said("a key is in doubt from record 6 on", log, ("doubtful", 6), ("doubtful", 9))
    act = codec.decode(unverified_record(log.records[9]).event)
    people = [("approver", CHIEF, 1)]
    log.add("countersigned", body={}, people=people, subjects=[*act[3], CHIEF], refs=[log.reference(9)])
    said("one of the two acts was countersigned", log, ("doubtful", 6))
    log = recovery_log()
    holders = [Sign("recovery", person, key) for person, key in RECOVERY[:2]]
    people = [("recovery", sign.person, 1) for sign in holders]
    body = {"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost"}
    log.add("revoked", body=body, people=people, signs=holders)
    said("a key revoked by recovery keys", log, ("break-glass", 2))
    said("the log of appendix D", small_log())


def logs() -> Document:
    """Family `log`."""
    base = intact()
    found = Logs(base)
    for part in (_left, _beside, _rechained, _heads, _admitted, _remarks):
        part(found)
    flags = {
        "intact": "nothing was changed",
        "left": "the table `records` was changed, nothing else made to fit",
        "rechained": "indexes, previous hashes, links and tables were made to fit; events, bases and signatures are the old ones",
        "log key": "the same by somebody who has the log key: the head fits as well",
        "undetectable": "only a checkpoint kept outside shows it",
        "head": "the records are intact, the stored head isn't theirs",
        "log id": "the verifier was given the id of another log",
        "admitted": "a record that a writer should have refused, chained and under a signed head",
        "remark": "findings that don't break a log",
    }
    about = (
        "Whole logs. `records`: what stands at key 0, 1, 2 … of the table `records`, in hexadecimal; null for an empty slot; a number "
        "for that record of `base`. `head`: the value `head` of the table of that name; `last` holds its first two elements. The tables "
        "`subjects` and `ids` are those of `base` in cases flagged `left` or `head`, else those of the records that can be decoded; "
        "there are no tiles. `log_id`: what the verifier is given. `findings`: [code, index] of section 14, each pair once; `integrity` "
        "as in 14.1."
    )
    shared = {
        "log_id": base.id.hex(),
        "name": NAME,
        "records": [data.hex() for data in base.records],
        "head": base.head().hex(),
    }
    return document("log", about, found.cases, flags=flags, base=shared)
