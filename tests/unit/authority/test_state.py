"""The authority at each index, folded from all records and read from a view: always the same."""

from __future__ import annotations

import pytest

from chainlog import digest
from chainlog.authority.state import OWN_SUBJECTS, Authority, PolicyEra, ViewAuthority, is_registry
from chainlog.errors import RecordHashError
from chainlog.event.catalogue import KINDS
from chainlog.event.compose import compose
from chainlog.event.subjects import key_subject
from chainlog.log.genesis import Policy
from chainlog.log.handle import LogHandle, propose
from chainlog.log.overlay import Overlay
from chainlog.record.record import check_record
from chainlog.record.statement import EnrolStatement
from tests.builders import ADMINISTRATORS, T0, made_genesis, small_log
from tests.hand import event_of, folded, seal
from tests.signers import signer

DAY = 86_400_000_000
NAMES = [
    *ADMINISTRATORS,
    "p/L",
    "p/Z",
    "p/C",
    "p/N",
    "log",
    "log second",
    "recovery p/R1",
    "recovery p/R2",
    "nobody",
    "p/A3 b",
]


class Below:
    """The first *size* records of a view, as it was then."""

    def __init__(self, view, size):
        self._view, self.size = view, size
        self._heads = {}
        for index in range(size):
            checked = check_record(view.record(index))
            for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True):
                self._heads[subject] = type(view.subject(subject))(link[0] + 1, index, checked.record_hash)
        self.last_hash = digest.record_hash(view.record(size - 1)) if size else digest.ZERO

    def record(self, index):
        return self._view.record(index) if index < self.size else None

    def subject(self, subject):
        return self._heads.get(subject)

    def index_of(self, event_id):
        raise NotImplementedError


def lived():
    """A log in which everything happened to keys, administrators and policies."""
    log = small_log(recovery=("p/R1", "p/R2"))
    two = log.administrators
    log.administer("policy_adopted", Policy("later", "2", T0 + 5 * DAY, {"min.supervisors": ["3"]}).body())
    log.administer(
        "revoked", {"person": "p/Z", "key": (1, signer("p/Z").public_key), "reason": "lost", "doubt_from": 3}
    )
    log.record("checked.carrier", {"operator": "p/C"}, body={"reason": "other", "passed": True}, subjects=["c/1"])
    listed = [["p/A1", (1, signer("p/A1").public_key)], ["p/A2", (1, signer("p/A2").public_key)],
              ["p/A3", (1, signer("p/A3 b").public_key)]]  # fmt: skip
    event = log.handle.prepare("administered", body={"administrators": listed, "threshold": 3},
                               people={"administrator": list(ADMINISTRATORS)})  # fmt: skip
    log.handle.append(propose(event, {**two, "p/A3": signer("p/A3 b")}))
    log.administrators["p/A3"] = signer("p/A3 b")
    proof = signer("log second")._key.sign(
        EnrolStatement(log.handle.id, "s/log", 1, signer("log second").public_key).encoded()
    )
    body = {"old": (1, signer("log").public_key), "new": (1, signer("log second").public_key), "proof": proof}
    people = [*(("administrator", p, 1) for p in ADMINISTRATORS), ("log", "s/log", 1)]
    event = log.handle.prepare("log_key_changed", body=body, people=people)
    fresh = LogHandle(log.store, log_signer=signer("log second"), clock=log.clock)
    fresh.append(propose(event, {**log.administrators, "s/log": signer("log")}))
    log = log._replace(handle=fresh)
    # Other acts on the subjects that hold the authority change nothing in it.
    genesis = fresh.reader.read(0).event.id
    enrolment = fresh.reader.read(2).event.id
    for target in (genesis, enrolment):
        log.record("countersigned", {"operator": "p/C"}, refs=[target])
    log.enrol("p/N")
    log.administer("policy_adopted", Policy("again", "3", T0 + DAY, {"min.supervisors": ["2"]}).body())
    log.administer("log_closed", {"successor": "none"})
    return log


def facts(authority, size):
    policies = [(era.since, era.recorded_at_us, era.body.profile) for era in authority.policies()]
    return {
        "keys": {name: authority.key(signer(name).public_key) for name in NAMES},
        "administrations": [authority.administration(index) for index in range(size + 2)],
        "log keys": [authority.log_key(index) for index in range(size + 2)],
        "policies": policies,
        "policy at": [getattr(authority.policy_at(index), "since", None) for index in range(size + 2)],
        "policy for": [getattr(authority.policy_for(T0 + n * DAY), "since", None) for n in range(-1, 8)],
        "other": (
            authority.recovery,
            authority.utc_offset_minutes,
            authority.name,
            authority.unit,
            authority.closed_at,
        ),
    }


