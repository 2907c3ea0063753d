"""`chainlog.Log` on disk: made, opened, closed, backed up; texts sealed by policy from end to end."""

from __future__ import annotations

import pytest

import chainlog
from chainlog.canon import codec
from chainlog.errors import (
    HandleClosedError,
    LogExistsError,
    NotALogError,
    NotFoundError,
    ReadOnlyError,
    RefusedError,
    SealError,
    StoreFullError,
    UsageError,
    VerificationError,
)
from chainlog.facade import Log
from chainlog.forensics import seals
from chainlog.forensics.audit import audit
from chainlog.log.genesis import Policy
from chainlog.log.handle import propose
from chainlog.log.sealing import Seals
from chainlog.record.keys import ReaderKey
from chainlog.record.statement import EnrolStatement
from chainlog.store.memory import MemoryStore
from tests.builders import ADMINISTRATORS, Clock, made_genesis, signed_genesis, small_log
from tests.signers import signer

BODY = {"reason": "other", "passed": True}
ONE, TWO = (ReaderKey.from_seed(bytes([n]) * 32) for n in (1, 2))
TITLE = "关于印发〈保密工作要点〉的通知"
TWO_ADMINISTRATORS = {person: signer(person) for person in ADMINISTRATORS[:2]}


def created(path, *, persons=("p/L", "p/Z"), parameters=None, **rest):
    clock = Clock()
    policy = Policy("p", "1", 0, {"min.supervisors": ["2"], **(parameters or {})})
    draft = signed_genesis(made_genesis(policy=policy), now_us=clock())
    log = Log.create(path, draft, log_signer=signer("log"), clock=clock, **rest)
    for person in persons:
        proof = signer(person).sign_enrolment(EnrolStatement(log.id, person, 1, signer(person).public_key))
        body = {"person": person, "key": (1, signer(person).public_key), "proof": proof}
        log.record_event(
            "enrolled", body=body, people={"administrator": list(TWO_ADMINISTRATORS)}, signers=TWO_ADMINISTRATORS
        )
    return log


def act(log, carrier="c/1"):
    return log.record_event("checked.carrier", body=BODY, people={"operator": "p/Z"}, signers={"p/Z": signer("p/Z")},
                            subjects=[carrier])  # fmt: skip


def test_findings_are_kept_by_one_and_written_at_the_end(tmp_path):
    with created(tmp_path / "log", parameters={"within.late": ["1h"]}) as log:
        log.kept_findings.refresh(log.now_us())
        act(log)
        log.record_event(
            "checked.carrier", body=BODY, people={"operator": "p/Z"}, signers={"p/Z": signer("p/Z")}, subjects=["c/2"],
            occurred=(log.now_us() - 10 * 3_600_000_000, 0),
        )  # fmt: skip
        log.kept_findings.refresh(log.now_us())
        kept = log.kept_findings.judgement()
        assert [one.code for one in kept.findings] == ["REC-4"]
        assert log.kept_findings is log.kept_findings
        with log.projections.kv.read() as below:
            assert not any(b"REC-4" in data for _, data in below.table("findings.rows").scan())
    with Log.open(tmp_path / "log") as log:
        assert log.kept_findings.judgement() == kept
        assert log.kept_findings.of("c/2") == kept.findings


def test_made_closed_and_opened(tmp_path):
    with created(tmp_path / "log") as log:
        receipt = act(log)
        assert (receipt.index, receipt.log_id) == (3, log.id)
        assert log.directory == tmp_path / "log"
    with pytest.raises(HandleClosedError):
        act(log)
    with Log.open(tmp_path / "log", log_signer=signer("log"), log_id=log.id) as again:
        assert again.reader.find(receipt.event_id).record_hash == receipt.record_hash
        assert act(again).index == 4
    with Log.open(tmp_path / "log") as reader:
        assert reader.reader.size == 5
        with pytest.raises(ReadOnlyError):
            act(reader)
    log.close()


