"""Bundles that the package makes: the same as those put together by hand, and what a log on disk or in memory gives."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import pytest

from chainlog import digest, limits
from chainlog.canon import codec
from chainlog.errors import LimitError, NotFoundError, ProofError, RecordHashError, SealError, UsageError
from chainlog.facade import Log
from chainlog.log.genesis import Policy
from chainlog.log.handle import propose
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.bundle_make import Beginning, Commitment, make_bundle, newest_commitment
from chainlog.record.keys import ReaderKey
from chainlog.record.record import check_record, unverified_record
from chainlog.store.lmdb_store import LmdbStore
from chainlog.tree.note import parse_note
from tests.builders import small_log
from tests.signers import signer
from tests.trees import ListTree
from tests.witnesses import cosigned_note, witness
from tools.fixed_bundle import bundle_of, commit_map, map_proof, map_root, note_of, told_log
from tools.fixed_log import CHIEF, CLERK, KEEPER, Growing, administrators, public

CHECK = {"reason": "other", "passed": True}
READER = ReaderKey.from_seed(bytes(32))


class Given(NamedTuple):
    proof: bytes


class Map:
    """The map of the first *size* records, made by hand."""

    def __init__(self, log, size):
        self._log, self._size = log, size
        self.root = map_root(log, size)

    def prove(self, subject):
        return Given(map_proof(self._log, self._size, subject))


def made(log, wanted, *, size=None, **rest):
    part = Growing(log.records[:size])
    commitment = newest_commitment(part)
    return make_bundle(
        log, ListTree([digest.record_hash(data) for data in log.records]), checkpoint=note_of(part), subjects=wanted,
        commitment=commitment, proofs=None if commitment is None else Map(log, commitment.size), **rest,
    )  # fmt: skip


def indexes(data):
    return [codec.decode(record)[1] for record in decode_bundle(data).records]


# --- against bundles by hand ---------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [["c/87"], ["c/88", "c/87"], [CHIEF], [KEEPER, "w/1"], ["p/省交换员"], ["c/NONE"]])
@pytest.mark.parametrize("tail", [0, 2])
def test_it_is_what_one_puts_together_by_hand(wanted, tail):
    log = told_log()
    log.add("revoked", body={"person": CLERK, "key": (1, public(CLERK)), "reason": "lost"}, people=administrators(2))
    # Of the log's own histories every record is shown, whatever the bundle is about.
    log.add("policy_adopted", body=Policy("later", "2", 0, {}).body(), people=administrators(2))
    committed = commit_map(log)
    for number in range(tail):
        log.add(
            "transferred.store",
            body={"place": "w/G1"},
            people=[("registrar", KEEPER, 1)],
            subjects=[f"c/{87 + number}"],
        )
    assert made(log, wanted).data == bundle_of(log, wanted, committed=committed).encoded()


def test_the_beginning_of_a_log_knows_nothing_later():
    log = told_log()
    # The second event of a subject that record 0 named first.
    log.add("policy_adopted", body=Policy("later", "2", 0, {}).body(), people=administrators(2))
    assert unverified_record(log.records[-1]).links[-1][:2] == (1, 0)
    ids = [check_record(data).event.event.id for data in log.records]
    for size in range(1, log.size + 1):
        view = Beginning(log, size)
        below = range(size)
        assert [view.index_of(event_id) for event_id in ids] == [n if n in below else None for n in range(log.size)]
        assert [view.record(n) for n in range(log.size)] == [
            log.records[n] if n in below else None for n in range(log.size)
        ]
        assert view.index_of(bytes(16)) is None
        heads = Growing(log.records[:size]).heads()
        assert {subject: view.subject(subject) for subject in log.heads()} == {s: heads.get(s) for s in log.heads()}


class Holed:
    """A log of which one record is gone."""

    def __init__(self, log, gone):
        self.size, self.subject, self.index_of = log.size, log.subject, log.index_of
        self.record = lambda index: None if index == gone else log.record(index)


def test_time_stamps_stand_in_the_order_of_their_encodings():
    log = told_log()
    stamped = sha256(parse_note(note_of(log)).text.encode()).digest()
    tokens = [b"aa" + stamped, b"b" + stamped, b"a" + stamped]
    found = decode_bundle(made(log, ["c/87"], tokens=tokens).data).tokens
    assert found == (b"a" + stamped, b"b" + stamped, b"aa" + stamped)


def test_a_gone_record_is_named():
    log = told_log()
    with pytest.raises(RecordHashError) as caught:
        Beginning(Holed(log, 8), 5).subject("c/87")
    assert caught.value.index == 8
    # The loan, to which the return refers: asked for as a reference only.
    referring = log.add(
        "transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=["c/89"],
        refs=[log.reference(6)],
    )  # fmt: skip
    tree = ListTree([digest.record_hash(data) for data in log.records])
    with pytest.raises(RecordHashError) as caught:
        make_bundle(
            Holed(log, 6), tree, checkpoint=note_of(log), subjects=["c/89"], commitment=None, proofs=None,
            references=True,
        )  # fmt: skip
    assert (caught.value.index, referring) == (6, 9)


@pytest.mark.parametrize("size", [5, 9, 10, 11, 12])
def test_as_of_any_checkpoint(size):
    log = told_log()
    commit_map(log)
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=["c/87"])
    commit_map(log)
    log.add("transferred.store", body={"place": "w/G2"}, people=[("registrar", KEEPER, 1)], subjects=["c/87"])
    part = Growing(log.records[:size])
    found = newest_commitment(part)
    committed = None if found is None else found.index
    assert committed == (None if size < 10 else 9 if size < 12 else 11)
    by_hand = bundle_of(log, [KEEPER], committed=committed, checkpoint=note_of(part))
    assert made(log, [KEEPER], size=size).data == by_hand.encoded()


def test_a_correction_of_a_commitment_is_none():
    log = told_log()
    committed = commit_map(log)
    people = [("registrar", KEEPER, 1)]
    log.add("countersigned", body={}, people=people, subjects=["s/map", KEEPER], refs=[log.reference(committed)])
    assert newest_commitment(log).index == committed
    assert newest_commitment(told_log()) is None


def test_references_are_shown_when_asked_for():
    log = told_log()
    commit_map(log)
    # The clerk took part in the loan and the return; what the chief countersigns refers to both.
    lent = log.reference(6)
    log.add(
        "countersigned", body={}, people=[("witness", CHIEF, 1)], subjects=["c/87", KEEPER, CLERK, CHIEF], refs=[lent]
    )
    commit_map(log)
    without = made(log, [CHIEF])
    assert 6 not in indexes(without.data)
    assert "references" in dict(without.report.not_checked)
    with_it = made(log, [CHIEF], references=True)
    assert 6 in indexes(with_it.data)
    assert "references" not in dict(with_it.report.not_checked)


def test_a_map_that_was_not_committed_to_is_refused():
    log = told_log()
    commit_map(log, root=bytes(32))
    with pytest.raises(ProofError):
        made(log, ["c/87"])


def test_a_damaged_log_gives_no_bundle():
    log = told_log()
    commit_map(log)
    log.records[6] = log.records[6][:-1] + b"\x00"
    with pytest.raises(RecordHashError):
        made(log, ["c/87"])


def test_of_nothing_there_is_no_selection():
    with pytest.raises(NotFoundError):
        made(told_log(), ["c/NONE"])


def test_more_records_than_a_bundle_holds(monkeypatch):
    log = told_log()
    commit_map(log)
    for name in ("bundle_make", "bundle"):
        monkeypatch.setattr(f"chainlog.proof.{name}.BUNDLE_RECORDS_MAX", 6, raising=False)
    with pytest.raises(LimitError):
        made(log, ["c/87"])
    with pytest.raises(LimitError):
        made(log, [KEEPER])


def test_half_a_map_is_a_mistake_of_the_caller():
    log = told_log()
    with pytest.raises(AssertionError):
        make_bundle(
            log, ListTree([]), checkpoint=note_of(log), subjects=["c/87"], commitment=Commitment(1, 1, b""), proofs=None
        )


# --- from an open log ----------------------------------------------------------------------------


@pytest.fixture(params=["memory", "disk"])
def log(request, tmp_path):
    store = None if request.param == "memory" else LmdbStore.create(tmp_path / "log")
    policy = Policy("p", "1", 0, {"seal.fields": ["findings", "note"], "seal.readers": [READER.public_key.hex()]})
    small = small_log(store=store, policy=policy)
    where = "" if request.param == "memory" else str(tmp_path / "log")
    with Log(small.store, log_signer=signer("log"), clock=small.clock, path=where) as opened:
        yield opened


def note(log, carrier, text=None, person="p/Z"):
    body = {**CHECK, **({} if text is None else {"note": text})}
    return log.record_event(
        "checked.carrier", body=body, people={"operator": person}, signers={person: signer(person)}, subjects=[carrier]
    )


def test_a_log_makes_bundles(log):
    for _ in range(3):
        note(log, "c/甲1")
    note(log, "c/甲2")
    first = check_bundle(log.bundle(["c/甲1"]), log_id=log.id)
    assert (first.authenticity, first.completeness) == ("keys-unproven", "selection")
    log.commit_map()
    report = check_bundle(log.bundle(["c/甲 1", "c/甲3"]), log_id=log.id)
    assert (report.authenticity, report.completeness, report.size) == ("genuine", "complete", log.reader.size)
    assert [(one.subject, one.records) for one in report.subjects] == [("c/甲1", 3), ("c/甲3", 0)]
    for wrong in ("s/log", "k/" + "0" * 64, "x", "x/1", ""):
        with pytest.raises(UsageError):
            log.bundle([wrong])


def test_sealed_values_are_opened_by_who_can(log):
    sealed = note(log, "c/1", "内情")
    open_ = note(log, "c/1", "公开")
    log.commit_map()
    assert check_bundle(log.bundle(["c/1"]), log_id=log.id).openings == ()
    which = [(sealed.event_id, "note"), (open_.event_id, "note")]
    report = check_bundle(log.bundle(["c/1"], openings=which, reader_key=READER), log_id=log.id)
    assert sorted(report.openings) == sorted([(sealed.event_id, "note", "内情"), (open_.event_id, "note", "公开")])
    with pytest.raises(UsageError):
        log.bundle(["c/1"], openings=which)
    with pytest.raises(SealError):
        log.bundle(["c/1"], openings=which, reader_key=ReaderKey.from_seed(bytes(31) + b"1"))
    with pytest.raises(NotFoundError):
        log.bundle(["c/1"], openings=[(sealed.event_id, "title")], reader_key=READER)
    with pytest.raises(NotFoundError):
        log.bundle(["c/1"], openings=[(bytes(16), "note")], reader_key=READER)


def test_two_sealed_values_of_one_event_are_opened(log):
    body = {"topic": "special", "findings": "少一份", "note": "内情"}
    people, person = {"operator": "p/Z"}, "p/Z"
    done = log.record_event(
        "checked.inspection", body=body, people=people, signers={person: signer(person)}, subjects=["c/1"]
    )
    log.commit_map()
    # A file has them in the order of their bytes, in which the shorter name stands first; told are they in any.
    for which in (["findings", "note"], ["note", "findings"]):
        data = log.bundle(["c/1"], openings=[(done.event_id, field) for field in which], reader_key=READER)
        opened = check_bundle(data, log_id=log.id).openings
        assert [(where, text) for _, where, text in opened] == [("note", "内情"), ("findings", "少一份")]


def test_a_cosigned_checkpoint_is_used(log):
    note(log, "c/1")
    log.commit_map()
    old = cosigned_note(log.checkpoint(), "west")
    note(log, "c/1")
    report = check_bundle(log.bundle(["c/1"], checkpoint=old), log_id=log.id, witnesses=[witness("west")])
    assert (report.size, report.completeness, report.subjects[0].records) == (log.reader.size - 1, "complete", 1)
    assert [one.name for one in report.witnesses] == ["west"]


def test_three_hundred_records_are_a_small_file(log):
    people = [("operator", "p/C", 1)]
    events = [log.prepare("checked.carrier", body=CHECK, people=people, subjects=[f"c/{n % 2}"]) for n in range(300)]
    log.append_many([propose(event, {"p/C": signer("p/C")}) for event in events])
    log.commit_map()
    data = log.bundle(["c/0", "c/1"])
    report = check_bundle(data, log_id=log.id)
    assert (report.authenticity, report.completeness, len(report.records)) == ("genuine", "complete", 300 + 1 + 1 + 1)
    assert len(data) < 300 * 700 < limits.BUNDLE_FILE_BYTES_MAX
