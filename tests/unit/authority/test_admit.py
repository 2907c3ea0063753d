"""Every reason for which a record may not stand, and beside it the record that differs least and may."""

from __future__ import annotations

import pytest

from chainlog import digest, limits
from chainlog.authority.admit import admit, key_problem
from chainlog.authority.state import Authority, ViewAuthority
from chainlog.canon import codec
from chainlog.codes import CODES
from chainlog.errors import (
    DraftExpiredError,
    DuplicateIdError,
    FormatError,
    HeadMovedError,
    RefusedError,
    SignatureError,
    UnknownKindError,
)
from chainlog.event.compose import compose
from chainlog.log.request import Proposal
from chainlog.record import keys
from chainlog.record.draft import Draft, DraftSignature
from chainlog.record.record import check_record
from chainlog.store.memory import MemoryStore
from tests.builders import T0, made_genesis, small_log
from tests.hand import codes_of, event_of, folded, named, nothing_written, problems_of, seal, seal_on, signatures_of
from tests.signers import signer
from tools.fixed_log import Growing

DAY = 86_400_000_000
Z = [("registrar", signer("p/Z"))]


@pytest.fixture
def log():
    log = small_log()
    items = [{"carrier": f"c/{n}", "form": "document"} for n in (1, 2, 3)]
    log.record("created.entered", {"registrar": "p/Z"}, body={"level": "秘密", "reason": "other", "items": items})
    return log


def stored(log, carrier="c/1", **rest):
    """An event that moves one carrier, to be signed by p/Z."""
    people = {"registrar": "p/Z"}
    return log.handle.prepare("transferred.store", **{"body": {}, "people": people, "subjects": [carrier], **rest})


def checked_out(log, people, carrier="c/1", **rest):
    """An event that moves nothing; *people* as (role, person, signs)."""
    body = {"reason": "other", "passed": True}
    return log.handle.prepare("checked.carrier", **{"body": body, "people": people, "subjects": [carrier], **rest})


def keyed(event, owners=None):
    """(role, signer) for everybody whom *event* names to sign, with the key of that name."""
    return [(role, signer(person)) for role, person in named(event.event.people)]


def refused(log, event, signers, finding):
    """A writer that signs here refuses it for *finding*, and writes nothing."""
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        log.handle.append(Proposal(event, tuple((role, "", key) for role, key in signers)))
    assert caught.value.finding == finding
    assert caught.value.finding in CODES


def drafted(log, event, signers, *, base=None, at_us=None, log_id=None):
    """A draft signed by whoever claims to be those whom the event names, as a file from elsewhere may be."""
    draft = log.handle.draft(event)
    at_us, base, log_id = at_us or log.clock(), base or draft.base, log_id or draft.log_id
    made = signatures_of(event.encoded, signers, log_id=log_id, base=base, at_us=at_us)
    return Draft(log_id, base, event.encoded, claimed(event, made))


def claimed(event, signatures):
    free = named(event.event.people)
    found = []
    for role, key, at_us, signature in signatures:
        person = next((person for wanted, person in free if wanted == role), "p/Z")
        if (role, person) in free:
            free.remove((role, person))
        found.append(DraftSignature(role, person, key, at_us, signature))
    return tuple(sorted(found, key=codec.encode))


# --- place -------------------------------------------------------------------------------------


def test_a_good_record_may_stand_whoever_sealed_it(log):
    event = stored(log)
    assert codes_of(log, seal_on(log, event, Z)) == []
    assert log.handle.append(Proposal(event, (("registrar", "p/Z", signer("p/Z")),))).index == 5


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("reordered", {"index": 4}),
        ("reordered", {"index": 6}),
        ("altered", {"prev_hash": bytes(32)}),
        ("altered", {"prev_hash": b"\1" * 32}),
    ],
)
def test_another_place_than_the_next(log, code, fields):
    assert codes_of(log, seal_on(log, stored(log), Z, **fields)) == [code]


