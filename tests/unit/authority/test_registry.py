"""What lets a registry event stand: genesis, enrolment, revocation, administrators, log keys, policies."""

from __future__ import annotations

import pytest

from chainlog import digest
from chainlog.authority.admit import admit
from chainlog.authority.problem import Signer
from chainlog.authority.registry import problems
from chainlog.authority.state import Authority, ViewAuthority
from chainlog.canon import codec
from chainlog.errors import FormatError, ReadOnlyError, RefusedError
from chainlog.event.compose import compose
from chainlog.event.subjects import key_subject
from chainlog.log.handle import LogHandle, check_genesis, propose, write_genesis
from chainlog.log.queue import Job
from chainlog.log.request import Proposal
from chainlog.record import keys
from chainlog.record.draft import Draft, DraftSignature
from chainlog.record.keys import SecretKey
from chainlog.record.record import GENESIS_BASE, Record, check_record, encode_record
from chainlog.record.signer import LocalSigner
from chainlog.record.statement import EnrolStatement
from chainlog.store.memory import MemoryStore
from tests import edwards
from tests.builders import ADMINISTRATORS, POLICY, T0, Clock, made_genesis, signed_genesis, small_log
from tests.hand import codes_of, folded, named, nothing_written, problems_of, seal, seal_on, signatures_of
from tests.signers import signer

DAY = 86_400_000_000
WEAK = bytes([1]) + bytes(31)  # the identity: of small order
NO_POINT = b"\2" + bytes(31)


# --- genesis -----------------------------------------------------------------------------------


def body_of_genesis(**genesis):
    return codec.decode(bytes(made_genesis(**genesis).event.body))


def genesis_signers(event):
    return [
        (role, signer({"log": "log", "recovery": f"recovery {person}"}.get(role, person)))
        for role, person in named(event.event.people)
    ]


def judged(event, signers=None, *, recorded_at_us=T0):
    """The codes of `admit` on the genesis; a writer must refuse it for the first of them, or take it."""
    signers = genesis_signers(event) if signers is None else signers
    with MemoryStore().snapshot() as empty:
        record = seal(empty, event, signers, log_id=digest.ZERO, at_us=T0, recorded_at_us=recorded_at_us)
        found = admit(record, ViewAuthority(empty), empty, log_id=digest.ZERO, verify=keys.verify)
        assert found == admit(record, folded(empty), empty, log_id=digest.ZERO, verify=keys.verify)
    codes = [problem.code for problem in found]
    made = signatures_of(event.encoded, signers, log_id=digest.ZERO, base=GENESIS_BASE, at_us=T0)
    free = named(event.event.people)
    people = []
    for role, _ in signers:
        people.append(next(person for wanted, person in free if wanted == role))
        free.remove((role, people[-1]))
    signatures = [DraftSignature(r, person, k, t, s) for (r, k, t, s), person in zip(made, people, strict=True)]
    draft = Draft(digest.ZERO, GENESIS_BASE, event.encoded, tuple(sorted(signatures, key=codec.encode)))
    store = MemoryStore()
    if not codes:
        assert write_genesis(store, draft, log_signer=signer("log"), clock=lambda: T0).index == 0
        return codes
    with pytest.raises(RefusedError) as caught:
        check_genesis(draft, now_us=T0)
    assert caught.value.finding == codes[0]
    with pytest.raises(RefusedError):
        write_genesis(store, draft, log_signer=signer("log"), clock=lambda: T0)
    with store.snapshot() as snapshot:
        assert (snapshot.size, snapshot.head, list(snapshot.subjects())) == (0, None, [])
    return codes


def genesis_with(people=None, **changes):
    """The genesis with other fields in its body; None takes one away."""
    body = {**body_of_genesis(), **changes}
    body = {name: value for name, value in body.items() if value is not None}
    people = made_genesis().event.people if people is None else people
    return compose("log_opened", body=body, people=people, event_id=bytes(16), expires_at_us=0)


def test_a_good_genesis():
    assert judged(made_genesis()) == []
    assert judged(made_genesis(recovery=("p/R1", "p/R2", "p/A1"))) == []
    assert judged(made_genesis(administrators=("p/A1", "p/A2"), recovery=("p/R1", "p/R2"))) == []
    assert judged(made_genesis(title="台账", previous=(b"\1" * 32, 7, b"\2" * 32))) == []
    eight = tuple(f"p/A{n}" for n in range(1, 9))
    assert judged(made_genesis(administrators=eight, threshold=7)) == []
    assert judged(made_genesis(), recorded_at_us=T0 + 400 * DAY) == []


@pytest.mark.parametrize("administrators", [2, 3, 4, 8])
@pytest.mark.parametrize("recovery", [(), ("p/R1", "p/R2")])
def test_the_threshold_of_administrators(administrators, recovery):
    names = tuple(f"p/A{n}" for n in range(1, administrators + 1))
    most = administrators if recovery else administrators - 1
    for threshold in range(10):
        event = made_genesis(administrators=names, threshold=threshold, recovery=recovery)
        assert judged(event) == ([] if 2 <= threshold <= most else ["malformed"]), threshold


@pytest.mark.parametrize("holders", [2, 3, 7])
def test_the_threshold_of_recovery_keys(holders):
    names = tuple(f"p/R{n}" for n in range(holders))
    for threshold in range(9):
        event = made_genesis(recovery=names, recovery_threshold=threshold)
        assert judged(event) == ([] if 2 <= threshold <= holders else ["malformed"]), threshold


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("draft.x", True),
        ("draft.test-1.org", True),
        ("draft." + "x" * 58, True),
        ("draft." + "x" * 59, False),
        ("x", False),
        ("drafts.x", False),
        ("Draft.x", False),
        ("draft.X", False),
        ("draft.x_y", False),
        ("draft.x y", False),
        ("draft.x/y", False),
        ("draft.x\n", None),
        ("draft.镇", False),
    ],
)
def test_the_name_of_a_log(name, good):
    if good is None:
        with pytest.raises(FormatError):
            genesis_with(name=name)
        return
    assert judged(genesis_with(name=name)) == ([] if good else ["malformed"])