def test_the_public_names_make_a_log(tmp_path):
    administrators = [(person, signer(person)) for person in ADMINISTRATORS]
    event = chainlog.genesis_event(
        name="draft.public", unit="u/镇", administrators=[(p, s.public_key) for p, s in administrators], threshold=2,
        log_key=signer("log").public_key, policy=chainlog.Policy("p", "1", 0, {}), utc_offset_minutes=480, now_us=1,
    )  # fmt: skip
    draft = chainlog.genesis_draft(event)
    for person, key in administrators:
        draft = draft.sign(key, role="administrator", person=person, signed_at_us=1)
    draft = draft.sign(signer("log"), role="log", person="s/log", signed_at_us=1)
    with chainlog.Log.create(tmp_path / "log", draft, log_signer=signer("log")) as log:
        assert (log.name, log.reader.size) == ("draft.public", 1)


def test_a_directory_is_used_once(tmp_path):
    created(tmp_path / "log").close()
    with pytest.raises(LogExistsError):
        created(tmp_path / "log")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("x")
    with pytest.raises(LogExistsError):
        created(tmp_path / "other")
    for path in ("none", "other"):
        with pytest.raises(NotALogError):
            Log.open(tmp_path / path)


def test_a_bad_genesis_makes_nothing(tmp_path):
    draft = signed_genesis(made_genesis())
    wrong = [
        (draft._replace(signatures=draft.signatures[1:]), "log", RefusedError),
        (
            draft._replace(signatures=(draft.signatures[0]._replace(signature=bytes(64)), *draft.signatures[1:])),
            "log",
            VerificationError,
        ),
        (signed_genesis(made_genesis(threshold=3)), "log", RefusedError),
    ]
    for genesis, key, error in wrong:
        with pytest.raises(error):
            Log.create(tmp_path / "log", genesis, log_signer=signer(key))
        assert not (tmp_path / "log").exists()


def test_another_log_than_expected(tmp_path):
    log = created(tmp_path / "log")
    log.close()
    with pytest.raises(VerificationError):
        Log.open(tmp_path / "log", log_id=bytes(32))
    # It was closed again: whoever comes next can open it.
    Log.open(tmp_path / "log", log_id=log.id).close()


def test_a_backup_is_a_log(tmp_path):
    with created(tmp_path / "log") as log:
        receipt = act(log)
        log.backup(tmp_path / "copy")
        act(log)
        with pytest.raises(LogExistsError):
            log.backup(tmp_path / "copy")
    with Log.open(tmp_path / "copy", log_id=log.id, read_only=True) as copy:
        assert (copy.reader.size, copy.reader.read(3).record_hash) == (4, receipt.record_hash)


def test_evidence_is_opened_without_touching_it(tmp_path):
    with created(tmp_path / "log") as log:
        act(log)
    before = {
        path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "log").rglob("*") if path.is_file()
    }
    with Log.open(tmp_path / "log", read_only=True) as log:
        assert log.reader.size == 4
        assert list(log.seals.lost()) == []
    after = {
        path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "log").rglob("*") if path.is_file()
    }
    assert before == after


# --- titles outside the log ----------------------------------------------------------------------


def sealing(**more):
    return {"seal.fields": ["title", "note"], "seal.readers": [ONE.public_key.hex(), TWO.public_key.hex()], **more}


def registered(log, **rest):
    document = {"title": TITLE, "issuer": "u/县", "level": "秘密"}
    return log.record_event(
        "registered.document", body={"register": "发文", "serial": 1, "document": document, "note": "第一行\n第二行"},
        people={"registrar": "p/Z"}, signers={"p/Z": signer("p/Z")}, subjects=["d/1"], **rest,
    )  # fmt: skip


@pytest.fixture(params=["disk", "memory"])
def quiet(request, tmp_path):
    """A log whose policy seals titles and notes."""
    if request.param == "disk":
        with created(tmp_path / "log", parameters=sealing()) as log:
            yield log
        return
    small = small_log(store=MemoryStore(), policy=Policy("p", "1", 0, sealing()))
    with Log(small.store, log_signer=signer("log"), clock=small.clock) as log:
        yield log