def test_only_the_first_record_opens_the_log(log):
    genesis = made_genesis(event_id=b"\1" * 16)
    signers = [(role, signer("log" if role == "log" else person)) for role, person in named(genesis.event.people)]
    assert "malformed" in codes_of(log, seal_on(log, genesis, signers))
    with nothing_written(log), pytest.raises(RefusedError):
        log.handle.append(Proposal(genesis, tuple((role, "", key) for role, key in signers)))
    with MemoryStore().snapshot() as empty:
        first = seal(empty, stored(log), Z, log_id=digest.ZERO, at_us=T0)
        found = admit(first, ViewAuthority(empty), empty, log_id=digest.ZERO, verify=keys.verify)
    assert [p.code for p in found] == ["malformed", "unknown-key"]


@pytest.mark.parametrize("later", ["stored", "administered"])
def test_nothing_follows_the_end(log, later):
    log.administer("log_closed", {"successor": "none"})
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        if later == "stored":
            log.record("transferred.store", {"registrar": "p/Z"}, subjects=["c/1"])
        else:
            log.administer("log_closed", {"successor": "another"})
    assert caught.value.finding == "closed"
    assert codes_of(log, seal_on(log, stored(log), Z)) == ["closed"]


def test_nothing_follows_the_end_in_the_same_block(log):
    end = log.handle.prepare("log_closed", body={"successor": "none"}, people={"administrator": ["p/A1", "p/A2"]})
    both = Proposal(end, tuple(("administrator", p, signer(p)) for p in ("p/A1", "p/A2")))
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        log.handle.append_many([both, Proposal(stored(log), (("registrar", "", signer("p/Z")),))])
    assert caught.value.finding == "closed"
    assert log.handle.append_many([Proposal(stored(log), (("registrar", "", signer("p/Z")),)), both])[1].index == 6


def test_an_id_stands_once(log):
    event = stored(log)
    first = log.handle.append(Proposal(event, (("registrar", "", signer("p/Z")),)))
    # The same event again is answered with the first receipt; another one under its id is refused.
    with nothing_written(log):
        again = log.handle.append(Proposal(event, (("registrar", "", signer("p/Z")),)))
        assert (again.index, again.record_hash, again.existed) == (first.index, first.record_hash, True)
        with pytest.raises(DuplicateIdError) as caught:
            log.record("transferred.store", {"registrar": "p/Z"}, subjects=["c/2"], event_id=event.event.id)
        assert (caught.value.index, caught.value.event_id) == (first.index, event.event.id)
    assert codes_of(log, seal_on(log, event, Z)) == ["duplicate"]


# --- base, links -------------------------------------------------------------------------------


def test_any_record_before_it_may_be_the_base(log):
    with log.store.snapshot() as snapshot:
        hashes = [digest.record_hash(snapshot.record(index)) for index in range(snapshot.size)]
    event = checked_out(log, [("operator", "p/Z", 1)])
    for index, record_hash in enumerate(hashes):
        assert codes_of(log, seal_on(log, event, keyed(event), base=(index, record_hash))) == []


def test_another_base(log):
    with log.store.snapshot() as snapshot:
        last = snapshot.last_hash
    event = checked_out(log, [("operator", "p/Z", 1)])
    cases = {(5, last): "wrong-base", (10**9, last): "wrong-base", (3, last): "wrong-base", (4, bytes(32)): "wrong-base",
             (0, bytes(32)): "wrong-log", (0, last): "wrong-log"}  # fmt: skip
    for base, code in cases.items():
        assert codes_of(log, seal_on(log, event, keyed(event), base=base)) == [code]
        with nothing_written(log), pytest.raises(RefusedError) as caught:
            log.handle.append(drafted(log, event, keyed(event), base=base))
        assert caught.value.finding == code


def test_the_genesis_has_no_base():
    event = made_genesis()
    signers = [(role, signer("log" if role == "log" else person)) for role, person in named(event.event.people)]
    with MemoryStore().snapshot() as empty:
        authority = ViewAuthority(empty)
        for base, codes in {
            (0, digest.ZERO): [],
            (0, b"\1" * 32): ["wrong-base"],
            (1, digest.ZERO): ["wrong-base"],
        }.items():
            record = seal(empty, event, signers, log_id=digest.ZERO, at_us=T0, base=base)
            found = admit(record, authority, empty, log_id=b"ignored", verify=keys.verify)
            assert [problem.code for problem in found] == codes