def test_the_zone_of_a_log():
    for offset in (-840, -1, 0, 480, 840):
        assert judged(genesis_with(utc_offset_minutes=offset)) == []
    for offset in (-841, 841, 10**6, -(10**6)):
        assert judged(genesis_with(utc_offset_minutes=offset)) == ["malformed"]


def test_nothing_is_sealed_in_the_genesis():
    assert judged(genesis_with(note="启用", title="台账")) == []
    for field in ("title", "note"):
        assert judged(genesis_with(**{field: {"sealed": bytes(32)}})) == ["malformed"]
    attached = [{"name": {"sealed": bytes(32)}, "size": 1, "sha256": bytes(32)}]
    assert judged(genesis_with(attachments=attached)) == ["malformed"]


def test_everybody_named_in_the_genesis_signs():
    event = made_genesis(recovery=("p/R1", "p/R2"))
    signers = genesis_signers(event)
    assert judged(event, signers) == []
    for place in range(len(signers)):
        fewer = signers[:place] + signers[place + 1 :]
        assert judged(event, fewer) == ["missing-signature"]
    # Not to be named to sign doesn't help.
    for left_out in event.event.people:
        people = [person for person in event.event.people if person != left_out]
        event_ = compose("log_opened", body=body_of_genesis(recovery=("p/R1", "p/R2")), people=people, event_id=bytes(16),
                         expires_at_us=0)  # fmt: skip
        assert judged(event_, genesis_signers(event_)) == ["below-threshold"]


def test_each_signs_the_genesis_with_the_key_that_it_gives_them():
    event = made_genesis()
    right = dict.fromkeys(genesis_signers(event))
    for place, (role, _) in enumerate(right):
        wrong = list(right)
        wrong[place] = (role, signer("another"))
        assert judged(event, wrong)[0] == "unknown-key"
    swapped = [("administrator", signer("log")), *[pair for pair in right if pair[1] is not signer("p/A1")]]
    swapped = [("log", signer("p/A1")) if role == "log" else (role, key) for role, key in swapped]
    assert set(judged(event, swapped)) == {"unknown-key", "missing-signature"}


def test_a_key_stands_once_in_the_genesis():
    shared = (1, signer("p/A1").public_key)
    twice = [["p/A1", shared], ["p/A2", shared], ["p/A3", (1, signer("p/A3").public_key)]]
    log_too = {"log_key": shared}
    recovery = {
        "recovery": {"keys": [["p/R1", shared], ["p/R2", (1, signer("recovery p/R2").public_key)]], "threshold": 2}
    }
    for changes in ({"administrators": twice}, log_too, recovery):
        event = genesis_with(**changes)
        with MemoryStore().snapshot() as empty:
            # Only one of the two can sign with it: so it is a matter of signatures, and without them of shape.
            signers = [pair for pair in genesis_signers(event) if pair[1] is not signer("p/A2")]
            found = admit(
                seal(empty, event, signers, log_id=digest.ZERO, at_us=T0), ViewAuthority(empty), empty,
                log_id=digest.ZERO, verify=keys.verify,
            )  # fmt: skip
            assert found
        people = [("administrator", "p/A1", 1), ("administrator", "p/A3", 1)]
        alone = genesis_with(people=people, **changes)
        assert "key-reused" in judged(alone, genesis_signers(alone))


def test_a_person_stands_once_among_the_administrators():
    key = {n: (1, signer(f"p/A{n}").public_key) for n in (1, 2, 3)}
    event = genesis_with(
        administrators=[["p/A1", key[1]], ["p/A1", key[2]], ["p/A3", key[3]]],
        people=[("administrator", "p/A1", 2), ("administrator", "p/A3", 1), ("log", "s/log", 1)],
    )
    signers = [("administrator", signer(name)) for name in ADMINISTRATORS]
    assert judged(event, [*signers, ("log", signer("log"))]) == ["malformed"]
    recovery = {"keys": [["p/R1", (1, signer(f"recovery p/R{n}").public_key)] for n in (1, 2)], "threshold": 2}
    people = [*made_genesis().event.people, ("recovery", "p/R1", 2)]
    event = genesis_with(recovery=recovery, people=people)
    signers = [pair for pair in genesis_signers(event) if pair[0] != "recovery"]
    signers += [("recovery", signer(f"recovery p/R{n}")) for n in (1, 2)]
    assert judged(event, signers) == ["malformed"]


@pytest.mark.parametrize("place", ["administrators", "recovery", "log_key"])
@pytest.mark.parametrize("key", [WEAK, NO_POINT, bytes(32), b"\xff" * 32])
def test_no_key_of_the_genesis_is_unfit(place, key):
    body = body_of_genesis(recovery=("p/R1", "p/R2"))
    if place == "administrators":
        body["administrators"][2] = ["p/A3", (1, key)]
    elif place == "recovery":
        body["recovery"]["keys"][1] = ["p/R2", (1, key)]
    else:
        body["log_key"] = (1, key)
    left_out = {"administrators": "p/A3", "recovery": "p/R2", "log_key": "s/log"}[place]
    people = [p for p in made_genesis(recovery=("p/R1", "p/R2")).event.people if p[1] != left_out]
    event = compose("log_opened", body=body, people=people, event_id=bytes(16), expires_at_us=0)
    assert judged(event) == ["below-threshold", "bad-key"]


def test_a_key_outside_the_main_subgroup_is_unfit():
    own = edwards.multiply(edwards.secret_scalar(b"own"), edwards.BASE)
    for part in edwards.SMALL_ORDER[1:]:
        key = edwards.encode(edwards.add(own, part))
        body = {**body_of_genesis(), "log_key": (1, key)}
        people = [p for p in made_genesis().event.people if p[1] != "s/log"]
        event = compose("log_opened", body=body, people=people, event_id=bytes(16), expires_at_us=0)
        assert judged(event) == ["below-threshold", "bad-key"]


