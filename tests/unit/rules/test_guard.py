"""What the policy lists under `refuse` doesn't get in: by one thread, in one block, by two handles, as drafts, by import."""

from __future__ import annotations

import pytest

from chainlog.authority.state import ViewAuthority
from chainlog.errors import ForbiddenError, FormatError
from chainlog.facade import Log
from chainlog.log.block import BlockBuilder
from chainlog.log.genesis import Policy
from chainlog.log.handle import LogHandle, propose
from chainlog.projection.runner import Projections
from chainlog.record import keys
from chainlog.record.statement import EnrolStatement
from chainlog.rules.guard import RuleGuard, unknown_rules
from tests.builders import ADMINISTRATORS, T0, Clock, made_genesis, signed_genesis
from tests.registers import csv_bytes, put
from tests.signers import signer

PERSONS = ("p/L", "p/Z", "p/C")
TWO = {person: signer(person) for person in ADMINISTRATORS[:2]}
DAY = 86_400_000_000


def policy(refuse, *, effective_at_us=0, parameters=None):
    return Policy("office", "1", effective_at_us, {"min.supervisors": ["2"], **(parameters or {})}, refuse)


def body_of(refuse, **rest):
    """Of `policy_adopted`, whatever this release thinks of the rules."""
    return policy(refuse, **rest).body()


@pytest.fixture
def made(tmp_path):
    """A log on disk whose first policy refuses *refuse*."""
    opened = []

    def make(refuse=(), **rest):
        clock = Clock()
        draft = signed_genesis(made_genesis(policy=policy(refuse, **rest)), now_us=clock())
        log = Log.create(tmp_path / "log", draft, log_signer=signer("log"), clock=clock)
        opened.append(log)
        for person in PERSONS:
            proof = signer(person).sign_enrolment(EnrolStatement(log.id, person, 1, signer(person).public_key))
            office(log, "enrolled", {"person": person, "key": (1, signer(person).public_key), "proof": proof})
        return log

    yield make
    for log in opened:
        log.close()


def office(log, kind, body, **rest):
    return log.record_event(kind, body=body, people={"administrator": list(TWO)}, signers=TWO, **rest)


def event(log, kind, people, body, subjects, *, view=None, **rest):
    return log.prepare(kind, body=body, people=people, subjects=subjects, view=view, **rest)


def proposal(log, kind, people, body, subjects, **rest):
    made = event(log, kind, people, body, subjects, **rest)
    return propose(made, {person: signer(person) for _, person, signs in made.event.people if signs})


def record(log, kind, people, body, subjects, **rest):
    return log.append(proposal(log, kind, people, body, subjects, **rest))


def received(log, *carriers):
    body = {
        "level": "秘密", "sender": "u/县委办", "channel": "exchange", "seal": "intact", "listed": len(carriers),
        "found": len(carriers), "items": [{"carrier": carrier, "document": "d/1", "form": "document"} for carrier in carriers],
    }  # fmt: skip
    return record(log, "created.received", {"receiver": "p/L"}, body, ["d/1", *carriers])


def lending(log, carrier, *, giver="p/L", receiver="p/Z", signs=1, **rest):
    people = [("giver", giver, 1), ("receiver", receiver, signs)]
    return proposal(log, "transferred.lend", people, {"purpose": "起草", "depth": "read"}, [carrier], **rest)


def destruction(log, carriers, supervisors=("p/L", "p/Z"), on=(), **rest):
    people = [("supervisor", person, 1) for person in supervisors]
    return proposal(log, "destroyed.carriers", people, {"method": "shred"}, [*carriers, *on], **rest)