def test_a_draft_for_another_log(log):
    other = small_log(nonce=b"\1" * 32)
    event = checked_out(log, [("operator", "p/Z", 1)])
    # A draft file says which log it is for; a signature says so too.
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        log.handle.append(drafted(log, event, keyed(event), log_id=other.handle.id))
    assert caught.value.finding == "wrong-log"
    record = seal_on(log, event, keyed(event), signed_log_id=other.handle.id)
    assert codes_of(log, record) == ["bad-signature"]
    # A record of the other log as it stands there has the other's base.
    with other.store.snapshot() as snapshot:
        theirs = seal(snapshot, event, keyed(event), log_id=other.handle.id, at_us=T0, base=(0, other.handle.id))
    assert "wrong-log" in codes_of(log, theirs)


@pytest.mark.parametrize("change", [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1)])
@pytest.mark.parametrize("place", [0, 1])
def test_each_link_is_that_of_the_last_event(log, change, place):
    event = stored(log)
    right = seal_on(log, event, Z)
    links = list(right.record.links)
    position, index, record_hash = links[place]
    links[place] = (position + change[0], index + change[1], bytes(32) if change[2] else record_hash)
    problems = problems_of(log, seal_on(log, event, Z, links=links))
    assert [(p.code, p.subject) for p in problems] == [("stale-link", event.event.subjects[place])]


def test_a_first_link_is_all_zeros(log):
    event = stored(log, "c/NEW")
    place = event.event.subjects.index("c/NEW")
    right = seal_on(log, event, Z)
    assert right.record.links[place] == (0, 0, digest.ZERO)
    assert codes_of(log, right) == []
    for wrong in [(0, 1, digest.ZERO), (0, 0, b"\1" * 32), (1, 0, digest.ZERO)]:
        links = [wrong if i == place else link for i, link in enumerate(right.record.links)]
        assert codes_of(log, seal_on(log, event, Z, links=links)) == ["stale-link"]


# --- time --------------------------------------------------------------------------------------


def test_a_signed_paper_lapses(log):
    event = stored(log, expires_at_us=T0 + DAY)
    # By the writer's clock too it lies at most 31 days ahead, whatever the signers' clocks say.
    first = T0 + DAY - limits.EXPIRY_MAX_US
    cases = {
        T0 + DAY - 1: [],
        T0 + DAY: [],
        T0 + DAY + 1: ["expired"],
        first: [],
        first - 1: ["expired"],
        0: ["expired"],
    }
    for recorded, codes in cases.items():
        assert codes_of(log, seal_on(log, event, Z, at_us=T0, recorded_at_us=recorded)) == codes
    draft = drafted(log, event, Z, at_us=T0)
    log.clock.now_us = T0 + DAY
    with nothing_written(log), pytest.raises(DraftExpiredError) as caught:
        log.handle.append(draft)
    assert caught.value.expires_at.startswith("2025-01-02T08:00:00")  # in the log's zone


def test_a_paper_lives_31_days_from_its_earliest_signature(log):
    first = T0 + 5 * DAY
    people = [("operator", "p/C", 1), ("operator", "p/Z", 1)]
    for extra, codes in {0: [], 1: ["expired"]}.items():
        event = checked_out(log, people, expires_at_us=first + limits.EXPIRY_MAX_US + extra)

        def at(made):
            # p/Z signs three days before p/C.
            return [(r, k, first if k == signer("p/Z").public_key else first + 3 * DAY, s) for r, k, _, s in made]

        record = seal_on(log, event, keyed(event), recorded_at_us=first + 4 * DAY, change=at)
        assert [c for c in codes_of(log, record) if c != "bad-signature"] == codes