@pytest.mark.parametrize(
    ("policy", "good"),
    [
        ({"parameters": []}, True),
        ({"parameters": [["a", ["1"]], ["b", ["1"]], ["aa", ["1"]]]}, True),
        ({"parameters": [["aa", ["1"]], ["b", ["1"]]]}, False),
        ({"parameters": [["a", ["1"]], ["a", ["1"]]]}, False),
        ({"parameters": [["b", ["1"]], ["a", ["1"]]]}, False),
        ({"parameters": [["a", []]]}, False),
        ({"parameters": [["min.supervisors", ["2"]]]}, True),
        ({"parameters": [["min.supervisors", ["8"]]]}, True),
        *(
            ({"parameters": [["min.supervisors", [v]]]}, False)
            for v in ("1", "0", "-2", "9", "02", " 2", "2.0", "二", "x")
        ),
        ({"refuse": ["DES-3", "INT-1"]}, True),
        ({"refuse": ["DES-1", "DES-10"]}, True),
        ({"refuse": ["INT-1", "DES-3"]}, False),
        ({"refuse": ["DES-3", "DES-3"]}, False),
    ],
)
def test_the_first_policy_and_later_ones(policy, good):
    body = {"profile": "p", "version": "1", "effective_at": 0, "parameters": [], "refuse": [], **policy}
    assert judged(genesis_with(policy=body)) == ([] if good else ["bad-policy"])
    log = small_log()
    event = compose("policy_adopted", body=body, people=[("administrator", p, 1) for p in ("p/A1", "p/A2")],
                    event_id=b"\1" * 16, expires_at_us=T0 + DAY)  # fmt: skip
    found = [
        (problem.code, problem.subject) for problem in problems_of(log, seal_on(log, event, admins("p/A1", "p/A2")))
    ]
    assert found == ([] if good else [("bad-policy", "s/policy")])
    if good:
        log.handle.append(propose(event, log.administrators))
        assert dict(log.handle.parameters()) == {name: tuple(values) for name, values in body["parameters"]}
    else:
        with nothing_written(log), pytest.raises(RefusedError) as caught:
            log.handle.append(propose(event, log.administrators))
        assert caught.value.finding == "bad-policy"


def test_a_log_is_made_once():
    store, clock = MemoryStore(), Clock()
    draft = signed_genesis(made_genesis())
    first = write_genesis(store, draft, log_signer=signer("log"), clock=clock)
    assert first.log_id == first.record_hash
    again = write_genesis(store, draft, log_signer=signer("log"), clock=clock)
    assert (again.log_id, again.index, again.existed) == (first.log_id, 0, True)
    with pytest.raises(RefusedError) as caught:
        write_genesis(store, signed_genesis(made_genesis(event_id=b"\1" * 16)), log_signer=signer("log"), clock=clock)
    assert caught.value.finding == "wrong-log"
    with pytest.raises(ReadOnlyError):
        write_genesis(MemoryStore(), draft, log_signer=signer("another"), clock=clock)


# --- later events ------------------------------------------------------------------------------


def admins(*names, role="administrator"):
    return [(role, signer(name)) for name in names]


def event_for(log, kind, body, people, **rest):
    return log.handle.prepare(kind, body=body, people=people, **rest)


def stands(log, event, signers):
    """It may stand; and a writer takes it."""
    assert codes_of(log, seal_on(log, event, signers)) == []
    return log.handle.append(Proposal(event, tuple((role, "", key) for role, key in signers)))


def falls(log, event, signers, *codes):
    """It may not stand, for these reasons; and a writer refuses it for the first, writing nothing."""
    assert codes_of(log, seal_on(log, event, signers)) == list(codes)
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        log.handle.append(Proposal(event, tuple((role, "", key) for role, key in signers)))
    assert caught.value.finding == codes[0]


TWO = [("administrator", "p/A1", 1), ("administrator", "p/A2", 1)]


def people_of(*names, **others):
    return [("administrator", name, 1) for name in names] + [(role, name, 1) for role, name in others.items()]


@pytest.mark.parametrize(
    ("kind", "body", "subjects"),
    [
        ("appointed.post", {"person": "p/Z", "post": "registrar", "over": "u/镇", "valid_from": "2025-01-01"}, []),
        ("departed", {"person": "p/Z", "reason": "退休"}, []),
        ("dismissed", {"person": "p/Z"}, []),
        ("recovered", {"lost_from": 1, "known_size": 2, "known_root": bytes(32), "reason": "磁盘损坏"}, []),
        ("format_adopted", {"version": 1}, []),
        ("log_closed", {"successor": "none"}, []),
        ("policy_adopted", POLICY.body(), []),
    ],
)
def test_the_threshold_counts_administrators(kind, body, subjects):
    log = small_log()
    for names, good in (
        (("p/A1", "p/A2"), True),
        (("p/A3", "p/A2"), True),
        (("p/A1", "p/A2", "p/A3"), True),
        (("p/A1",), False),
    ):
        event = event_for(log, kind, body, people_of(*names), subjects=subjects)
        if good:
            assert codes_of(log, seal_on(log, event, admins(*names))) == []
        else:
            falls(log, event, admins(*names), "below-threshold")
    # Others may sign too, and count for nothing.
    event = event_for(log, kind, body, people_of("p/A1", registrar="p/Z", approver="p/L"), subjects=subjects)
    signers = [*admins("p/A1"), ("registrar", signer("p/Z")), ("approver", signer("p/L"))]
    falls(log, event, signers, "below-threshold")
    event = event_for(log, kind, body, people_of(registrar="p/Z"), subjects=subjects)
    falls(log, event, [("registrar", signer("p/Z"))], "below-threshold")