class TestRefused:
    def test_one_signature_where_two_are_wanted(self, made):
        log = made(["TRN-3"])
        received(log, "c/1")
        with pytest.raises(ForbiddenError) as raised:
            log.append(lending(log, "c/1", signs=0))
        error = raised.value
        assert (error.rule, error.subject, error.exit_status) == ("TRN-3", "c/1", 1)
        assert error.article in error.text("zh")
        assert error.article in error.text("en")
        assert "缺接收人签字" in error.text("zh")
        assert "not signed by the receiver" in error.text("en")
        assert log.reader.size == 5
        assert log.append(lending(log, "c/1")).index == 5

    def test_without_refuse_it_is_recorded_and_found(self, made):
        log = made()
        received(log, "c/1")
        index = log.append(lending(log, "c/1", signs=0)).index
        log.append(destruction(log, ["c/1"], ["p/L"]))
        found = log.findings()
        assert {"TRN-3", "DES-1", "DES-2", "DES-3", "DES-7"} <= {finding.code for finding in found}
        assert (index,) in [finding.evidence for finding in found if finding.code == "TRN-3"]

    @pytest.mark.parametrize("rule", ["DES-1", "DES-2", "DES-3", "DES-7"])
    def test_a_destruction_that_lacks_everything(self, made, rule):
        log = made([rule])
        received(log, "c/1")
        with pytest.raises(ForbiddenError, match=rule):
            log.append(destruction(log, ["c/1"], ["p/L"]))

    def test_only_what_is_listed_is_refused(self, made):
        log = made(["DES-3"])
        received(log, "c/1")
        log.append(destruction(log, ["c/1"]))
        assert "DES-1" in {finding.code for finding in log.findings()}

    def test_the_gravest_is_named(self, made):
        log = made(["TRN-3", "TRN-4"])
        received(log, "c/1")
        log.append(lending(log, "c/1"))
        # p/L has it no longer.
        with pytest.raises(ForbiddenError, match="TRN-4"):
            log.append(lending(log, "c/1", receiver="p/C", signs=0))

    def test_an_act_after_the_destruction(self, made):
        log = made(["DES-13"])
        received(log, "c/1", "c/2")
        log.append(destruction(log, ["c/1"]))
        with pytest.raises(ForbiddenError, match="DES-13"):
            log.append(lending(log, "c/1"))
        log.append(lending(log, "c/2"))

    def test_an_older_breach_refuses_nothing(self, made):
        log = made()
        received(log, "c/1")
        log.append(lending(log, "c/1", signs=0))
        office(log, "policy_adopted", body_of(["TRN-3"]))
        log.append(proposal(log, "checked.carrier", {"operator": "p/Z"}, {"reason": "other", "passed": True}, ["c/1"]))

    def test_what_mends_a_breach_is_not_refused_for_it(self, made):
        log = made()
        received(log, "c/1")
        people = [("giver", "p/L", 0), ("receiver", "p/Z", 0), ("registrar", "p/C", 1)]
        body = {"purpose": "起草", "depth": "read"}
        lent = record(log, "transferred.lend", people, body, ["c/1"])
        office(log, "policy_adopted", body_of(["TRN-3"]))
        # One after the other: the first doesn't close it yet.
        for role, person in (("giver", "p/L"), ("receiver", "p/Z")):
            record(log, "countersigned", {role: person}, {}, ["c/1"], refs=[lent.event_id])
        assert [finding.state for finding in log.findings(rules=["TRN-3"])]

    def test_the_same_event_again_is_answered(self, made):
        log = made()
        received(log, "c/1")
        again = lending(log, "c/1", signs=0)
        first = log.append(again)
        office(log, "policy_adopted", body_of(["TRN-3"]))
        assert log.append(again).index == first.index