def test_every_event_has_a_limit_but_those_of_the_log_itself(log):
    event = stored(log, expires_at_us=0)
    assert codes_of(log, seal_on(log, event, Z)) == ["expired"]
    refused(log, event, Z, "expired")
    body = {"map_root": bytes(32), "size": 1, "subjects": 0}
    people = [("log", "s/log", 1)]
    for expires, codes in {0: [], 1: ["expired"], T0 + DAY: ["expired"]}.items():
        event = log.handle.prepare("index_committed", body=body, people=people, expires_at_us=expires)
        assert codes_of(log, seal_on(log, event, [("log", signer("log"))])) == codes
    with MemoryStore().snapshot() as empty:
        event = made_genesis()
        signers = [(role, signer("log" if role == "log" else person)) for role, person in named(event.event.people)]
        body = codec.decode(bytes(event.event.body))
        late = compose("log_opened", body=body, people=event.event.people, event_id=bytes(16), expires_at_us=T0)
        record = seal(empty, late, signers, log_id=digest.ZERO, at_us=T0)
        found = admit(record, ViewAuthority(empty), empty, log_id=digest.ZERO, verify=keys.verify)
    assert [problem.code for problem in found] == ["expired"]


# --- references --------------------------------------------------------------------------------


def test_references_lead_to_earlier_acts(log):
    earlier = log.record("transferred.store", {"registrar": "p/Z"}, subjects=["c/2"])
    right = (earlier.event_id, earlier.event_hash)
    for refs, codes in (
        ([right], []),
        ([(earlier.event_id, bytes(32))], ["bad-ref"]),
        ([(b"\7" * 16, earlier.event_hash)], ["bad-ref"]),
        ([(b"\7" * 16, bytes(32)), (b"\6" * 16, bytes(32))], ["bad-ref", "bad-ref"]),
        ([right, (b"\7" * 16, bytes(32))], ["bad-ref"]),
    ):
        event = stored(log, refs=refs)
        assert codes_of(log, seal_on(log, event, Z)) == codes
        if codes:
            refused(log, event, Z, "bad-ref")
    log.handle.append(Proposal(stored(log, refs=[right]), (("registrar", "", signer("p/Z")),)))


def test_a_signature_that_does_not_count_is_told_by_its_holder_or_else_its_role(log):
    event = checked_out(log, [("operator", "p/Z", 1)])
    unknown = seal_on(log, event, [("operator", signer("nobody"))])
    assert [(one.code, one.subject) for one in problems_of(log, unknown)] == [("unknown-key", "operator")]
    bad = seal_on(log, event, keyed(event), change=lambda made: [(r, k, at, bytes(64)) for r, k, at, _ in made])
    assert [(one.code, one.subject) for one in problems_of(log, bad)] == [("bad-signature", "p/Z")]


def test_record_0_is_the_one_that_the_log_is_known_by(log):
    event = checked_out(log, [("operator", "p/Z", 1)])
    with log.store.snapshot() as snapshot:
        record = seal(snapshot, event, keyed(event), log_id=log.handle.id, at_us=log.clock(), base=(0, log.handle.id))
        for log_id, codes in ((log.handle.id, []), (bytes(32), ["wrong-log"])):
            found = admit(record, ViewAuthority(snapshot), snapshot, log_id=log_id, verify=None)
            assert [problem.code for problem in found] == codes


def test_an_event_never_refers_to_itself_or_onward(log):
    second = stored(log, "c/2")
    first = stored(log, refs=[(second.event.id, digest.event_hash(second.encoded))])
    one, two = (Proposal(event, (("registrar", "", signer("p/Z")),)) for event in (first, second))
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        log.handle.append_many([one, two])
    assert caught.value.finding == "bad-ref"
    # A sequence signed elsewhere goes in as one block, in its order.
    assert [receipt.index for receipt in log.handle.append_many([two, one])] == [5, 6]


class AndLater:
    """The log below one index, by a reader that answers for later records too, as one over damaged tables may."""

    def __init__(self, below, whole):
        self.size, self.last_hash, self.subject = below.size, below.last_hash, below.subject
        self.record, self.index_of = whole.record, whole.index_of