@pytest.fixture(scope="module")
def log():
    return lived()


def test_both_ways_of_reading_agree_at_each_index(log):
    with log.store.snapshot() as snapshot:
        walking = ViewAuthority(Below(snapshot, 0))
        for size in range(snapshot.size + 1):
            below = Below(snapshot, size)
            expected = facts(folded(below), size)
            assert facts(ViewAuthority(below), size) == expected, size
            # The same object handed on from size to size, and back to a smaller one.
            walking = walking.at(below)
            assert facts(walking, size) == expected, size
        for size in (3, snapshot.size, 1, 7, 0):
            walking = walking.at(Below(snapshot, size))
            assert facts(walking, size) == facts(folded(Below(snapshot, size)), size), size


def test_what_stands_at_an_index(log):
    with log.store.snapshot() as snapshot:
        authority = ViewAuthority(snapshot)
    assert authority.name == "draft.test"
    assert authority.unit == "u/镇"
    assert authority.closed_at == 13
    assert [authority.administration(index).threshold for index in (0, 1, 7, 8)] == [0, 2, 2, 3]
    assert authority.administration(9).administrators["p/A3"] == signer("p/A3 b").public_key
    assert [authority.log_key(index) for index in (0, 1, 8, 9)] == [
        None, *[signer("log").public_key] * 2, signer("log second").public_key,
    ]  # fmt: skip
    assert (authority.recovery.threshold, sorted(authority.recovery.administrators)) == (2, ["p/R1", "p/R2"])


def test_policies_in_force(log):
    with log.store.snapshot() as snapshot:
        authority = ViewAuthority(snapshot)
    # By index: the first counts for the genesis too.
    assert [authority.policy_at(index).body.profile for index in (0, 1, 4, 5, 12, 13)] == [
        "township", "township", "township", "later", "later", "again",
    ]  # fmt: skip
    # By time: the last adopted of those in effect then; the first before any.
    at = {-9: "township", 0: "township", 1: "again", 4: "again", 5: "again"}
    assert {n: authority.policy_for(T0 + n * DAY).body.profile for n in at} == at
    early = [era for era in authority.policies() if era.body.profile != "again"]
    only = Authority()
    for era in early:
        only._policies.append(era)
    assert [only.policy_for(T0 + n * DAY).body.profile for n in (0, 4, 5)] == ["township", "township", "later"]
    # One that takes effect later is better than none.
    late = Authority()
    late._policies += [PolicyEra(0, T0, made_genesis(policy=Policy("late", "1", T0 + DAY, {})).body.policy), *early[1:]]
    assert [late.policy_for(T0 + n * DAY).body.profile for n in (-9, 0, 1, 5)] == ["late", "late", "late", "later"]
    assert Authority().policy_for(T0) is None
    assert Authority().policy_at(3) is None


def test_an_authority_is_current_until_its_own_subjects_move():
    log = small_log()
    with log.store.snapshot() as snapshot:
        authority = ViewAuthority(snapshot)
        assert authority.at(snapshot) is authority
    log.record("checked.carrier", {"operator": "p/C"}, body={"reason": "other", "passed": True}, subjects=["c/1"])
    log.enrol("p/N")
    with log.store.snapshot() as snapshot:
        assert authority.is_current(snapshot)
        assert authority.at(snapshot) is authority
        assert authority.key(signer("p/N").public_key).holder == "p/N"
    log.administer("policy_adopted", Policy("later", "2", 0, {}).body())
    with log.store.snapshot() as snapshot:
        assert not authority.is_current(snapshot)
        newer = authority.at(snapshot)
        assert newer is not authority
        assert [era.body.profile for era in newer.policies()] == ["township", "later"]


def test_an_authority_follows_a_log_that_grows_as_long_as_its_own_subjects_stand():
    log = small_log()
    with log.store.snapshot() as snapshot:
        authority = ViewAuthority(snapshot)
    log.enrol("p/N")
    with log.store.snapshot() as snapshot:
        heads = {subject: snapshot.subject(subject) for subject in ("p/N", "s/admins")}
        authority.confirm(snapshot, heads)
        assert authority.is_current(snapshot)
    # All that is told of has moved; or one of them.
    log.administer("policy_adopted", Policy("later", "2", 0, {}).body())
    with log.store.snapshot() as snapshot:
        new = snapshot.subject("s/policy")
        for moved in ({"s/policy": new}, {"s/policy": new, "s/log": snapshot.subject("s/log")}):
            authority.confirm(snapshot, moved)
            assert not authority.is_current(snapshot)


