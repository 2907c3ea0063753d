"""Vectors of section 5: keys, revocations, the log's key, policies, erasure. Pure."""

from __future__ import annotations

from typing import Any

from tools.fixed_log import CHIEF, CLERK, KEEPER, administrators, public
from tools.vector_logs import Cases, after, base_log, enrol, lend, record, revoke


def keys(cases: Cases) -> None:
    """Enrolment."""
    log = base_log()
    at = cases.on("base", log, "keys")
    at("two administrators enrol a key", enrol(log, "p/0078"))
    at("a second key of one person", enrol(log, KEEPER, key=KEEPER + "#2"))
    at("one administrator", enrol(log, "p/0078", people=administrators(1)), "below-threshold")
    at("an administrator gains a key and doesn't count", enrol(log, "p/A2", key="p/A2#2"), "below-threshold")
    others = [("administrator", "p/A1", 1), ("administrator", "p/A3", 1)]
    at("two others enrol it", enrol(log, "p/A2", key="p/A2#2", people=others))
    at("a person enrols himself", enrol(log, "p/0078", people=[("operator", KEEPER, 1)]), "below-threshold")
    at("a key that is enrolled already", enrol(log, KEEPER), "key-reused")
    at("the same for another person", enrol(log, "p/0078", key=KEEPER), "key-reused")
    at("an administrator's key", enrol(log, "p/A3", key="p/A3"), "key-reused")
    elsewhere = log.proof("p/0078", "p/0078", log_id=bytes(32))
    at("the proof was made for another log", enrol(log, "p/0078", proof=elsewhere), "bad-key")
    other = log.proof("p/0079", "p/0078")
    at("the proof was made for another person", enrol(log, "p/0078", proof=other), "bad-key")
    weak = {"person": "p/0078", "key": (1, b"\x01" + bytes(31)), "proof": bytes(64)}
    at("a key of small order", record(log, "enrolled", body=weak, people=administrators(2)), "bad-key")
    _erasures(cases)


def _erasures(cases: Cases) -> None:
    log = base_log()
    commitment = {"sealed": bytes(range(32))}
    examined = {
        "reason": "other",
        "passed": True,
        "note": commitment,
        "stated": [["giver", commitment]],
        "late_reason": "出差",
    }
    act = log.add("checked.carrier", body=examined, people=[("operator", KEEPER, 1)], subjects=["c/88"])
    at = cases.on("sealed", log, "keys")
    erased: dict[str, Any] = {"body": {"path": "note", "reason": "超期"}, "refs": [log.reference(act)]}
    subjects = ["c/88", KEEPER]
    two = [("registrar", KEEPER, 1), ("approver", CHIEF, 1)]
    at("an erasure by two", record(log, "erased", people=two, subjects=[*subjects, CHIEF], **erased))
    for path, codes in {
        "stated.0.1": (),
        "late_reason": ("bad-ref",),
        "stated.0": ("bad-ref",),
        "place": ("bad-ref",),
    }.items():
        body = {"path": path, "reason": "超期"}
        data = record(log, "erased", people=two, subjects=[*subjects, CHIEF], **{**erased, "body": body})
        at(f"an erasure of {path}, which is {'not ' if codes else ''}sealed", data, *codes)
    one = [("registrar", KEEPER, 1), ("approver", KEEPER, 1)]
    alone = record(log, "erased", people=one, subjects=subjects, **erased)
    at("an erasure by one person in two roles", alone, "below-threshold")