def test_what_stands_later_is_no_earlier_act(log):
    with log.store.snapshot() as below:
        later = [log.record("transferred.store", {"registrar": "p/C"}, subjects=["c/2"]) for _ in range(2)]
        events = [stored(log, refs=[(receipt.event_id, receipt.event_hash)]) for receipt in later]
        with log.store.snapshot() as whole:
            view = AndLater(below, whole)
            for event in events:
                record = seal(below, event, Z, log_id=log.handle.id, at_us=log.clock())
                found = admit(record, ViewAuthority(below), view, log_id=log.handle.id, verify=keys.verify)
                assert [problem.code for problem in found] == ["bad-ref"]
            for receipt in later:
                base = (receipt.index, digest.record_hash(whole.record(receipt.index)))
                record = seal(below, stored(log), Z, log_id=log.handle.id, at_us=log.clock(), base=base)
                found = admit(record, ViewAuthority(below), view, log_id=log.handle.id, verify=keys.verify)
                assert [problem.code for problem in found] == ["wrong-base"]


def test_what_stands_is_admitted_again_by_whoever_has_the_whole_log(log):
    """What later records did, the end of the log too, is nothing to an earlier one."""
    for subjects in (["c/1"], ["c/2", "c/3"]):
        log.record("transferred.store", {"registrar": "p/Z"}, subjects=subjects)
    log.administer("log_closed", {"successor": "none"})
    with log.store.snapshot() as whole:
        records = [whole.record(index) for index in range(whole.size)]
        authority = folded(whole)
        assert authority.closed_at == whole.size - 1
        for index, data in enumerate(records):
            view = AndLater(Growing(records[:index]), whole)
            found = admit(check_record(data), authority, view, log_id=log.handle.id, verify=keys.verify)
            assert found == [], index


def test_a_correction_names_the_subjects_of_the_one_act(log):
    act = log.record("transferred.store", {"registrar": "p/Z"}, subjects=["c/1"])
    other = log.record("transferred.store", {"registrar": "p/C"}, subjects=["c/2"])
    people = [("registrar", "p/Z", 1), ("approver", "p/L", 1)]
    refs = [(act.event_id, act.event_hash)]
    signers = [("registrar", signer("p/Z")), ("approver", signer("p/L"))]

    def void(subjects, refs):
        return compose("corrected.void", body={"reason": "误录"}, people=people, subjects=subjects, refs=refs,
                       event_id=b"\1" * 16, expires_at_us=T0 + DAY)  # fmt: skip

    assert codes_of(log, seal_on(log, void(["c/1", "p/Z"], refs), signers)) == []
    both = [*refs, (other.event_id, other.event_hash)]
    for subjects, refs_, odd in (
        ([], refs, "c/1"),
        (["c/2"], refs, "c/1"),
        (["c/1", "c/2"], refs, "c/2"),
        (["c/1", "p/C"], refs, "p/C"),
        (["c/1"], [], "corrected.void"),
        (["c/1", "c/2", "p/C"], both, "corrected.void"),
    ):
        event = void(subjects, refs_)
        found = problems_of(log, seal_on(log, event, signers))
        assert [(problem.code, problem.subject) for problem in found] == [("subjects-mismatch", odd)]
        refused(log, event, signers, "subjects-mismatch")
    # Whether the subjects are right can't be said of an act that isn't there.
    gone = void(["c/9"], [(b"\7" * 16, bytes(32))])
    assert codes_of(log, seal_on(log, gone, signers)) == ["bad-ref"]


# --- stale drafts (the matrix stands in test_stale) -----------------------------------------------