def erase(log, target, path="document.title", people=None):
    people = people or {"registrar": "p/Z", "approver": "p/L"}
    return log.erase(target, path=path, reason="法定", people=people, signers={p: signer(p) for p in ("p/Z", "p/L")})


def test_titles_stay_out_of_the_log_from_end_to_end(quiet):
    log = quiet
    receipt = registered(log)
    entry = log.reader.find(receipt.event_id)
    body = codec.decode(bytes(entry.event.body))
    assert set(body["document"]["title"]) == set(body["note"]) == {"sealed"}
    for reader in (ONE, TWO):
        assert log.seals.show(entry, path="document.title", reader_key=reader) == TITLE
        assert log.seals.show(entry, path="note", reader_key=reader) == "第一行\n第二行"
    if log.path:
        files = [path.read_bytes() for path in log.directory.rglob("*.mdb")]
        assert len(files) >= 2
        assert all(TITLE.encode() not in data for data in files)
    # Erased: by two persons, on record, and for good.
    with pytest.raises(RefusedError):
        erase(log, receipt.event_id, people={"registrar": "p/Z", "approver": "p/Z"})
    assert log.seals.show(entry, path="document.title", reader_key=ONE) == TITLE
    for target, path in ((b"\7" * 16, "document.title"), (receipt.event_id, "title"), (receipt.event_id, "register")):
        size = log.reader.size
        with pytest.raises(NotFoundError):
            erase(log, target, path)
        assert log.reader.size == size
    erase(log, receipt.event_id)
    with pytest.raises(SealError, match="was erased"):
        log.seals.show(entry, path="document.title", reader_key=ONE)
    assert log.seals.show(entry, path="note", reader_key=ONE) == "第一行\n第二行"
    assert list(log.seals.lost()) == []
    assert log.reader.history("d/1")[0].kind == "erased"


def test_an_event_that_cannot_be_made_leaves_no_box(quiet):
    with pytest.raises(chainlog.errors.FormatError):
        quiet.prepare("registered.document", body={"register": "", "serial": 1, "note": "x"}, people={"registrar": "p/Z"},
                      subjects=["d/1"])  # fmt: skip
    with quiet._beside("sealed").read() as transaction:
        assert list(transaction.table("boxes").scan()) == []


def test_the_policy_says_who_reads(tmp_path):
    with created(tmp_path / "log", parameters={"seal.fields": ["title"]}) as log:
        with pytest.raises(UsageError):
            registered(log)
        assert log.reader.size == 3
        policy = Policy(
            "p", "2", 0, {"min.supervisors": ["2"], "seal.fields": ["title"], "seal.readers": [ONE.public_key.hex()]}
        )
        event = log.prepare("policy_adopted", body=policy.body(), people={"administrator": list(TWO_ADMINISTRATORS)})
        log.append(propose(event, TWO_ADMINISTRATORS))
        entry = log.reader.find(registered(log, event_id=b"\3" * 16).event_id)
        assert entry.event.id == b"\3" * 16
        assert entry.body().note == "第一行\n第二行"
        assert log.seals.show(entry, path="document.title", reader_key=ONE) == TITLE
        with pytest.raises(SealError):
            log.seals.show(entry, path="document.title", reader_key=TWO)


def test_sealed_values_of_a_log_opened_again(tmp_path):
    with created(tmp_path / "log", parameters=sealing()) as log:
        entry = log.reader.find(registered(log).event_id)
    with Log.open(tmp_path / "log", read_only=True) as log:
        assert log.seals.show(entry, path="document.title", reader_key=TWO) == TITLE
        with pytest.raises(ReadOnlyError):
            log.seals.share(entry, path="document.title", reader_key=TWO, with_reader=ONE.public_key)


