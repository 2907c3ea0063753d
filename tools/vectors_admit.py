"""Vectors of section 12: one record more on a log, and every reason why it may not stand. Registry events: `vectors_keys`. Pure."""

from __future__ import annotations

from typing import Any

from chainlog.canon import codec
from tools.fixed_log import (
    CHIEF,
    CLERK,
    DAY_US,
    KEEPER,
    MINUTE_US,
    Sign,
    administrators,
    event_id,
    genesis_signs,
    make_genesis,
    named,
)
from tools.vector_case import Document, document
from tools.vector_logs import DOCUMENT, LENDING, LIST, Cases, after, base_log, lend, record, store
from tools.vectors_administration import administration, geneses, recovery
from tools.vectors_keys import keys, log_key, policies, revocations


def _places(cases: Cases) -> None:
    log = base_log()
    at = cases.on("base", log, "place")
    at("an ordinary record", store(log))
    at("signed on an older base, nothing moved since", store(log, seal=after(4, log)))
    at("signed on record 0, moved since", store(log, seal={"base": (0, log.id)}), "stale-draft")
    at("another hash at the base", store(log, seal={"base": (4, bytes(32))}), "wrong-base")
    at("a base that is the record itself", store(log, seal={"base": (log.size, log.last_hash)}), "wrong-base")
    at("record 0 of another log as base", store(log, seal={"base": (0, bytes(32))}), "wrong-log", "stale-draft")
    at("another log id in the statement", store(log, seal={"log_id": bytes(32)}), "bad-signature")
    links = codec.decode(store(log))[5]
    for comment, link in (
        ("a link one position too low", [0, *links[0][1:]]),
        ("a link to another record", [links[0][0], 3, links[0][2]]),
        ("a link with another hash", [*links[0][:2], bytes(32)]),
        ("no earlier record, though there is one", [0, 0, bytes(32)]),
    ):
        at(comment, store(log, seal={"links": [link, *links[1:]]}), "stale-link")
    at("an id that stands already", store(log, event_id=event_id(1001)), "duplicate")
    at("another index", store(log, seal={"index": log.size + 1}), "reordered")
    at("another previous hash", store(log, seal={"prev_hash": bytes(32)}), "altered")
    opened = make_genesis(event_id=event_id(7))
    second = log.seal(opened.encoded, genesis_signs(opened), now_us=log.now_us)
    at("a second genesis", second, "malformed", "key-reused")
    log = base_log()
    log.add("log_closed", body={"successor": "draft.next"}, people=administrators(2))
    cases.on("closed", log, "place")("a record after the end", store(log), "closed")


def _times(cases: Cases) -> None:
    log = base_log()
    at = cases.on("base", log, "time")
    now = log.now_us + MINUTE_US
    at("recorded in the last moment", store(log, expires_at_us=now))
    at("recorded a microsecond too late", store(log, expires_at_us=now - 1), "expired")
    at("no time limit", store(log, expires_at_us=0), "expired")
    at("31 days after the signature", store(log, expires_at_us=now + 31 * DAY_US))
    at("a microsecond more", store(log, expires_at_us=now + 31 * DAY_US + 1), "expired")
    signs = [Sign("giver", KEEPER, signed_at_us=now - 12 * DAY_US), Sign("receiver", CLERK)]
    at("the earliest signature counts", lend(log, signs=signs, expires_at_us=now + 20 * DAY_US), "expired")
    ahead = [Sign("registrar", KEEPER, signed_at_us=now + 5 * DAY_US)]
    at(
        "signed by a clock that is ahead, 31 days after the record",
        store(log, signs=ahead, expires_at_us=now + 31 * DAY_US),
    )
    at("a microsecond more", store(log, signs=ahead, expires_at_us=now + 31 * DAY_US + 1), "expired")
    commit: dict[str, Any] = {
        "body": {"map_root": bytes(32), "size": 3, "subjects": 9},
        "people": [("log", "s/log", 1)],
    }
    at("a map with a time limit", record(log, "index_committed", expires_at_us=now, **commit), "expired")


def _references(cases: Cases) -> None:
    log = base_log()
    at = cases.on("base", log, "reference")
    people = [("giver", CLERK, 1), ("receiver", KEEPER, 1)]
    back: dict[str, Any] = {"body": {"reason": "loan"}, "people": people, "subjects": ["c/87"]}
    lent = log.reference(6)
    at("the loan that a return closes", record(log, "returned.to_keeper", refs=[lent], **back))
    at("an id that stands nowhere", record(log, "returned.to_keeper", refs=[(event_id(9), lent[1])], **back), "bad-ref")
    other = [(lent[0], bytes(32))]
    at("the right id, another event hash", record(log, "returned.to_keeper", refs=other, **back), "bad-ref")
    at("the carrier was lent after the base", lend(log, carrier="c/87", seal=after(5, log)), "stale-draft")
    covered = record(log, "returned.to_keeper", seal=after(5, log), refs=[lent], **back)
    at("the same, with that loan among the references", covered)
    people = [("supervisor", KEEPER, 1), ("supervisor", CLERK, 1)]
    deed: dict[str, Any] = {"body": {"method": "pulp"}, "people": people, "subjects": ["c/88", DOCUMENT, LIST]}
    at("a deed on a list", record(log, "destroyed.carriers", **deed))
    at("the list was made after the base", record(log, "destroyed.carriers", seal=after(4, log), **deed), "stale-draft")
    people = [("reader", CLERK, 1), ("registrar", KEEPER, 1)]
    read = record(log, "accessed.read", body={"how": "read"}, people=people, subjects=["c/87"], seal=after(4, log))
    at("reading moves nothing, so its base may be old", read)
    _targets(cases)