class TestUnfinished:
    """What a later record is expected to bring refuses nothing."""

    def listed(self, log, carriers, total):
        items = [{"carrier": carrier, "reason": "no_longer_needed"} for carrier in carriers]
        body = {"purpose": "destroy", "total": total, "items": items}
        return record(log, "listed.added", {"registrar": "p/L"}, body, [*carriers, "l/1"])

    def test_a_list_grows_and_is_done_step_by_step(self, made):
        log = made(["DES-2"])
        received(log, "c/1", "c/2")
        self.listed(log, ["c/1"], 2)
        self.listed(log, ["c/2"], 2)
        log.append(destruction(log, ["c/1"], on=["l/1"]))
        log.append(destruction(log, ["c/2"], on=["l/1"]))
        assert [finding.code for finding in log.findings(rules=["DES-2"])] == []

    def test_a_list_of_what_is_handed_over_is_done_step_by_step(self, made):
        log = made(["HND-2"])
        received(log, "c/1", "c/2", "c/3")
        items = [{"carrier": carrier} for carrier in ("c/1", "c/2")]
        body = {"purpose": "hand_over", "total": 2, "items": items}
        record(log, "listed.added", {"registrar": "p/L"}, body, ["c/1", "c/2", "l/1"])

        def hand_over(carrier):
            people = {"giver": "p/L", "receiver": "p/Z"}
            return record(log, "transferred.hand_over", people, {"reason": "reassignment"}, [carrier, "l/1"])

        hand_over("c/1")
        assert [finding.about for finding in log.findings(rules=["HND-2"])] == ["lacking"]
        with pytest.raises(ForbiddenError, match="handed over without being listed: c/3"):
            hand_over("c/3")
        hand_over("c/2")
        assert log.findings(rules=["HND-2"]) == []

    def test_more_than_the_list_states_is_refused(self, made):
        log = made(["DES-2"])
        received(log, "c/1", "c/2")
        self.listed(log, ["c/1"], 1)
        with pytest.raises(ForbiddenError, match="the list states 1, 2 stand on it"):
            self.listed(log, ["c/2"], 1)

    def test_copies_that_are_still_to_come(self, made):
        log = made(["NUM-5"])
        document = {"title": "通知", "issuer": "u/县委办", "level": "秘密", "copies": 2}
        body = {"register": "收文2025", "serial": 1, "document": document}
        record(log, "registered.document", {"registrar": "p/L"}, body, ["d/1"])
        received(log, "c/1")
        with pytest.raises(ForbiddenError, match="2 copies stated, 3 accounted for"):
            received(log, "c/2", "c/3")


class TestState:
    def test_records_earlier_in_the_block_count(self, made):
        log = made(["TRN-4"])
        received(log, "c/1")
        first, stale, passed = (
            lending(log, "c/1"),
            lending(log, "c/1", receiver="p/C"),
            lending(log, "c/1", giver="p/Z", receiver="p/C"),
        )
        with pytest.raises(ForbiddenError, match="TRN-4"):
            log.append_many([first, stale])
        with pytest.raises(ForbiddenError, match="TRN-4"):
            log.append_many([passed, first])
        assert log.reader.size == 5
        assert [receipt.index for receipt in log.append_many([first, passed])] == [5, 6]

    def test_another_handle_recorded_meanwhile(self, made, tmp_path):
        log = made(["TRN-4"])
        received(log, "c/1")
        with Log.open(tmp_path / "log", log_signer=signer("log"), clock=log._clock) as other:
            to_c = lending(other, "c/1", receiver="p/C")
            with pytest.raises(ForbiddenError, match="TRN-4"):
                log.append_many([lending(log, "c/1"), to_c])
            log.append(lending(log, "c/1"))
            with pytest.raises(ForbiddenError, match="TRN-4"):
                other.append(to_c)
            other.append(lending(other, "c/1", giver="p/Z", receiver="p/C"))
            with pytest.raises(ForbiddenError, match="TRN-4"):
                log.append(lending(log, "c/1", giver="p/Z"))
            # What one has refused is no part of what it judges by next.
            log.append(lending(log, "c/1", giver="p/C", receiver="p/L"))

    def test_derived_may_lag_or_be_ahead(self, made, tmp_path):
        log = made(["TRN-4"])
        received(log, "c/1")
        with Log.open(tmp_path / "log", log_signer=signer("log"), clock=log._clock) as other, other.trial() as block:
            log.append(lending(log, "c/1"))
            log.custody.carrier("c/1")
            # The trial began before: there p/L still has it.
            block.add_all([lending(other, "c/1", view=block.overlay)])
            with pytest.raises(ForbiddenError):
                block.add_all([lending(other, "c/1", receiver="p/C", view=block.overlay)])
        guard = RuleGuard(lambda: Projections(log.reader))
        with log.store.snapshot() as snapshot:
            builder = BlockBuilder(
                snapshot, ViewAuthority(snapshot), log_id=log.id, now_us=log.now_us(), verify=keys.verify, guard=guard
            )
            with pytest.raises(ForbiddenError):
                builder.add_all([lending(log, "c/1", receiver="p/C")])
            builder.add_all([lending(log, "c/1", giver="p/Z", receiver="p/C")])

    def test_a_refusal_leaves_no_trace(self, made):
        log = made(["TRN-4"])
        received(log, "c/1")
        first = lending(log, "c/1")
        with pytest.raises(ForbiddenError):
            log.append_many([first, lending(log, "c/1", receiver="p/C")])
        assert log.custody.carrier("c/1").holder == "p/L"
        assert log.append(first).index == 5