def test_another_event_in_the_place_of_a_dropped_one():
    """The histories of keys belong to records, not to how many there are."""
    log = small_log()
    key = signer("shared")
    with log.store.snapshot() as snapshot:
        authority = ViewAuthority(snapshot)
        overlay = Overlay(snapshot)
        holders = []
        for person in ("p/X", "p/Y"):
            proof = key.sign_enrolment(EnrolStatement(log.handle.id, person, 1, key.public_key))
            body = {"person": person, "key": (1, key.public_key), "proof": proof}
            event = log.handle.prepare("enrolled", body=body, people={"administrator": ["p/A1", "p/A2"]})
            signers = [("administrator", signer(p)) for p in ("p/A1", "p/A2")]
            overlay.add(seal(overlay, event, signers, log_id=log.handle.id, at_us=log.clock()))
            authority = authority.at(overlay)
            holders.append(authority.key(key.public_key).holder)
            overlay.drop_to(snapshot.size)
            authority = authority.at(overlay)
            holders.append(authority.key(key.public_key))
    assert holders == ["p/X", None, "p/Y", None]


class Torn:
    """A view in which some records hold other bytes, or none."""

    def __init__(self, view, **changes):
        self._view = view
        self._changes = {int(name[1:]): data for name, data in changes.items()}
        self.size, self.last_hash = view.size, view.last_hash
        self.subject, self.index_of = view.subject, view.index_of

    def record(self, index):
        return self._changes[index] if index in self._changes else self._view.record(index)


def test_nobody_acts_on_half_of_an_authority(log):
    with log.store.snapshot() as snapshot:
        own = {0, 4, 7, 8, 9, 12, 13}  # of administrators, log keys, policies, and what was countersigned
        for index in range(snapshot.size):
            data = snapshot.record(index)
            for torn in (
                None,
                b"",
                b"\x90",
                data[:-1],
                data[:-1] + bytes([data[-1] ^ 1]),
                snapshot.record(0 if index else 1),
            ):
                view = Torn(snapshot, **{f"r{index}": torn})
                if index in own:
                    with pytest.raises(RecordHashError) as caught:
                        ViewAuthority(view)
                    assert caught.value.index == index
                    continue
                authority = ViewAuthority(view)
                for name, at in (("p/Z", (2, 5, 10)), ("p/N", (11,)), ("p/C", (3,))):
                    if index in at:
                        with pytest.raises(RecordHashError):
                            authority.key(signer(name).public_key)


def test_a_kind_of_a_later_release_moves_no_authority():
    log = small_log()
    with log.store.snapshot() as snapshot:
        overlay = Overlay(snapshot)
        key = key_subject(signer("p/Z").public_key)
        subjects = sorted([*OWN_SUBJECTS, key, "p/Z"], key=lambda s: (len(s.encode()), s.encode()))
        event = event_of(
            "later.act", b"\5" * 16, (), tuple(subjects), (("operator", "p/Z", 1),), (), T0 + DAY, {"x": 1}
        )
        assert event.kind is None
        overlay.add(seal(overlay, event, [("operator", signer("p/Z"))], log_id=log.handle.id, at_us=T0))
        authority = ViewAuthority(overlay)
        assert facts(authority, overlay.size) == facts(ViewAuthority(snapshot), overlay.size)


def test_which_events_count():
    wanted = {name for name in KINDS if is_registry(compose_bare(name))}
    assert wanted == {
        "log_opened", "enrolled", "revoked", "administered", "log_key_changed", "policy_adopted", "log_closed",
        "recovered",
    }  # fmt: skip


def compose_bare(name):
    event = compose(
        "log_closed", body={"successor": "x"}, people=[("operator", "p/Z", 1)], event_id=bytes(16), expires_at_us=1
    )
    return event.event.__class__(name, *[getattr(event.event, field) for field in event.event.__struct_fields__[1:]])


def test_what_administrators_state_to_be_lost_is_known():
    log = small_log()
    root, place = bytes(range(32)), log.handle.reader.size
    body = {"lost_from": 2, "known_size": 9, "known_root": root, "reason": "fire"}
    log.administer("recovered", body)
    with log.store.snapshot() as snapshot:
        for authority in (folded(snapshot), ViewAuthority(snapshot)):
            assert authority.lost_heads == {(9, root)}
            (stated,) = authority.recoveries
            assert (stated.index, stated.body.lost_from) == (place, 2)
    assert Authority().lost_heads == set()
    assert Authority().recoveries == []
