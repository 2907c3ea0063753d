"""Two persons who sign together: what is tried to have one count for two, or two sign what they didn't see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chainlog.event.model import CheckedEvent
from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.log.drafting import whole_of
from chainlog.log.handle import propose
from chainlog.log.request import Receipt
from chainlog.record.draft import Draft
from chainlog.record.record import unverified_record
from tests.attacks.answers import BEYOND, Answer, attack, beyond, found, is_found, is_refused, refused, same
from tests.attacks.deeds import DEED, SHREDDED, SUPERVISORS, deed, destroys, listed, stocked
from tests.attacks.signing import (
    TWO,
    breach,
    drafted,
    enrolment,
    guarded,
    log_at,
    revocation,
    size_of,
    state_of,
    visit,
    with_signatures,
)  # fmt: skip
from tests.builders import ADMINISTRATORS, SmallLog
from tests.damage import rechain, rows_of
from tests.forger import DAY_US, Forger, sign_well
from tests.offices import Office
from tests.signers import signer


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    made = log_at(tmp_path / "log")
    yield made
    made.handle.close()


# --- one for two ----------------------------------------------------------------------------------------


@attack(
    "TP01", "One person supervises twice: with a second key, or with the same key two times", "K",
    is_found("DES-3"), is_refused("forbidden", "DES-3"), is_refused("malformed"), is_found("malformed"),
    note="That a key signs once is a matter of the format, how many persons are enough one of rules",
)  # fmt: skip
def test_one_person_supervises_twice(tmp_path: Path, log: SmallLog) -> list[Answer]:
    def supervised(office: Office) -> int:
        people = [("supervisor", "p/李敏", 2)]
        event = office.handle.prepare(DEED, body=SHREDDED, people=people, subjects=["c/1"])
        return office.handle.append(propose(event, {"p/李敏": [signer("p/李敏"), signer("second")]})).index

    offices = [stocked(one) for one in (Office(), guarded({}, "DES-3"))]
    for office in offices:
        office.log.enrol("p/李敏", key=signer("second"))
    twice = drafted(log, visit(log, [("operator", "p/C", 2)]))
    again = twice._replace(signatures=(twice.signatures[0],) * 2)
    forger = Forger()
    index = forger.add(
        forger.event(DEED, [("supervisor", "p/C", 2)], body=SHREDDED, subjects=["c/9"]), by=[("supervisor", "p/C")]
    )
    rows = rows_of(forger.tables)
    rows[index] = with_signatures(rows[index], lambda made: [made[0], made[0]])
    rechain(forger.tables, rows, len(rows))
    forger.rows = rows
    return [
        breach(offices[0], "DES-3", "c/1", supervised(offices[0])),
        refused(lambda: supervised(offices[1]), state=size_of(offices[1])),
        same(refused(lambda: log.handle.append(one), state=state_of(log)) for one in (twice, again)),
        found(forger.write(tmp_path / "forged"), "malformed", index=index, log_id=forger.log_id),
    ]


@attack(
    "TP02", "One key stands for both supervisors under two names", "K",
    is_refused("key-reused"), is_found("key-reused"), is_refused("unknown-key"), is_refused("malformed"),
)  # fmt: skip
def test_one_key_under_two_names(tmp_path: Path, log: SmallLog) -> list[Answer]:
    shared = signer("p/Z").public_key
    body = enrolment(log.handle.id, "p/Z2", shared, by="p/Z")
    forger = Forger()
    index = forger.add(forger.event("enrolled", TWO, body=enrolment(forger.log_id, "p/Z2", shared, by="p/Z")))
    two = {"supervisor": ["p/Z", "p/Z2"]}
    stranger = drafted(log, deed(log, ["c/1"], two), by=["p/Z", "p/Z2"])
    both = drafted(log, deed(log, ["c/1"], two), by=["p/Z", "p/Z"])
    return [
        refused(lambda: log.administer("enrolled", body), state=state_of(log)),
        found(forger.write(tmp_path / "forged"), "key-reused", index=index, log_id=forger.log_id),
        refused(lambda: log.handle.append(stranger), state=state_of(log)),
        refused(lambda: log.handle.append(both), state=state_of(log)),
    ]


@attack(
    "TP03", "Who supervises is who destroys; who takes over is who gives", "K",
    is_found("DES-3"), is_refused("forbidden", "DES-3"), is_found("TRN-4"),
    note="Giving to oneself what one has changes nothing; giving oneself what another has is found",
)  # fmt: skip
def test_one_person_on_both_sides() -> list[Answer]:
    office, strict = stocked(Office()), stocked(guarded({}, "DES-3"))
    both = breach(office, "DES-3", "c/1", destroys(office, "c/1", operator="李敏"))
    taken = office.tell(
        "06-12 10:00", "transferred.circulate", on=["c/2"], who={"giver": "陈", "receiver": "陈"}, mode="face_to_face"
    )
    return [
        both,
        refused(lambda: destroys(strict, "c/1", operator="李敏"), state=size_of(strict)),
        breach(office, "TRN-4", "c/2", taken),
    ]


@attack(
    "TP04", "Two signatures by one key are to reach a threshold: of administrators, or of the two who erase", "K",
    is_refused("malformed"), is_refused("unknown-key"), is_refused("below-threshold"), is_found("below-threshold"),
    note="Persons are counted, each once",
)  # fmt: skip
def test_one_key_counts_once(tmp_path: Path, log: SmallLog) -> list[Answer]:
    # A1 with a key of his own for acts, which is no administrator's.
    others = {person: signer(person) for person in ADMINISTRATORS[1:]}
    body = enrolment(log.handle.id, "p/A1", signer("second").public_key, by="second")
    log.handle.record_event("enrolled", body=body, people={"administrator": list(others)}, signers=others)
    end = log.handle.prepare("log_closed", body={"successor": "none"}, people=[("administrator", "p/A1", 2)])
    once, second = drafted(log, end), drafted(log, end, by=["p/A1", "second"])
    sealed = {"sealed": bytes(range(32))}
    act = log.record("accessed.entered", {"operator": "p/C"}, body={"note": sealed}, subjects=["w/1"])
    same = {"registrar": "p/Z", "approver": "p/Z"}
    erased = log.handle.prepare("erased", body={"path": "note", "reason": "到期"}, people=same, refs=[act.event_id])
    forger = Forger()
    index = forger.add(forger.event("log_closed", {"administrator": ["p/A1"]}, body={"successor": "none"}))
    return [
        refused(lambda: log.handle.append(once), state=state_of(log)),
        refused(lambda: log.handle.append(second), state=state_of(log)),
        refused(lambda: log.handle.append(drafted(log, erased)), state=state_of(log)),
        found(forger.write(tmp_path / "forged"), "below-threshold", index=index, log_id=forger.log_id),
    ]


# --- what both signed -------------------------------------------------------------------------------------


@attack(
    "TP05",
    "A supervisor's signature is copied from another destruction",
    "K",
    is_refused("bad-signature"),
    is_found("bad-signature"),
)
def test_a_supervisors_signature_of_another_list(tmp_path: Path, log: SmallLog) -> list[Answer]:
    at_us = log.clock()
    first, second = (drafted(log, deed(log, [carrier, "l/1"]), at_us=at_us) for carrier in ("c/1", "c/2"))
    copied = second._replace(signatures=(first.signatures[0], second.signatures[1]))
    forger = Forger()
    one = forger.add(forger.event(DEED, SUPERVISORS, body=SHREDDED, subjects=["c/9"]))
    stolen = {key: signature for _, key, _, signature in unverified_record(forger.rows[one]).signatures}

    def sign(name: str, message: bytes) -> bytes:
        return stolen[signer(name).public_key] if name == "p/Z" else sign_well(name, message)

    index = forger.add(forger.event(DEED, SUPERVISORS, body=SHREDDED, subjects=["c/8"]), sign=sign)
    return [
        refused(lambda: log.handle.append(copied), state=state_of(log)),
        found(forger.write(tmp_path / "forged"), "bad-signature", index=index, log_id=forger.log_id),
    ]


def half_signed(log: SmallLog, event: CheckedEvent) -> Draft:
    """The draft of a destruction with the first signature."""
    return log.handle.draft(event).sign(signer("p/C"), role="supervisor", person="p/C", signed_at_us=log.clock())


def completed(log: SmallLog, draft: Draft) -> Draft:
    """The draft with the second signature too."""
    return draft.sign(signer("p/Z"), role="supervisor", person="p/Z", signed_at_us=log.clock())


@attack(
    "TP06", "After the first supervisor signed, the act is changed before the second signs; or the list that it is done by", "KA",
    is_refused("bad-signature"), is_refused("stale-draft"),
)  # fmt: skip
def test_a_list_is_changed_between_two_signatures(log: SmallLog) -> list[Answer]:
    def add(*carriers: str) -> Receipt:
        items = [{"carrier": carrier} for carrier in carriers]
        body = {"purpose": "destroy", "items": items, "total": len(items)}
        return log.record("listed.added", {"registrar": "p/L"}, body=body, subjects=[*carriers, "l/1"])

    add("c/1")
    draft = half_signed(log, deed(log, ["c/1", "l/1"]))
    longer = completed(
        log, draft._replace(event=deed(log, ["c/1", "c/2", "l/1"], event_id=draft.checked_event().event.id).encoded)
    )
    changed = refused(lambda: log.handle.append(longer), state=state_of(log))
    add("c/2")
    return [changed, refused(lambda: log.handle.append(completed(log, draft)), state=state_of(log))]


@attack(
    "TP07", "One carrier of a destruction is put in the place of another, their number staying as it is: in the signed act, or in the "
    "list after it was approved", "K", is_refused("bad-signature"), is_found("bad-signature"), is_found("DES-1"),
    note="Signatures cover every carrier by name, and an approval the digest of all that the list holds",
)  # fmt: skip
def test_a_carrier_is_swapped_for_another(tmp_path: Path, log: SmallLog) -> list[Answer]:
    event = deed(log, ["c/1", "c/2", "l/1"])
    other = deed(log, ["c/1", "c/3", "l/1"], event_id=event.event.id)
    swapped = drafted(log, event)._replace(event=other.encoded)
    forger = Forger()
    index = forger.add(forger.event(DEED, SUPERVISORS, body=SHREDDED, subjects=["c/9"]))
    event = forger.event(DEED, SUPERVISORS, body=SHREDDED, subjects=["c/8"], event_id=bytes(15) + bytes([index]))
    rows = rows_of(forger.tables)
    record = unverified_record(rows[index])
    rows[index] = rows[index].replace(record.event, event.encoded)
    rechain(forger.tables, rows, index)
    forger.rows = rows_of(forger.tables)

    office = stocked(Office())
    listed(office, "c/1", "c/2")
    office.tell(
        "06-03 09:00", "decided.permit", on=["l/1"], who={"approver": "何副书记", "proposer": "李敏"}, step="approved", act="destroy",
        whole=whole_of(["c/1", "c/2"]), count=2,
    )  # fmt: skip
    office.tell("06-04 09:00", "listed.withdrawn", on=["c/1", "l/1"], who={"registrar": "李敏"}, reason="留用")
    listed(office, "c/3", at="06-04 09:10")
    return [
        refused(lambda: log.handle.append(swapped), state=state_of(log)),
        found(forger.write(tmp_path / "forged"), "bad-signature", index=index, log_id=forger.log_id),
        breach(office, "DES-1", "l/1", destroys(office, "c/2", "c/3", "l/1")),
    ]


@attack("TP08", "A supervisor's key is revoked between his signature and the append", "K", is_refused("revoked-key"))
def test_a_key_is_revoked_before_the_append(log: SmallLog) -> Answer:
    drafts = [completed(log, half_signed(log, deed(log, [carrier]))) for carrier in ("c/1", "c/2")]
    log.handle.append(drafts[0])
    log.administer("revoked", revocation("p/C"))
    return refused(lambda: log.handle.append(drafts[1]), state=state_of(log))


@attack(
    "TP09", "A half-signed act is kept, and completed weeks later", "K",
    is_refused("stale-draft"), is_refused("expired"), is_refused("bad-signature"), is_refused("expired"),
    note="No act can state a longer life than 31 days from its first signature",
)  # fmt: skip
def test_a_half_signed_act_is_used_later(log: SmallLog) -> list[Answer]:
    moved, kept = (half_signed(log, deed(log, [carrier])) for carrier in ("c/1", "c/2"))
    long = half_signed(log, deed(log, ["c/3"], expires_at_us=log.clock.now_us + 60 * DAY_US))
    log.record("transferred.store", {"registrar": "p/L"}, subjects=["c/1"])
    answers = [refused(lambda: log.handle.append(completed(log, moved)), state=state_of(log))]
    log.clock.now_us += 40 * DAY_US
    answers.append(refused(lambda: log.handle.append(completed(log, kept)), state=state_of(log)))
    prolonged = deed(log, ["c/2"], event_id=kept.checked_event().event.id)
    later = completed(log, kept._replace(event=prolonged.encoded))
    answers.append(refused(lambda: log.handle.append(later), state=state_of(log)))
    return [*answers, refused(lambda: log.handle.append(completed(log, long)), state=state_of(log))]


# --- two who are one, or of one mind ---------------------------------------------------------------------


@attack(
    "TP10", "One operator signs for both supervisors with both key files, on one machine, within a second", "CK", BEYOND,
    note="A report counts what was signed within a second; times of signing are what machines say, and which machine it was is not recorded",
)  # fmt: skip
def test_one_operator_with_both_key_files(tmp_path: Path, log: SmallLog) -> Answer:
    at_us = log.clock()
    receipt = log.handle.append(drafted(log, deed(log, ["c/1"]), at_us=at_us))
    signed = log.handle.reader.read(receipt.index).record.signatures
    assert [signed_at for _, _, signed_at, _ in signed] == [at_us, at_us]
    assert audit(tmp_path / "log", log_id=log.handle.id).integrity == "intact"
    assert Log(log.store, clock=log.clock).report(verify=False).figures.at_once == 1
    return beyond("One human being as two persons", "holding two persons' key files")


@attack(
    "TP11",
    "Two persons sign together what didn't happen",
    "C",
    BEYOND,
    note="A report says who supervises with whom most often",
)
def test_two_persons_agree_on_a_lie(tmp_path: Path, log: SmallLog) -> Answer:
    log.record(DEED, SUPERVISORS, body=SHREDDED, subjects=["c/1"])
    assert audit(tmp_path / "log", log_id=log.handle.id).integrity == "intact"
    # Who they were stands in the history of each; and the report says who supervises with whom.
    figures = Log(log.store, clock=log.clock).report(verify=False).figures
    assert (figures.groups, figures.usual, figures.usual_times) == (1, ("p/C", "p/Z"), 1)
    for person in SUPERVISORS["supervisor"]:
        assert log.handle.reader.history(person)[0].kind == DEED
    return beyond("Collusion", "The log shows who they are")