def test_a_draft_whose_carrier_was_moved_since(log):
    draft = drafted(log, stored(log), Z)
    log.record("checked.carrier", {"operator": "p/C"}, body={"reason": "other", "passed": True}, subjects=["c/1"])
    mover = log.record("transferred.store", {"registrar": "p/C"}, subjects=["c/1"])
    with nothing_written(log), pytest.raises(HeadMovedError) as caught:
        log.handle.append(draft)
    found = caught.value
    assert (found.subject, found.index, found.kind, found.base) == ("c/1", mover.index, "transferred.store", 4)
    record = seal_on(log, draft.checked_event(), Z, base=draft.base)
    problems = problems_of(log, record)
    assert [(p.code, p.subject) for p in problems] == [("stale-draft", "c/1")]
    assert (problems[0].mover.index, problems[0].mover.kind) == (mover.index, "transferred.store")
    # With the mover in its refs it knew of it.
    aware = stored(log, refs=[mover.event_id])
    assert codes_of(log, seal_on(log, aware, Z, base=draft.base)) == []


# --- signatures --------------------------------------------------------------------------------


def test_exactly_those_sign_who_are_named(log):
    log.enrol("p/C", key=signer("p/C second"))
    one, two, other, second = signer("p/C"), signer("p/Z"), signer("p/L"), signer("p/C second")
    both = [("operator", "p/C", 1), ("operator", "p/Z", 1), ("witness", "p/L", 0)]
    twice = [("operator", "p/C", 2)]
    cases = [
        (both, [("operator", one), ("operator", two)], []),
        (both, [("operator", second), ("operator", two)], []),
        (both, [("operator", one)], ["missing-signature"]),
        (both, [("operator", two)], ["missing-signature"]),
        (both, [("operator", one), ("operator", second)], ["foreign-signature", "missing-signature"]),
        (both, [("operator", one), ("operator", two), ("operator", second)], ["foreign-signature"]),
        (both, [("operator", one), ("operator", two), ("operator", other)], ["foreign-signature"]),
        (both, [("operator", one), ("operator", two), ("witness", other)], ["foreign-signature"]),
        (both, [("operator", one), ("operator", two), ("witness", one)], ["foreign-signature"]),
        (both, [("operator", one), ("registrar", two)], ["foreign-signature", "missing-signature"]),
        (twice, [("operator", one), ("operator", second)], []),
        (twice, [("operator", one)], ["missing-signature"]),
        (twice, [("operator", two)], ["foreign-signature", "missing-signature"]),
    ]
    for people, signers, codes in cases:
        event = checked_out(log, people)
        assert sorted(codes_of(log, seal_on(log, event, signers))) == codes
        if codes:
            refused(log, event, signers, codes_of(log, seal_on(log, event, signers))[0])
        with nothing_written(log):
            draft = drafted(log, event, signers)
            if codes:
                with pytest.raises((RefusedError, FormatError)):
                    log.handle.append(draft)


def test_somebody_signs(log):
    event = checked_out(log, [("operator", "p/Z", 0)])
    assert codes_of(log, seal_on(log, event, [("operator", signer("p/Z"))])) == ["unsigned"]
    refused(log, event, [], "unsigned")
    refused(log, event, [("operator", signer("p/Z"))], "unsigned")
    refused(log, checked_out(log, [("operator", "p/Z", 1)]), [], "missing-signature")


def test_a_signature_that_does_not_verify(log):
    event = checked_out(log, [("operator", "p/C", 1), ("operator", "p/Z", 1)])
    other = checked_out(log, [("operator", "p/C", 1), ("operator", "p/Z", 1)], carrier="c/2")
    good = seal_on(log, event, keyed(event), at_us=T0).record
    stolen = {s[1]: s for s in seal_on(log, other, keyed(other), at_us=T0).record.signatures}
    mine = signer("p/C").public_key

    def with_other(signatures):
        return [stolen[mine] if s[1] == mine else s for s in signatures]

    def with_time(signatures):
        return [(r, k, t + (k == mine), s) for r, k, t, s in signatures]

    def with_role(signatures):
        return [("witness" if k == mine else r, k, t, s) for r, k, t, s in signatures]

    def with_bit(signatures):
        return [(r, k, t, bytes([s[0] ^ 1]) + s[1:] if k == mine else s) for r, k, t, s in signatures]

    def with_high_s(signatures):
        order = 2**252 + 27742317777372353535851937790883648493
        return [
            (r, k, t, s[:32] + (int.from_bytes(s[32:], "little") + order).to_bytes(32, "little") if k == mine else s)
            for r, k, t, s in signatures
        ]

    assert len(good.signatures) == 2
    for change in (with_other, with_time, with_role, with_bit, with_high_s):
        record = seal_on(log, event, keyed(event), at_us=T0, change=change)
        codes = codes_of(log, record)
        # One cause, one problem: a signature that is bad isn't missing too. Under another role it is.
        assert sorted(codes) == ["bad-signature"] + ["missing-signature"] * (change is with_role)
        signatures = claimed(event, record.record.signatures)
        with nothing_written(log), pytest.raises(FormatError if change is with_role else SignatureError):
            log.handle.append(Draft(log.handle.id, record.record.base, event.encoded, signatures))