def test_one_person_with_two_keys_is_one_administrator():
    # An administrator has one key; a second one of the person is no administrator's.
    log = small_log()
    stands(log, enrolment(log, "p/A1", people=people_of("p/A2", "p/A3")), admins("p/A2", "p/A3"))
    event = event_for(log, "log_closed", {"successor": "none"}, [("administrator", "p/A1", 2)])
    falls(log, event, admins("p/A1", "new"), "unknown-key")
    with nothing_written(log), pytest.raises(FormatError):
        # The same key twice isn't two signatures either.
        log.handle.append(Proposal(event, tuple(("administrator", "p/A1", signer("p/A1")) for _ in range(2))))


@pytest.mark.parametrize("kind", ["declared.person", "declared.unit", "declared.place", "declared.calendar"])
def test_one_administrator_declares(kind):
    log = small_log()
    body = {
        "declared.person": {"person": "p/Z", "name": "张", "unit": "u/镇"},
        "declared.unit": {"unit": "u/科", "name": "科", "type": "section"},
        "declared.place": {"place": "w/室", "name": "室", "type": "secure_room"},
        "declared.calendar": {"year": 2025, "holidays": [], "workdays": []},
    }[kind]
    falls(
        log, event_for(log, kind, body, people_of(registrar="p/Z")), [("registrar", signer("p/Z"))], "below-threshold"
    )
    stands(log, event_for(log, kind, body, people_of("p/A3")), admins("p/A3"))


# --- enrolment ---------------------------------------------------------------------------------


def proof_of(log, person, key, *, by=None, log_id=None):
    statement = EnrolStatement(log_id or log.handle.id, person, 1, key)
    return (by or signer("new"))._key.sign(statement.encoded())


def enrolment(log, person="p/N", *, key=None, proof=None, people=TWO):
    key = signer("new").public_key if key is None else key
    body = {"person": person, "key": (1, key), "proof": proof or proof_of(log, person, key)}
    return event_for(log, "enrolled", body, people)


def test_enrolment_proves_possession():
    log = small_log()
    other = small_log(nonce=b"\1" * 32)
    key = signer("new").public_key
    for proof in (
        bytes(64),
        proof_of(log, "p/M", key),
        proof_of(log, "p/N", key, by=signer("p/Z")),
        proof_of(log, "p/N", key, log_id=other.handle.id),
        proof_of(log, "p/N", signer("p/Z").public_key),
    ):
        falls(log, enrolment(log, proof=proof), admins("p/A1", "p/A2"), "bad-key")
    stands(log, enrolment(log), admins("p/A1", "p/A2"))
    assert log.record(
        "checked.carrier", {"operator": "p/Z"}, body={"reason": "other", "passed": True}, subjects=["c/1"]
    )


@pytest.mark.parametrize("name", ["p/Z", "p/A1", "p/A3", "recovery p/R1", "log", "revoked", "old log"])
def test_a_key_is_enrolled_once_for_anything(name):
    log = small_log(recovery=("p/R1", "p/R2"))
    if name == "revoked":
        log.enrol("p/N", key=signer(name))
        log.administer("revoked", {"person": "p/N", "key": (1, signer(name).public_key), "reason": "retired"})
    for person in ("p/N", "p/Z"):
        key = signer("log" if name == "old log" else name)
        event = enrolment(log, person, key=key.public_key, proof=proof_of(log, person, key.public_key, by=key))
        falls(log, event, admins("p/A1", "p/A2"), "key-reused")


def test_no_unfit_key_is_enrolled():
    log = small_log()
    for key in (WEAK, NO_POINT, bytes(32)):
        found = problems_of(log, seal_on(log, enrolment(log, key=key, proof=bytes(64)), admins("p/A1", "p/A2")))
        assert {problem.code for problem in found} == {"bad-key"}


def test_who_gets_a_key_does_not_vote_on_it():
    log = small_log()
    falls(log, enrolment(log, "p/A1"), admins("p/A1", "p/A2"), "below-threshold")
    stands(log, enrolment(log, "p/A1", people=people_of("p/A2", "p/A3")), admins("p/A2", "p/A3"))
    body = {"person": "p/A2", "post": "registrar", "over": "u/镇", "valid_from": "2025-01-01"}
    falls(log, event_for(log, "appointed.post", body, TWO), admins("p/A1", "p/A2"), "below-threshold")
    for kind in ("departed", "declared.person"):  # nothing gained
        body = {"person": "p/A2"} | ({"reason": "x"} if kind == "departed" else {"name": "x", "unit": "u/镇"})
        stands(log, event_for(log, kind, body, TWO), admins("p/A1", "p/A2"))


def test_an_enrolled_key_counts_from_the_next_record_on():
    log = small_log()
    event = event_for(log, "enrolled", {"person": "p/N", "key": (1, signer("new").public_key),
                      "proof": proof_of(log, "p/N", signer("new").public_key)}, people_of("p/A1", "p/A2", registrar="p/N"))  # fmt: skip
    falls(log, event, [*admins("p/A1", "p/A2"), ("registrar", signer("new"))], "unknown-key")


# --- revocation --------------------------------------------------------------------------------


def revocation(log, person="p/Z", key=None, people=TWO, **rest):
    key = signer(person).public_key if key is None else key
    return event_for(log, "revoked", {"person": person, "key": (1, key), "reason": "lost", **rest}, people)