def lost_in(path, log_id):
    report = audit(path, log_id=log_id)
    lost = [(finding.index, finding.subject) for finding in report.findings if finding.code == "seal-lost"]
    assert report.integrity == ("broken" if lost else "intact")
    assert "sealed values" not in {entry.what for entry in report.not_checked}
    return lost


def erase_all(log, registered):
    """Erase both sealed values of a registration."""
    for path in ("document.title", "note"):
        erase(log, registered.event_id, path)


def test_a_backup_has_the_sealed_values(tmp_path):
    with created(tmp_path / "log", parameters=sealing()) as log:
        receipt = registered(log)
        log.backup(tmp_path / "copy")
        with pytest.raises(LogExistsError):
            log.backup(tmp_path / "copy")
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["sealed", "truth"]
    with Log.open(tmp_path / "copy", log_id=log.id, read_only=True) as copy:
        entry = copy.reader.find(receipt.event_id)
        assert copy.seals.show(entry, path="document.title", reader_key=ONE) == TITLE
    assert lost_in(tmp_path / "copy", log.id) == []


@pytest.mark.parametrize("when", ["before the boxes", "after the boxes"])
def test_an_erasure_while_a_backup_is_made(tmp_path, monkeypatch, when):
    copy_to, erased = Seals.copy_to, []

    def slowly(self, target):
        if when == "after the boxes":
            copy_to(self, target)
        if not erased:
            erased.append(True)
            erase_all(log, receipt)
        if when == "before the boxes":
            copy_to(self, target)

    with created(tmp_path / "log", parameters=sealing()) as log:
        receipt = registered(log)
        monkeypatch.setattr(Seals, "copy_to", slowly)
        log.backup(tmp_path / "copy")
        with Log.open(tmp_path / "copy", read_only=True) as copy:
            assert copy.reader.size == log.reader.size
    assert lost_in(tmp_path / "copy", log.id) == []


@pytest.mark.parametrize("given", [False, True])
def test_a_backup_that_fails_leaves_nothing(tmp_path, monkeypatch, given):
    def full(_self, _target):
        raise StoreFullError("x")

    with created(tmp_path / "log", parameters=sealing()) as log:
        registered(log)
        if given:
            (tmp_path / "copy").mkdir()
        with monkeypatch.context() as patch:
            patch.setattr(Seals, "copy_to", full)
            with pytest.raises(StoreFullError):
                log.backup(tmp_path / "copy")
        assert [path.name for path in tmp_path.rglob("*") if "copy" in str(path)] == ["copy"] * given
        log.backup(tmp_path / "copy")
    memory = Log(small_log(store=MemoryStore()).store)
    with pytest.raises(UsageError):
        memory.backup(tmp_path / "another")


def test_an_audit_finds_lost_values_and_no_erased_ones(tmp_path):
    with created(tmp_path / "log", parameters=sealing()) as log:
        first, second = registered(log), registered(log)
        erase_all(log, first)
        with log._beside("sealed").write() as transaction:
            for key, _ in list(transaction.table("boxes").scan()):
                transaction.table("boxes").delete(key)
    assert lost_in(tmp_path / "log", log.id) == [(second.index, "document.title"), (second.index, "note")]
    (tmp_path / "log" / "sealed" / "data.mdb").write_bytes(bytes(8192))
    report = audit(tmp_path / "log", log_id=log.id)
    assert report.integrity == "broken"
    assert [(finding.code, finding.subject) for finding in report.findings] == [("page-corrupt", "sealed/data.mdb")]
    assert "sealed values" in {entry.what for entry in report.not_checked}


def test_an_erasure_while_an_audit_reads(tmp_path, monkeypatch):
    copy, calls = seals.copy_data_file, []

    def slowly(directory, target, **rest):
        if not calls:
            erase_all(log, receipt)
        calls.append(directory.name)
        copy(directory, target, **rest)

    with created(tmp_path / "log", parameters=sealing()) as log:
        receipt = registered(log)
        monkeypatch.setattr(seals, "copy_data_file", slowly)
        assert lost_in(tmp_path / "log", log.id) == []
    assert calls == ["sealed", "truth"]
