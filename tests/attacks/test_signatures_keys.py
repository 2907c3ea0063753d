"""Whose key it is, and what it may sign when: enrolment, revocation, posts, administrators, and what a verifier trusts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest

from chainlog.event.model import unverified_event
from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import tables_of
from chainlog.log.genesis import Policy
from chainlog.log.handle import propose
from chainlog.record import keyfile
from chainlog.record.record import unverified_record
from chainlog.rules.policy_file import profile_parameters
from chainlog.rules.profiles import profile_names
from chainlog.store.lmdb_store import LmdbStore
from tests.attacks.answers import (
    BEYOND,
    Answer,
    attack,
    beyond,
    found,
    found_outside,
    is_found,
    is_found_outside,
    is_refused,
    refused,
    same,
)
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
)
from tests.builders import ADMINISTRATORS, POLICY, SmallLog, made_genesis, signed_genesis
from tests.damage import write_log
from tests.forger import Forger
from tests.key_files import PASSPHRASE, cheap, key_file, store
from tests.offices import Office, receive
from tests.scenarios import local
from tests.signers import signer

__all__ = ["cheap"]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    made = log_at(tmp_path / "log")
    yield made
    made.handle.close()


# --- whose key it is ------------------------------------------------------------------------------------


@attack("SK11", "One key is enrolled for a second person", "K", is_refused("key-reused"), is_found("key-reused"))
def test_one_key_for_two_persons(tmp_path: Path, log: SmallLog) -> list[Answer]:
    forger = Forger()
    body = enrolment(forger.log_id, "p/Z2", signer("p/Z").public_key, by="p/Z")
    index = forger.add(forger.event("enrolled", TWO, body=body))
    used = [(person, key) for person in ("p/Z2", "p/Z") for key in ("p/Z", "p/A1", "log")]
    bodies = [enrolment(log.handle.id, person, signer(key).public_key, by=key) for person, key in used]
    return [
        same(refused(lambda: log.administer("enrolled", one), state=state_of(log)) for one in bodies),
        found(forger.write(tmp_path / "forged"), "key-reused", index=index, log_id=forger.log_id),
    ]


@attack(
    "SK12", "One human being is enrolled as two persons, with a key for each", "CK", is_refused("below-threshold"), BEYOND,
    note="One administrator alone can't; with two it stands, and a report names persons declared under one name",
)  # fmt: skip
def test_one_human_being_is_two_persons(tmp_path: Path, log: SmallLog) -> list[Answer]:
    body = enrolment(log.handle.id, "p/Z2", signer("p/Z2").public_key, by="p/Z2")
    alone = log.handle.prepare("enrolled", body=body, people={"administrator": "p/A1"})
    answer = refused(lambda: log.handle.append(propose(alone, log.administrators)), state=state_of(log))
    log.enrol("p/Z2")
    for person in ("p/Z", "p/Z2"):
        log.administer("declared.person", {"person": person, "name": "赵强", "unit": "u/镇"})
    log.record("destroyed.carriers", {"supervisor": ["p/Z", "p/Z2"]}, body={"method": "pulp"}, subjects=["c/1"])
    assert audit(tmp_path / "log", log_id=log.handle.id).integrity == "intact"
    figures = Log(log.store, clock=log.clock).report(verify=False).figures
    assert figures.namesakes == {"赵强": ("p/Z", "p/Z2")}
    return [answer, beyond("One human being as two persons")]


# --- from when to when a key counts ---------------------------------------------------------------------


def _revoked() -> int:
    """Where in the forger's log the key of p/M was revoked."""
    rows = Forger().rows
    return next(n for n, data in enumerate(rows) if unverified_event(unverified_record(data).event).kind == "revoked")


@attack("SK13", "A revoked key signs a new act", "K", is_refused("revoked-key"), is_found("revoked-key"))
def test_a_revoked_key_signs(tmp_path: Path, log: SmallLog) -> list[Answer]:
    log.administer("revoked", revocation("p/C"))
    forger = Forger()
    index = forger.add(forger.event(people={"operator": "p/M"}))
    return [
        refused(lambda: log.handle.append(drafted(log, visit(log))), state=state_of(log)),
        found(forger.write(tmp_path / "forged"), "revoked-key", index=index, log_id=forger.log_id),
    ]