def test_a_key_is_revoked_by_the_threshold_or_its_owner():
    log = small_log()
    owner = [("operator", signer("p/Z"))]
    falls(log, revocation(log, people=people_of("p/A1")), admins("p/A1"), "below-threshold")
    falls(log, revocation(log, people=people_of(operator="p/C")), [("operator", signer("p/C"))], "below-threshold")
    falls(log, revocation(log, people=people_of(registrar="p/Z")), [("registrar", signer("p/Z"))], "below-threshold")
    falls(log, revocation(log, people=people_of(operator="p/Z"), doubt_from=0), owner, "below-threshold")
    falls(log, revocation(log, people=people_of(operator="p/Z"), doubt_from=2), owner, "below-threshold")
    assert codes_of(log, seal_on(log, revocation(log), admins("p/A1", "p/A2"))) == []
    stands(log, revocation(log, people=people_of(operator="p/Z")), owner)
    with log.handle.authority() as authority:
        found = authority.key(signer("p/Z").public_key)
    assert (found.since, found.until, found.doubt_from) == (2, 4, None)


def test_the_owner_of_an_administrators_key_revokes_it_with_an_enrolled_one():
    log = small_log()
    alone = revocation(log, "p/A1", people=people_of(operator="p/A1"))
    falls(log, alone, admins("p/A1", role="operator"), "unknown-key")
    stands(log, enrolment(log, "p/A1", people=people_of("p/A2", "p/A3")), admins("p/A2", "p/A3"))
    stands(log, revocation(log, "p/A1", people=people_of(operator="p/A1")), [("operator", signer("new"))])
    event = event_for(log, "log_closed", {"successor": "none"}, TWO)
    falls(log, event, admins("p/A1", "p/A2"), "revoked-key")


def test_what_is_revoked():
    log = small_log()
    other = signer("p/C").public_key
    falls(log, revocation(log, key=other), admins("p/A1", "p/A2"), "unknown-key")
    falls(log, revocation(log, key=signer("nobody").public_key), admins("p/A1", "p/A2"), "unknown-key")
    for doubt in (0, 1, 4):
        assert codes_of(log, seal_on(log, revocation(log, doubt_from=doubt), admins("p/A1", "p/A2"))) == []
    falls(log, revocation(log, doubt_from=5), admins("p/A1", "p/A2"), "malformed")
    stands(log, revocation(log, doubt_from=4), admins("p/A1", "p/A2"))
    falls(log, revocation(log), admins("p/A1", "p/A2"), "revoked-key")
    with log.handle.authority() as authority:
        assert authority.key(signer("p/Z").public_key).doubt_from == 4


def test_recovery_keys_revoke_in_an_emergency():
    log = small_log(recovery=("p/R1", "p/R2", "p/R3"))
    one = [("recovery", "p/R1", 1)]
    two = [*one, ("recovery", "p/R3", 1)]
    keys_ = [("recovery", signer("recovery p/R1")), ("recovery", signer("recovery p/R3"))]
    falls(log, revocation(log, people=one), keys_[:1], "below-threshold")
    mixed = [*one, ("administrator", "p/A1", 1)]
    falls(log, revocation(log, people=mixed), [keys_[0], *admins("p/A1")], "below-threshold")
    stands(log, revocation(log, people=two, doubt_from=1), keys_)
    # A revoked recovery key counts no more.
    gone = revocation(log, "p/R1", signer("recovery p/R1").public_key)
    stands(log, gone, admins("p/A1", "p/A2"))
    falls(log, revocation(log, "p/C", people=two), keys_, "revoked-key")


# --- administrators ----------------------------------------------------------------------------


def administered(log, listed, people, threshold=2):
    """listed: person to the name of the key."""
    body = {"administrators": [[p, (1, signer(k).public_key)] for p, k in listed.items()], "threshold": threshold}
    return event_for(log, "administered", body, people)


ALL = dict(zip(ADMINISTRATORS, ADMINISTRATORS, strict=True))


def test_nobody_makes_himself_administrator():
    """Keys that the event itself brings prove possession, and count for nothing else in it."""
    log = small_log()
    evil = {person: f"evil {person}" for person in ADMINISTRATORS}
    event = administered(log, evil, people_of(*ADMINISTRATORS))
    falls(log, event, admins(*evil.values()), "below-threshold")
    # Not with the help of one of them either, nor for those who lost their place.
    one = {**evil, "p/A1": "p/A1"}
    event = administered(log, one, people_of(*ADMINISTRATORS))
    falls(log, event, admins(*one.values()), "below-threshold")
    strangers = {f"p/E{n}": f"evil {n}" for n in range(3)}
    event = administered(log, strangers, people_of("p/A1", *strangers))
    falls(log, event, admins("p/A1", *strangers.values()), "below-threshold")


def test_a_revoked_key_of_an_administrator_does_not_come_back():
    log = small_log()
    stands(log, revocation(log, "p/A1", people=people_of("p/A2", "p/A3")), admins("p/A2", "p/A3"))
    event = administered(log, ALL, people_of(*ADMINISTRATORS))
    falls(log, event, admins(*ADMINISTRATORS), "revoked-key")
    # With a new key he can.
    listed = {**ALL, "p/A1": "p/A1 second"}
    event = administered(log, listed, people_of(*ADMINISTRATORS))
    stands(log, event, admins("p/A1 second", "p/A2", "p/A3"))


def test_the_administrators_change_by_the_old_threshold_and_all_the_new():
    log = small_log()
    listed = {"p/A1": "p/A1", "p/A2": "p/A2", "p/N": "p/N"}
    everybody = people_of("p/A1", "p/A2", "p/N")
    signers = admins("p/A1", "p/A2", "p/N")
    for place in range(3):
        fewer = administered(log, listed, everybody[:place] + everybody[place + 1 :])
        falls(log, fewer, signers[:place] + signers[place + 1 :], "below-threshold")
    falls(log, administered(log, listed, everybody), [*signers[:2], ("administrator", signer("x"))],
          "unknown-key" )  # fmt: skip
    assert codes_of(log, seal_on(log, administered(log, listed, everybody), signers)) == []
    # An old one who goes may be one of the threshold.
    goes = {"p/A1": "p/A1", "p/N": "p/N", "p/M": "p/M"}
    stands(log, administered(log, goes, people_of("p/A1", "p/A2", "p/M", "p/N")), admins("p/A1", "p/A2", "p/M", "p/N"))
    # From the next record on the new ones count, and the old ones don't.
    end = {"successor": "none"}
    falls(log, event_for(log, "log_closed", end, TWO), admins("p/A1", "p/A2"), "revoked-key")
    stands(log, event_for(log, "log_closed", end, people_of("p/M", "p/N")), admins("p/M", "p/N"))