def test_verify_may_have_been_done_elsewhere(log):
    event = checked_out(log, [("operator", "p/Z", 1)])
    record = seal_on(log, event, keyed(event), change=lambda made: [(r, k, t, bytes(64)) for r, k, t, _ in made])
    with log.store.snapshot() as snapshot:
        assert admit(record, ViewAuthority(snapshot), snapshot, log_id=log.handle.id, verify=None) == []
    assert codes_of(log, record) == ["bad-signature"]


# --- keys, judged by index -----------------------------------------------------------------------


def test_a_key_counts_after_it_was_enrolled_and_before_it_was_revoked(log):
    key = signer("p/N")
    event = checked_out(log, [("operator", "p/N", 1)])
    sealed = seal_on(log, event, keyed(event))
    assert codes_of(log, sealed) == ["unknown-key"]
    refused(log, event, keyed(event), "unknown-key")
    before = log.handle.draft(event)
    log.enrol("p/N")
    event = checked_out(log, [("operator", "p/N", 1)])
    # By index, not by time: what he signed on a base below his enrolment goes in after it.
    assert codes_of(log, seal_on(log, event, keyed(event), base=before.base, at_us=T0 - 1)) == []
    kept = drafted(log, event, keyed(event))
    log.administer("revoked", {"person": "p/N", "key": (1, key.public_key), "reason": "lost"})
    # Signed before the revocation or dated before it: the index counts.
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        log.handle.append(kept)
    assert caught.value.finding == "revoked-key"
    assert codes_of(log, seal_on(log, event, keyed(event), at_us=T0 - 1)) == ["revoked-key"]
    refused(log, event, keyed(event), "revoked-key")


def test_a_key_counts_for_its_own_person_only(log):
    event = checked_out(log, [("operator", "p/Z", 1)])
    assert codes_of(log, seal_on(log, event, [("operator", signer("p/C"))])) == [
        "foreign-signature",
        "missing-signature",
    ]
    assert codes_of(log, seal_on(log, event, [("operator", signer("nobody"))])) == ["unknown-key"]
    refused(log, event, [("operator", signer("p/C"))], "foreign-signature")


@pytest.mark.parametrize(
    ("role", "key", "person"),
    [
        ("operator", "p/A1", "p/A1"),
        ("administrator", "p/Z", "p/Z"),
        ("operator", "log", "p/Z"),
        ("recovery", "p/Z", "p/Z"),
        ("recovery", "p/A1", "p/A1"),
        ("operator", "recovery p/R1", "p/R1"),
        ("administrator", "recovery p/R1", "p/R1"),
    ],
)
def test_a_key_has_one_purpose(role, key, person):
    log = small_log(recovery=("p/R1", "p/R2"))
    event = checked_out(log, [(role, person, 1)])
    # A key of the person himself, unfit for the role, isn't a missing signature too.
    missing = [] if key.endswith(person) else ["missing-signature"]
    assert codes_of(log, seal_on(log, event, [(role, signer(key))])) == ["unknown-key", *missing]
    refused(log, event, [(role, signer(key))], "unknown-key")