def revocations(cases: Cases) -> None:
    """Revocation, and what it does."""
    log = base_log()
    at = cases.on("base", log, "keys")
    owner = [("operator", CLERK, 1)]
    at("two administrators revoke a key", revoke(log, CLERK, people=administrators(2), doubt_from=2))
    at("the owner revokes the key", revoke(log, CLERK, people=owner))
    at("the owner declares doubt", revoke(log, CLERK, people=owner, doubt_from=2), "below-threshold")
    at("the owner declares doubt from 0", revoke(log, CLERK, people=owner, doubt_from=0), "below-threshold")
    at("somebody else revokes it", revoke(log, CLERK, people=[("operator", KEEPER, 1)]), "below-threshold")
    at("a key of somebody else", revoke(log, CLERK, key=KEEPER, people=administrators(2)), "unknown-key")
    at("a key that nobody has", revoke(log, CLERK, key="p/9999", people=administrators(2)), "unknown-key")
    future = revoke(log, CLERK, people=administrators(2), doubt_from=log.size + 1)
    at("doubt from a record that doesn't stand yet", future, "malformed")
    log = base_log()
    log.push(revoke(log, CLERK, people=administrators(2), doubt_from=6))
    at = cases.on("revoked", log, "keys")
    at("signed with a revoked key", lend(log), "revoked-key")
    at("signed on a base before the revocation: the index decides", lend(log, seal=after(6, log)), "revoked-key")
    at("revoked twice", revoke(log, CLERK, people=administrators(2)), "revoked-key")
    at("a revoked key comes back", enrol(log, CLERK), "key-reused")
    subjects = ["c/87", KEEPER, CLERK, CHIEF]
    people = [("registrar", CHIEF, 1)]
    counter = record(log, "countersigned", body={}, people=people, subjects=subjects, refs=[log.reference(6)])
    at("a doubtful act is countersigned", counter)


def log_key(cases: Cases) -> None:
    """The log's key, and what it alone signs."""
    log = base_log()
    at = cases.on("base", log, "log key")

    def change(
        *, old: str = "log", new: str = "log#2", proof: str = "log#2", signed: bool = True, **body: Any
    ) -> bytes:
        stated = {"old": (1, public(old)), "new": (1, public(new)), "proof": log.proof("s/log", proof), **body}
        people = [*administrators(2), *([("log", "s/log", 1)] if signed else [])]
        return record(log, "log_key_changed", body=stated, people=people)

    at("the old log key signs the change", change())
    at("the old log key doesn't sign", change(signed=False), "below-threshold")
    at("it is lost", change(signed=False, lost=True))
    at("the proof is another key's", change(proof="log"), "bad-key")
    at("a person's key as the log's", change(new=KEEPER, proof=KEEPER), "key-reused")
    at("another key as the old one", change(old="p/9999"), "unknown-key")
    at("the log commits to a map", _map(log, 3))
    at("a map of more records than there are", _map(log, log.size + 1), "malformed")
    log = base_log()
    log.push(_map(log, 3))
    people = [("registrar", CHIEF, 1)]
    log.add("countersigned", body={}, people=people, subjects=["s/map", CHIEF], refs=[log.reference(7)])
    at = cases.on("map countersigned", log, "log key")
    at("a map of the same size again", _map(log, 3), "malformed")
    at("a larger map, after a countersignature of the last one", _map(log, 5))


def _map(log: Any, size: int) -> bytes:
    body = {"map_root": bytes(32), "size": size, "subjects": 9}
    return record(log, "index_committed", body=body, people=[("log", "s/log", 1)])


def policies(cases: Cases) -> None:
    """What integrity asks of a policy."""
    log = base_log()
    at = cases.on("base", log, "policy")

    def adopt(parameters: Any, *, refuse: Any = (), count: int = 2) -> bytes:
        body = {"profile": "x", "version": "1", "effective_at": 0, "parameters": parameters, "refuse": list(refuse)}
        return record(log, "policy_adopted", body=body, people=administrators(count))

    cap, stamp = ["cap.绝密", ["30年"]], ["copy.stamp", ["no"]]
    later = [["min.supervisors", ["3"]], ["whatever.comes.later", ["x"]]]
    at("a policy", adopt(later, refuse=["DES-1"]))
    at("one supervisor", adopt([["min.supervisors", ["1"]]]), "bad-policy")
    at("a parameter twice", adopt([stamp, ["copy.stamp", ["yes"]]]), "bad-policy")
    at("sorted by length, then bytes", adopt([cap, stamp]))
    at("not sorted", adopt([stamp, cap]), "bad-policy")
    at("a parameter without value", adopt([["copy.stamp", []]]), "bad-policy")
    at("refuse isn't sorted", adopt([], refuse=["DES-3", "DES-1"]), "bad-policy")
    at("adopted by one", adopt([], count=1), "below-threshold")