def test_who_comes_does_not_count_towards_the_threshold():
    log = small_log()
    listed = {"p/A1": "p/A1", "p/M": "p/M", "p/N": "p/N"}
    people = people_of("p/A1", "p/M", "p/N")
    falls(log, administered(log, listed, people), admins("p/A1", "p/M", "p/N"), "below-threshold")


def test_a_key_is_changed_by_signing_with_both():
    log = small_log()
    listed = {**ALL, "p/A1": "p/A1 second"}
    both = [("administrator", "p/A1", 2), *people_of("p/A2", "p/A3")]
    # Without the new key there is no proof that anybody has it; without the old one he counts for nothing.
    falls(log, administered(log, listed, people_of(*ADMINISTRATORS)), admins(*ADMINISTRATORS), "below-threshold")
    old_and_new = admins("p/A1", "p/A1 second", "p/A2", "p/A3")
    assert codes_of(log, seal_on(log, administered(log, listed, both), old_and_new)) == []
    stands(log, administered(log, listed, people_of(*ADMINISTRATORS)), admins("p/A1 second", "p/A2", "p/A3"))
    end = {"successor": "none"}
    falls(log, event_for(log, "log_closed", end, TWO), admins("p/A1", "p/A2"), "revoked-key")
    stands(log, event_for(log, "log_closed", end, TWO), admins("p/A1 second", "p/A2"))


def test_changing_a_key_counts_for_the_threshold_with_the_old_one():
    log = small_log()
    listed = {**ALL, "p/A1": "p/A1 second", "p/A2": "p/A2 second", "p/A3": "p/A3 second"}
    seconds = admins("p/A1 second", "p/A2 second", "p/A3 second")
    people = [("administrator", "p/A1", 2), *people_of("p/A2", "p/A3")]
    falls(log, administered(log, listed, people), [*admins("p/A1"), *seconds], "below-threshold")
    people = [("administrator", "p/A1", 2), ("administrator", "p/A2", 2), *people_of("p/A3")]
    stands(log, administered(log, listed, people), [*admins("p/A1", "p/A2"), *seconds])


@pytest.mark.parametrize("name", ["p/A3", "p/Z", "log", "recovery p/R1"])
def test_a_key_that_was_used_does_not_become_an_administrators(name):
    log = small_log(recovery=("p/R1", "p/R2"))
    if name == "p/A3":  # was one, went, and comes again
        gone = {"p/A1": "p/A1", "p/A2": "p/A2"}
        stands(log, administered(log, gone, TWO), admins("p/A1", "p/A2"))
    listed = {"p/A1": "p/A1", "p/A2": "p/A2", "p/N": name}
    if name == "p/A3":
        listed = ALL
    people = people_of(*listed)
    falls(log, administered(log, listed, people), admins(*listed.values()), "key-reused")


def test_the_numbers_of_administrators_later():
    log = small_log()
    for threshold in (0, 1, 3):
        falls(log, administered(log, ALL, people_of(*ALL), threshold), admins(*ALL), "malformed")
    pair = {"p/A1": "p/A1", "p/A2": "p/A2"}
    falls(log, administered(log, pair, TWO), admins(*pair), "malformed")
    with_recovery = small_log(recovery=("p/R1", "p/R2"))
    stands(with_recovery, administered(with_recovery, ALL, people_of(*ALL), 3), admins(*ALL))
    twice = [[person, (1, signer(person).public_key)] for person in ("p/A1", "p/A1", "p/A2")]
    with_recovery = small_log(recovery=("p/R1", "p/R2"))
    event = event_for(with_recovery, "administered", {"administrators": twice, "threshold": 2}, TWO)
    falls(with_recovery, event, admins("p/A1", "p/A2"), "malformed")
    same = {"p/A1": "p/A1", "p/A2": "p/A2", "p/N": "p/A1"}
    found = codes_of(log, seal_on(log, administered(log, same, TWO), admins("p/A1", "p/A2")))
    assert found == ["below-threshold", "malformed", "key-reused"]


def test_recovery_keys_make_new_administrators_who_sign_too():
    log = small_log(recovery=("p/R1", "p/R2"))
    fresh = {"p/M": "p/M", "p/N": "p/N"}
    safe = [("recovery", signer("recovery p/R1")), ("recovery", signer("recovery p/R2"))]
    people = [*people_of(*fresh), ("recovery", "p/R1", 1), ("recovery", "p/R2", 1)]
    falls(log, administered(log, fresh, people[1:]), [*admins("p/N"), *safe], "below-threshold")
    falls(log, administered(log, fresh, people[:3]), [*admins(*fresh), safe[0]], "below-threshold")
    stands(log, administered(log, fresh, people), [*admins(*fresh), *safe])
    event = event_for(log, "log_closed", {"successor": "x"}, TWO)
    falls(log, event, admins("p/A1", "p/A2"), "revoked-key", "revoked-key")


def test_recovery_keys_do_nothing_else():
    log = small_log(recovery=("p/R1", "p/R2"))
    people = [("recovery", "p/R1", 1), ("recovery", "p/R2", 1)]
    safe = [("recovery", signer("recovery p/R1")), ("recovery", signer("recovery p/R2"))]
    for kind, body in (("log_closed", {"successor": "x"}), ("policy_adopted", POLICY.body())):
        falls(log, event_for(log, kind, body, people), safe, "foreign-signature", "below-threshold")
        both = [*people, *TWO]
        falls(log, event_for(log, kind, body, both), [*safe, *admins("p/A1", "p/A2")], "foreign-signature")