def test_administrators_may_take_part_in_any_act_and_recovery_keys_in_none(log):
    event = checked_out(log, [("administrator", "p/A3", 1)])
    assert codes_of(log, seal_on(log, event, keyed(event))) == []
    log = small_log(recovery=("p/R1", "p/R2"))
    event = checked_out(log, [("recovery", "p/R1", 1), ("operator", "p/Z", 1)])
    signers = [("recovery", signer("recovery p/R1")), ("operator", signer("p/Z"))]
    assert codes_of(log, seal_on(log, event, signers)) == ["foreign-signature"]
    refused(log, event, signers, "foreign-signature")


def test_key_problem_by_index():
    from chainlog.authority.keys import KeyHistory

    history = KeyHistory(bytes(32), "p/X", "person", since=3, until=7)
    found = [key_problem(history, "operator", index=index, authority=Authority()) for index in range(10)]
    assert found == ["unknown-key"] * 4 + [""] * 4 + ["revoked-key"] * 2
    assert key_problem(history, "operator", index=3, authority=Authority(), brought=True) == ""
    assert key_problem(history, "administrator", index=5, authority=Authority()) == "unknown-key"
    assert key_problem(None, "operator", index=5, authority=Authority()) == "unknown-key"
    # A role of a later release is signed with a person's key.
    assert key_problem(history, "later_role", index=5, authority=Authority()) == ""
    assert key_problem(history, "later_role", index=8, authority=Authority()) == "revoked-key"
    assert key_problem(None, "later_role", index=5, authority=Authority()) == "unknown-key"


# --- kinds that are not known ------------------------------------------------------------------


def unknown_event(people, subjects=("c/1",), kind="later.act"):
    subjects = sorted(
        {*subjects, *(p for _, p, _ in people if p != "s/log")}, key=lambda s: (len(s.encode()), s.encode())
    )
    return event_of(kind, b"\5" * 16, (), tuple(subjects), tuple(people), (), T0 + DAY, {"x": 1})


def test_the_head_of_an_unknown_kind_is_judged_like_any_other(log):
    cases = [
        ([("operator", "p/Z", 1)], [("operator", "p/Z")], []),
        ([("later_role", "p/Z", 1)], [("later_role", "p/Z")], []),
        ([("later_role", "p/Z", 1)], [("later_role", "nobody")], ["unknown-key"]),
        ([("later_role", "p/Z", 1)], [("later_role", "p/A1")], ["unknown-key", "missing-signature"]),
        ([("operator", "p/Z", 1)], [("operator", "p/C")], ["foreign-signature", "missing-signature"]),
    ]
    for people, signers, codes in cases:
        event = unknown_event(people)
        signed = [(role, signer(name)) for role, name in signers]
        assert codes_of(log, seal_on(log, event, signed)) == [*codes, "unknown-kind"]
        with nothing_written(log), pytest.raises(UnknownKindError) as caught:
            log.handle.append(drafted(log, event, signed))
        assert caught.value.kind == "later.act"
    event = unknown_event([("operator", "p/Z", 1)])
    record = seal_on(log, event, keyed(event), base=(0, digest.ZERO), links=[(9, 1, bytes(32))] * 2)
    assert codes_of(log, record) == ["wrong-log", "stale-link", "unknown-kind"]


# --- all of it ---------------------------------------------------------------------------------


def test_every_code_of_a_refusal_is_somewhere_in_these_tests():
    """Those that `check_record` gives for shape have tests of their own; so have registry events."""
    from pathlib import Path

    shape = {"malformed", "not-folded", "version-regression"}
    text = "".join(path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))
    missing = {code for code, row in CODES.items() if row.answer == "refused" and f'"{code}"' not in text} - shape
    assert missing == set()


def test_problems_come_in_the_order_of_the_checks_and_all_of_them(log):
    event = stored(log, refs=[(b"\7" * 16, bytes(32))], expires_at_us=0)
    record = seal_on(log, event, [("registrar", signer("nobody"))], index=9, prev_hash=bytes(32), base=(0, digest.ZERO))
    codes = ["reordered", "altered", "wrong-log", "expired", "bad-ref", "stale-draft", "unknown-key"]
    assert codes_of(log, record) == codes