@attack(
    "SK14", "What a key signed before it was revoked, or dated before, is put in afterwards", "K",
    is_refused("revoked-key"), is_found("revoked-key"), note="The index counts, never a time that somebody states",
)  # fmt: skip
def test_an_act_from_before_the_revocation(tmp_path: Path, log: SmallLog) -> list[Answer]:
    base, before_us = log.handle.draft(visit(log)).base, log.clock()
    kept = drafted(log, visit(log))
    log.administer("revoked", revocation("p/C"))
    backdated = drafted(log, visit(log), base=base, at_us=before_us)
    forger, revoked = Forger(), _revoked()
    before = unverified_record(forger.rows[revoked - 1]).recorded_at_us
    event = forger.event(people={"operator": "p/M"}, occurred=(before, 0))
    index = forger.add(event, base=forger.base(revoked - 1), signed_at=before, recorded_at=before)
    return [
        same(refused(lambda: log.handle.append(one), state=state_of(log)) for one in (kept, backdated)),
        found(forger.write(tmp_path / "forged"), "revoked-key", index=index, log_id=forger.log_id),
    ]


@attack(
    "SK15", "A key is enrolled after the act that it signed", "WL", is_refused("unknown-key"), is_found("unknown-key")
)
def test_a_key_that_was_not_there_yet(tmp_path: Path, log: SmallLog) -> list[Answer]:
    draft = drafted(log, visit(log, {"operator": "p/N"}))
    early = refused(lambda: log.handle.append(draft), state=state_of(log))
    forger = Forger()
    index = forger.add(forger.event(people={"operator": "p/N"}))
    forger.add(forger.event("enrolled", TWO, body=enrolment(forger.log_id, "p/N", signer("p/N").public_key, by="p/N")))
    return [early, found(forger.write(tmp_path / "forged"), "unknown-key", index=index, log_id=forger.log_id)]


@attack(
    "SK16", "Somebody signs who is no administrator any more, or who has left", "K",
    is_refused("revoked-key"), is_found("HND-6"), is_refused("forbidden", "HND-6"),
    note="Keys don't expire and posts are no matter of integrity: a rule finds it, and the policy may refuse by it",
)  # fmt: skip
def test_somebody_signs_whose_time_is_over(log: SmallLog) -> list[Answer]:
    rest = {"p/A2": "p/A2", "p/A3": "p/A3", "p/N": "p/N"}
    body = {"administrators": [[person, (1, signer(key).public_key)] for person, key in rest.items()], "threshold": 2}
    keys = {person: signer(key) for person, key in rest.items()}
    log.handle.record_event("administered", body=body, people={"administrator": list(rest)}, signers=keys)
    end = log.handle.prepare("log_closed", body={"successor": "none"}, people=TWO)
    administrator = refused(lambda: log.handle.append(propose(end, log.administrators)), state=state_of(log))

    def leaves(office: Office) -> Office:
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        office.office("11-10 18:00", "departed", person="p/李敏", reason="调离")
        return office

    def signs(office: Office) -> int:
        return office.tell("11-12 10:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1")

    office, strict = leaves(Office()), leaves(guarded({}, "HND-6"))
    return [
        administrator,
        breach(office, "HND-6", "p/李敏", signs(office)),
        refused(lambda: signs(strict), state=size_of(strict)),
    ]


# --- who may do what --------------------------------------------------------------------------------------


def _destroys(office: Office) -> int:
    """A clerk supervises a destruction beside the registrar."""
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    return office.tell(
        "06-02 10:00", "destroyed.carriers", on=["c/1"], who={"supervisor": ["李敏", "赵强"]}, method="pulp"
    )


@attack(
    "SK17", "A clerk supervises a destruction without the post, or signs as an administrator; then the table of posts is edited", "KW",
    is_found("DES-3"), is_refused("forbidden", "DES-3"), is_refused("unknown-key"), is_found("DES-3"),
    note="Whoever reads a log as evidence folds its posts anew, and doesn't believe the tables beside it",
)  # fmt: skip
def test_a_clerk_takes_a_higher_post(tmp_path: Path, log: SmallLog) -> list[Answer]:
    posts, path, as_of = {"posts.supervise": "registrar"}, tmp_path / "office", local("12-31")
    office = Office(posts, store=LmdbStore.create(path))
    by_rule = breach(office, "DES-3", "c/1", _destroys(office))
    office.handle.close()
    strict = guarded(posts, "DES-3")
    as_administrator = log.handle.prepare(
        "log_closed", body={"successor": "none"}, people={"administrator": ["p/A1", "p/C"]}
    )
    signers = {"p/A1": signer("p/A1"), "p/C": signer("p/C")}
    with Log.open(path, log_signer=signer("log")) as opened:
        before = opened.findings(rules=["DES-3"], as_of_us=as_of)
    _give_post(path / "derived", "p/赵强", like="p/李敏")
    with Log.open(path, log_signer=signer("log")) as opened:
        assert opened.findings(rules=["DES-3"], as_of_us=as_of) == []  # the office's own screen is told so
    with Log.open(path, read_only=True) as opened:
        assert opened.findings(rules=["DES-3"], as_of_us=as_of) == before
    return [
        by_rule,
        refused(lambda: _destroys(strict), state=lambda: "DES-3" in str(strict.judge("DES-3").findings)),
        refused(lambda: log.handle.append(propose(as_administrator, signers)), state=state_of(log)),
        Answer("found", tuple({one.code for one in before})),
    ]