# --- the log's key -----------------------------------------------------------------------------


def new_log_key(log, old="log", new="log second", *, people=(), proof=None, **rest):
    key = signer(new).public_key
    proof = proof or proof_of(log, "s/log", key, by=signer(new))
    body = {"old": (1, signer(old).public_key), "new": (1, key), "proof": proof, **rest}
    return event_for(log, "log_key_changed", body, [*(people or TWO), ("log", "s/log", 1)])


def with_key(log, name, store=None):
    return LogHandle(store or log.store, log_signer=signer(name), clock=log.clock)


def test_the_log_key_changes_and_signs_from_there_on():
    log = small_log()
    event = new_log_key(log)
    signers = [*admins("p/A1", "p/A2"), ("log", signer("log"))]
    assert codes_of(log, seal_on(log, event, signers)) == []
    proposal = Proposal(event, tuple((role, "", key) for role, key in signers))
    # The head over it is the new key's: who has only the old one can't commit it.
    with nothing_written(log), pytest.raises(ReadOnlyError):
        log.handle.append(proposal)
    fresh = with_key(log, "log second")
    with nothing_written(log), pytest.raises(ReadOnlyError):
        fresh.append(propose(event_for(log, "format_adopted", {"version": 1}, TWO), log.administrators))
    receipt = fresh.append(proposal)
    assert receipt.index == 4
    with pytest.raises(ReadOnlyError):
        log.enrol("p/M")
    fresh.append(propose(enrolment(log, "p/M"), log.administrators))
    assert LogHandle(log.store).reader.size == 6
    with fresh.authority() as authority:
        found = [authority.log_key(index) for index in (0, 1, 4, 5, 6)]
    assert found == [None, *[signer("log").public_key] * 2, *[signer("log second").public_key] * 2]
    # Neither becomes it again.
    again = new_log_key(log, "log second", "log")
    refused = Proposal(again, (*proposal.signers[:2], ("log", "", signer("log second"))))
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        with_key(log, "log second").append(refused)
    assert caught.value.finding == "key-reused"


def test_one_bad_writer_does_not_fail_the_others_of_its_block():
    log = small_log()
    event = new_log_key(log)
    bad = Proposal(
        event,
        (("administrator", "", signer("p/A1")), ("administrator", "", signer("p/A2")), ("log", "", signer("log"))),
    )
    good = propose(enrolment(log), log.administrators)
    jobs = [
        Job([good]),
        Job([bad]),
        Job([propose(event_for(log, "format_adopted", {"version": 1}, TWO), log.administrators)]),
    ]
    log.handle.writer._commit(jobs)
    assert [job.receipts and job.receipts[0].index for job in jobs] == [4, None, 5]
    assert isinstance(jobs[1].error, ReadOnlyError)


def test_who_changes_the_log_key():
    log = small_log(recovery=("p/R1", "p/R2"))
    safe = [("recovery", signer("recovery p/R1")), ("recovery", signer("recovery p/R2"))]
    in_safe = [("recovery", "p/R1", 1), ("recovery", "p/R2", 1)]
    cases = [
        (TWO, {}, [*admins("p/A1", "p/A2"), ("log", signer("log"))], []),
        (TWO, {"lost": False}, [*admins("p/A1", "p/A2"), ("log", signer("log"))], []),
        # Not lost: the old one signs.
        (TWO, {}, [*admins("p/A1", "p/A2"), ("log", signer("log second"))], ["below-threshold"]),
        (TWO, {"lost": False}, [*admins("p/A1", "p/A2"), ("log", signer("log second"))], ["below-threshold"]),
        # Lost: the new one does, or the old one after all.
        (TWO, {"lost": True}, [*admins("p/A1", "p/A2"), ("log", signer("log second"))], []),
        (TWO, {"lost": True}, [*admins("p/A1", "p/A2"), ("log", signer("log"))], []),
        (TWO[:1], {"lost": True}, [*admins("p/A1"), ("log", signer("log second"))], ["below-threshold"]),
        (TWO[:1], {}, [*admins("p/A1"), ("log", signer("log"))], ["below-threshold"]),
        (in_safe, {"lost": True}, [*safe, ("log", signer("log second"))], []),
        (in_safe, {}, [*safe, ("log", signer("log second"))], ["below-threshold"]),
        (in_safe, {}, [*safe, ("log", signer("log"))], []),
        (in_safe[:1], {}, [*safe[:1], ("log", signer("log"))], ["below-threshold"]),
        (TWO, {}, [*admins("p/A1", "p/A2"), ("log", signer("p/Z"))], ["unknown-key", "missing-signature"]),
    ]
    for people, rest, signers, codes in cases:
        event = new_log_key(log, people=people, **rest)
        assert codes_of(log, seal_on(log, event, signers)) == codes, (people, rest)


def test_the_old_and_the_new_log_key():
    log = small_log()
    signers = [*admins("p/A1", "p/A2"), ("log", signer("log"))]
    found = codes_of(log, seal_on(log, new_log_key(log, proof=bytes(64)), signers))
    assert found == ["bad-key"]
    for by, person in (("log", "s/log"), ("log second", "p/Z")):
        proof = proof_of(log, person, signer("log second").public_key, by=signer(by))
        assert codes_of(log, seal_on(log, new_log_key(log, proof=proof), signers)) == ["bad-key"]
    event = new_log_key(log, "no key of ours", lost=True)
    lost = [*admins("p/A1", "p/A2"), ("log", signer("log second"))]
    found = problems_of(log, seal_on(log, event, lost))
    assert [(problem.code, problem.subject) for problem in found] == [("unknown-key", "s/log")]
    for used in ("p/Z", "p/A3"):
        found = codes_of(log, seal_on(log, new_log_key(log, new=used), signers))
        assert found == ["key-reused"]


# --- what the log signs itself, and erasure -------------------------------------------------------