class TestEveryWay:
    def test_a_draft_signed_elsewhere(self, made):
        log = made(["DES-3"])
        received(log, "c/1")
        people = [("supervisor", "p/L", 1), ("supervisor", "p/Z", 0)]
        draft = log.draft(event(log, "destroyed.carriers", people, {"method": "shred"}, ["c/1"]))
        draft = draft.sign(signer("p/L"), role="supervisor", person="p/L", signed_at_us=log.now_us())
        with pytest.raises(ForbiddenError, match="DES-3"):
            log.append(draft)

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_a_register(self, made, tmp_path, dry_run):
        log = made(["DES-3"])
        rows = [
            ["序号", "文号", "标题", "份号", "密级", "监销人", "销毁方式", "销毁日期", "批准人"],
            ["1", "县发〔2024〕1号", "通知", "3", "秘密", "张山、李石", "粉碎", "2024-12-01", "王五"],
            ["2", "县发〔2024〕2号", "方案", "4", "秘密", "张山", "粉碎", "2024-12-01", "王五"],
        ]
        path = put(tmp_path, "销毁登记.csv", csv_bytes(rows))
        report = log.import_registers([path], registrar="p/L", signers={"p/L": signer("p/L")}, dry_run=dry_run)
        (problem,) = report.problems
        assert problem.row == 3
        assert "DES-3" in problem.reason_zh
        assert "DES-3" in problem.reason_en
        assert report.events > 0
        assert (log.reader.size > 4) is not dry_run


class TestPolicies:
    def test_the_one_in_force_by_the_writers_clock(self, made):
        log = made()
        received(log, "c/1")
        office(log, "policy_adopted", body_of(["TRN-3"], effective_at_us=T0 + DAY))
        log.append(lending(log, "c/1", signs=0))
        log._clock.now_us += 2 * DAY
        later = lending(log, "c/1", giver="p/Z", receiver="p/C", signs=0)
        with pytest.raises(ForbiddenError):
            log.append(later)
        office(log, "policy_adopted", body_of([], effective_at_us=T0 + DAY))
        log.append(later)

    def test_an_unknown_rule_is_not_adopted(self, made, tmp_path):
        log = made()
        with pytest.raises(FormatError, match="ZZZ-1") as raised:
            log.prepare("policy_adopted", body=body_of(["DES-3", "ZZZ-1"]), people={"administrator": list(TWO)})
        assert "ZZZ-1" in raised.value.text("zh")
        prepared = LogHandle.prepare(
            log, "policy_adopted", body=body_of(["ZZZ-1"]), people={"administrator": list(TWO)}
        )
        with pytest.raises(ForbiddenError, match="ZZZ-1"):
            log.append(propose(prepared, TWO))
        draft = signed_genesis(made_genesis(policy=policy(["ZZZ-1"])))
        with pytest.raises(FormatError, match="ZZZ-1"):
            Log.create(tmp_path / "other", draft, log_signer=signer("log"))
        assert not (tmp_path / "other").exists()

    def test_where_an_unknown_rule_stands_nothing_is_written_silently(self, made):
        log = made()
        received(log, "c/1")
        # Another release adopted it.
        prepared = LogHandle.prepare(
            log, "policy_adopted", body=body_of(["ZZZ-1"]), people={"administrator": list(TWO)}
        )
        LogHandle(log.store, log_signer=signer("log"), clock=log._clock).append(propose(prepared, TWO))
        with pytest.raises(ForbiddenError, match="ZZZ-1"):
            log.append(lending(log, "c/1"))
        office(log, "policy_adopted", body_of(["TRN-3"]))
        log.append(lending(log, "c/1"))

    def test_registry_events_are_never_refused_by_choice(self, made):
        log = made(["HND-6"])
        office(log, "departed", {"person": "p/A1", "reason": "retired"}, occurred=(T0, 0))
        office(log, "policy_adopted", body_of([]))

    def test_rules_are_known_by_their_ids(self):
        assert unknown_rules(["DES-3", "DES-99", "X"]) == ["DES-99", "X"]