def _give_post(derived: Path, person: str, *, like: str) -> None:
    """What whoever can write the files does to the registry beside a log."""
    engine = lmdb.open(str(derived), map_size=1 << 26, max_dbs=64, lib_version=0)
    with engine, engine.begin(write=True) as transaction:
        table = engine.open_db(b"people.persons", txn=transaction, create=False)
        transaction.put(person.encode(), transaction.get(like.encode(), db=table), db=table)


@attack(
    "SK18", "An administrator grants himself a post or a key", "K", is_refused("below-threshold"), is_found("below-threshold"),
    note="Who gains by an act doesn't count for it; what others grant him stands in his own history, and so does its end",
)  # fmt: skip
def test_an_administrator_grants_himself_a_post(tmp_path: Path, log: SmallLog) -> list[Answer]:
    post = {"person": "p/A1", "post": "registrar", "over": "u/镇", "valid_from": "2025-01-01"}
    own = signer("p/A1 as a person")
    grants = [
        ("appointed.post", post),
        ("enrolled", enrolment(log.handle.id, "p/A1", own.public_key, by="p/A1 as a person")),
    ]
    forger = Forger()
    index = forger.add(forger.event("appointed.post", TWO, body=post, subjects=["p/A1"]))
    answers = [
        same(refused(lambda: log.administer(*one), state=state_of(log)) for one in grants),
        found(forger.write(tmp_path / "forged"), "below-threshold", index=index, log_id=forger.log_id),
    ]
    others = {person: signer(person) for person in ADMINISTRATORS[1:]}
    log.handle.record_event("appointed.post", body=post, people={"administrator": list(others)}, signers=others)
    log.administer("dismissed", {"person": "p/A1"})
    assert [entry.kind for entry in log.handle.reader.history("p/A1")][:2] == ["dismissed", "appointed.post"]
    return answers


@attack(
    "SK22", "A threshold of none, of one or below: of administrators, of recovery keys, of supervisors", "K",
    is_refused("malformed"), is_refused("bad-policy"), is_found("malformed"), is_found("bad-policy"),
    note="Every shipped policy asks for two supervisors, and so do rules where a policy says nothing",
)  # fmt: skip
def test_a_threshold_below_two(tmp_path: Path, log: SmallLog) -> list[Answer]:
    new = tmp_path / "new"

    def opened(**numbers: object) -> None:
        Log.create(new, signed_genesis(made_genesis(**numbers)), log_signer=signer("log"))

    listed = [[person, (1, signer(person).public_key)] for person in ADMINISTRATORS]
    numbers = [{"threshold": n} for n in (-1, 0, 1)] + [
        {"recovery": ("p/R1", "p/R2"), "recovery_threshold": n} for n in (-1, 0, 1)
    ]
    bodies = [{"administrators": listed, "threshold": n} for n in (-1, 0, 1)]
    administered = {
        "people": {"administrator": list(ADMINISTRATORS)},
        "signers": {p: signer(p) for p in ADMINISTRATORS},
    }
    policies = [{**POLICY.body(), "parameters": [["min.supervisors", [n]]]} for n in ("0", "1", "-1", "-2")]
    forger = Forger()
    first = forger.add(forger.event("administered", {"administrator": list(ADMINISTRATORS)}, body=bodies[1]))
    second = forger.add(forger.event("policy_adopted", TWO, body=policies[1]))
    report = audit(forger.write(tmp_path / "forged"), log_id=forger.log_id)
    assert all(int(profile_parameters(name)["min.supervisors"][0]) >= 2 for name in profile_names())
    alone = Office(Policy("none", "1", 0, {}))
    receive(alone, "03-03 09:00", ["c/1"], "d/1")
    breach(
        alone,
        "DES-3",
        "c/1",
        alone.tell("06-02 10:00", "destroyed.carriers", on=["c/1"], who={"supervisor": "李敏"}, method="pulp"),
    )
    return [
        same(
            [
                *(refused(lambda: opened(**one), state=new.exists) for one in numbers),
                *(
                    refused(
                        lambda: log.handle.record_event("administered", body=one, **administered), state=state_of(log)
                    )
                    for one in bodies
                ),
            ]
        ),
        same(refused(lambda: log.administer("policy_adopted", one), state=state_of(log)) for one in policies),
        found(report, "malformed", index=first, only=False),
        found(report, "bad-policy", index=second, only=False),
    ]