def committed(log, size, **rest):
    body = {"map_root": bytes(32), "size": size, "subjects": 5}
    return event_for(log, "index_committed", body, [("log", "s/log", 1)], expires_at_us=0, **rest)


def test_committed_maps_grow_and_end_below_themselves():
    log = small_log()
    signers = [("log", signer("log"))]
    (problem,) = problems_of(log, seal_on(log, committed(log, 5), signers))
    assert (problem.code, problem.subject) == ("malformed", "s/map")
    falls(log, committed(log, 5), signers, "malformed")
    falls(log, committed(log, 0), signers, "malformed")
    assert codes_of(log, seal_on(log, committed(log, 1), signers)) == []
    stands(log, committed(log, 3), signers)
    falls(log, committed(log, 3), signers, "malformed")
    falls(log, committed(log, 2), signers, "malformed")
    stands(log, committed(log, 4), signers)
    stands(log, committed(log, 6), signers)


def test_a_map_after_one_that_cannot_be_read():
    """No writer leaves one; whoever reads a damaged log must not take it for a larger one."""
    log = small_log()
    signers = [("log", signer("log"))]
    receipt = stands(log, committed(log, 3), signers)
    record = seal_on(log, committed(log, 1), signers)
    with log.store.snapshot() as snapshot:
        whole = check_record(snapshot.record(receipt.index))
        event = codec.decode(whole.event.encoded)
        parts = {name: getattr(whole.record, name) for name in Record.__struct_fields__ if name != "version"}
        unreadable = encode_record(**{**parts, "event": codec.encode([*event[:-1], {"x": 1}])})
        authority = ViewAuthority(snapshot)
        given = {"signers": [Signer("log", "s/log", authority.key(signer("log").public_key))], "log_id": log.handle.id}
        assert [problem.code for problem in problems(record, authority, snapshot, **given)] == ["malformed"]
        view = Damaged(snapshot, receipt.index, unreadable)
        assert list(problems(record, authority, view, **given)) == []


class Damaged:
    """A log of which one record is another."""

    def __init__(self, view, index, data):
        self.size, self.last_hash, self.subject = view.size, view.last_hash, view.subject
        self.record = lambda asked: data if asked == index else view.record(asked)


def test_other_acts_on_the_map_do_not_stand_in_its_way():
    log = small_log()
    receipt = stands(log, committed(log, 3), [("log", signer("log"))])
    log.handle.record_event(
        "countersigned", body={}, people={"operator": "p/Z"}, signers={"p/Z": signer("p/Z")}, refs=[receipt.event_id]
    )
    falls(log, committed(log, 3), [("log", signer("log"))], "malformed")
    stands(log, committed(log, 5), [("log", signer("log"))])


def test_the_log_signs_its_maps_alone():
    log = small_log()
    event = committed(log, 3)
    falls(log, event, [("log", signer("p/Z"))], "unknown-key", "missing-signature")
    for people in ([("operator", "p/Z", 1)], [("log", "s/log", 1), ("operator", "p/Z", 0)]):
        with pytest.raises(FormatError, match="the log alone"):
            event_for(
                log, "index_committed", {"map_root": bytes(32), "size": 3, "subjects": 5}, people, expires_at_us=0
            )


def test_registrar_and_approver_are_two_persons():
    log = small_log()
    sealed = {"sealed": bytes(range(32))}
    body = {"reason": "other", "passed": True, "note": sealed, "stated": [["giver", sealed]], "late_reason": "plain"}
    act = log.record("checked.carrier", {"operator": "p/C"}, body=body, subjects=["c/1"])

    def erased(*people, path="note"):
        return event_for(log, "erased", {"path": path, "reason": "法定"}, list(people), refs=[act.event_id])

    registrar, approver = ("registrar", "p/Z", 1), ("approver", "p/L", 1)
    falls(log, erased(registrar), [("registrar", signer("p/Z"))], "below-threshold")
    falls(log, erased(approver), [("approver", signer("p/L"))], "below-threshold")
    same = ("approver", "p/Z", 1)
    falls(log, erased(registrar, same), [("registrar", signer("p/Z")), ("approver", signer("p/Z"))], "below-threshold")
    stated = ("approver", "p/L", 0)
    falls(log, erased(registrar, stated), [("registrar", signer("p/Z"))], "below-threshold")
    falls(log, erased(*TWO), admins("p/A1", "p/A2"), "below-threshold")
    for role in ("registrar", "approver"):
        alike = erased((role, "p/Z", 1), (role, "p/L", 1))
        falls(log, alike, [(role, signer("p/Z")), (role, signer("p/L"))], "below-threshold")
    both = [("registrar", signer("p/Z")), ("approver", signer("p/L"))]
    stands(log, erased(registrar, approver), both)
    # It names the place of a sealed value in the act.
    stands(log, erased(registrar, approver, path="stated.0.1"), both)
    for path in ("late_reason", "reason", "stated.0", "stated.1.1", "stated.0.0", "nothing", "note.sealed", "$.note"):
        falls(log, erased(registrar, approver, path=path), both, "bad-ref")


def test_without_administration_nobody_is_enough():
    # A log whose administrators can't be read isn't one that needs none.
    log = small_log()
    event = event_for(log, "log_closed", {"successor": "x"}, [("operator", "p/Z", 1)])
    record = seal_on(log, event, [("operator", signer("p/Z"))])
    with log.store.snapshot() as snapshot:
        found = list(problems(record, Authority(), snapshot, signers=[], log_id=log.handle.id))
    assert [problem.code for problem in found] == ["below-threshold"]


def test_keys_have_subjects_of_their_own():
    log = small_log()
    key = LocalSigner(SecretKey.from_seed(bytes(32)))
    log.enrol("p/N", key=key)
    with log.store.snapshot() as snapshot:
        assert snapshot.subject(key_subject(key.public_key)).count == 1
        assert snapshot.subject(key_subject(signer("log").public_key)).index == 0