def _targets(cases: Cases) -> None:
    log = base_log()
    at = cases.on("base", log, "reference")
    lent = log.reference(6)
    people = [("registrar", KEEPER, 1), ("approver", CHIEF, 1)]
    void: dict[str, Any] = {"body": {"reason": "误登"}, "people": people}
    whole = ["c/87", KEEPER, CLERK, CHIEF]
    at("an act is voided", record(log, "corrected.void", refs=[lent], subjects=whole, **void))
    lacking = ["c/87", KEEPER, CHIEF]
    short = record(log, "corrected.void", refs=[lent], subjects=lacking, **void)
    at("a person of the voided act is left out", short, "subjects-mismatch")
    more = record(log, "corrected.void", refs=[lent], subjects=[*whole, "c/88"], **void)
    at("a carrier too many", more, "subjects-mismatch")
    at("a void without reference", record(log, "corrected.void", subjects=whole, **void), "subjects-mismatch")
    two = sorted([lent, log.reference(5)])
    both = record(log, "corrected.void", refs=two, subjects=whole, **void)
    at("a void of two acts", both, "subjects-mismatch")
    key = log.reference(1)
    subjects = codec.decode(codec.decode(log.records[1])[6])[3]
    counter = record(
        log, "countersigned", body={}, people=[("approver", CHIEF, 1)], refs=[key], subjects=[*subjects, CHIEF]
    )
    at("an enrolment is countersigned", counter)


def _signatures(cases: Cases) -> None:
    log = base_log()
    at = cases.on("base", log, "signature")
    event = log.event("transferred.lend", body={"purpose": "x", "depth": "read"}, people=LENDING, subjects=["c/88"])
    both = named(event)

    def made(*signs: Sign, **rest: Any) -> bytes:
        return log.seal(event.encoded, signs, now_us=log.now_us, **rest)

    at("both sign", made(*both))
    at("one of two signs", made(both[0]), "missing-signature")
    at("somebody signs who isn't named", made(*both, Sign("witness", CHIEF)), "foreign-signature")
    wrong = made(both[0], Sign("receiver", KEEPER))
    at("a named person signs in another role", wrong, "foreign-signature", "missing-signature")
    at("a key that nobody enrolled", made(both[0], Sign("receiver", CLERK, "p/9999")), "unknown-key")
    foreign = made(both[0], Sign("receiver", CLERK, "p/A1"))
    at("an administrator's key in a person's role", foreign, "unknown-key", "missing-signature")
    at("a role that isn't on the list", made(*both, Sign("lender", CHIEF)), "foreign-signature")
    at("the same, by an unknown key", made(*both, Sign("lender", CHIEF, "p/9999")), "unknown-key")
    first, second = (list(signature) for signature in codec.decode(made(*both))[7])
    flipped = [*first[:3], first[3][:63] + bytes([first[3][63] ^ 1])]
    at("a flipped bit in a signature", made(*both, signatures=[flipped, second]), "bad-signature")
    later = [*first[:2], first[2] + 1, first[3]]
    at("another time beside the signature", made(*both, signatures=[later, second]), "bad-signature")
    swapped = [[*first[:3], second[3]], [*second[:3], first[3]]]
    at("two signatures swapped", made(*both, signatures=swapped), "bad-signature")
    nobody = [("giver", KEEPER, 0), ("receiver", CLERK, 0)]
    stated = store(log, people=nobody, signs=[Sign("giver", KEEPER)])
    at("nobody is named to sign, somebody does", stated, "unsigned")
    unknown = codec.decode(event.encoded)
    unknown[0] = "transferred.lend/2"
    at("a kind of a later release", log.seal(codec.encode(unknown), both, now_us=log.now_us), "unknown-kind")


def admissions() -> Document:
    """Family `admit`."""
    cases = Cases()
    for part in (
        _places,
        _times,
        _references,
        _signatures,
        keys,
        revocations,
        administration,
        recovery,
        log_key,
        policies,
        geneses,
    ):
        part(cases)
    logs = {name: [data.hex() for data in log.records] for name, log in cases.logs.items()}
    flags = {
        "place": "index, base, links, id (2.5, 2.6, 2.10)",
        "time": "expiry (2.8)",
        "reference": "references and stale drafts (2.7, 2.12, 3.3)",
        "signature": "people and signatures (2.9, 5.3)",
        "keys": "enrolment, revocation, erasure (5.2, 5.4)",
        "administrators": "thresholds (5.4)",
        "recovery": "recovery keys (5.4)",
        "log key": "the log's key and maps (5.4, 5.5)",
        "policy": "policies (5.6)",
        "genesis": "record 0 (5.1)",
    }
    about = (
        "A record that is to be the next one of the log `log`, whose records stand under `logs`. `codes`: every code of "
        "appendix B that it deserves, each once; none if it may stand. The log id is the record hash of the log's first record."
    )
    return document("admit", about, cases.found, flags=flags, logs=logs)