# --- a key that was stolen, a log that is made up --------------------------------------------------------


@attack(
    "SK19", "A revocation is dropped after it was acknowledged, and the log goes on without it", "AL",
    is_found_outside("truncated"), is_found_outside("forked"),
    note="Its receipt holds the signed head; without a receipt nobody was told that it stands",
)  # fmt: skip
def test_a_revocation_is_dropped(tmp_path: Path, log: SmallLog) -> list[Answer]:
    with log.store.snapshot() as snapshot:
        before = tables_of(snapshot)
    receipt = log.administer("revoked", revocation("p/Z"))
    path, log_id = tmp_path / "retold", log.handle.id
    write_log(path, before)
    answers = [
        found_outside(
            audit(path, log_id=log_id), audit(path, log_id=log_id, checkpoint=receipt.checkpoint), "truncated"
        )
    ]
    with Log.open(path, log_signer=signer("log"), clock=log.clock) as retold:
        for place in ("w/1", "w/2"):
            people = {"operator": "p/Z"}
            retold.record_event(
                "accessed.entered", body={}, people=people, signers={"p/Z": signer("p/Z")}, subjects=[place]
            )
    alone, beside = audit(path, log_id=log_id), audit(path, log_id=log_id, checkpoint=receipt.checkpoint)
    return [*answers, found_outside(alone, beside, "forked")]


@attack(
    "SK20", "A stolen key signs until it is revoked", "K", BEYOND, is_found("doubtful"),
    note="The revocation may name since when; acts by the key from there on are doubtful until somebody countersigns them",
)  # fmt: skip
def test_a_stolen_key_signs_before_it_is_revoked(tmp_path: Path, log: SmallLog) -> list[Answer]:
    first = log.record("accessed.entered", {"operator": "p/Z"}, subjects=["w/1"])
    second = log.record("accessed.entered", {"operator": "p/Z"}, subjects=["w/2"])
    assert audit(tmp_path / "log", log_id=log.handle.id).findings == ()
    log.administer("revoked", revocation("p/Z", doubt_from=first.index))
    log.record("countersigned", {"operator": "p/L"}, refs=[first.event_id])
    report = audit(tmp_path / "log", log_id=log.handle.id)
    assert [(one.code, one.index, one.subject) for one in report.findings] == [("doubtful", second.index, "p/Z")]
    return [beyond("A key stolen before it was revoked"), Answer("found", ("doubtful",))]


@attack(
    "SK21", "A key file names a public key that is not its secret's, so that two signatures would give the secret away; or a signer "
    "states one", "A", is_refused("key-file"), is_refused("bad-signature"),
    note="What signs is always derived from the seed",
)  # fmt: skip
def test_a_foreign_public_key_beside_a_secret(tmp_path: Path, log: SmallLog, cheap: None) -> list[Answer]:
    path = store(tmp_path / "a.key", key_file(public_key=signer("p/Z").public_key))

    class Stating:
        public_key = signer("p/Z").public_key
        sign_event = signer("p/C").sign_event

    draft = log.handle.draft(visit(log, {"operator": "p/Z"}))
    return [
        refused(lambda: keyfile.load(path, passphrase=PASSPHRASE)),
        refused(lambda: draft.sign(Stating(), role="operator", person="p/Z", signed_at_us=0)),
    ]


@attack(
    "SK24", "A whole log is made up with keys of the forger's own, under the same name, with the same persons", "W",
    is_found_outside("wrong-log"), note="Without the log's id the answer is 'self-consistent', and says what that means",
)  # fmt: skip
def test_a_log_with_keys_of_its_own(tmp_path: Path, log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> Answer:
    monkeypatch.setattr("tests.builders.signer", lambda name: signer(f"forged {name}"))
    forged = log_at(tmp_path / "forged", persons=())
    forged.handle.close()
    alone = audit(tmp_path / "forged", log_id=None)
    assert (alone.trust, alone.origin.partition("/")[0]) == ("self-consistent", log.handle.name)
    assert "identity" in [one.what for one in alone.not_checked]
    return found_outside(alone, audit(tmp_path / "forged", log_id=log.handle.id), "wrong-log")
