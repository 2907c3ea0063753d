"""One carrier asked for alone: the same answer as from a view and among all, of the newest commit, whoever made it."""

from __future__ import annotations

import pytest

from chainlog.errors import HandleClosedError
from chainlog.projection.custody import Custody
from chainlog.projection.custody_fold import NAME
from chainlog.projection.standard import standard_projections
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore
from tests.processes import in_child
from tests.scenarios import Story

LENT = {"giver": "李敏", "receiver": "陈"}


def begun(store=None):
    story = Story(["李敏", "陈", "周书记"], store=store)
    story.tell(
        "03-01 09:00", "created.entered", on=["c/1", "c/2", "c/3", "d/甲"], who={"registrar": "李敏"}, level="秘密",
        reason="other", items=[{"carrier": f"c/{n}", "form": "document", "document": "d/甲"} for n in (1, 2, 3)], place="w/G1",
    )  # fmt: skip
    story.tell(
        "03-01 10:00", "created.entered", on=["c/4"], who={"registrar": "李敏"}, level="机密",
        reason="other", items=[{"carrier": "c/4", "form": "volume"}],
    )  # fmt: skip
    return story


def listed(story, at, carrier, name, purpose):
    story.tell(
        at, "listed.added", on=[carrier, name], who={"registrar": "李敏"}, purpose=purpose, total=1, items=[{"carrier": carrier}]
    )  # fmt: skip


def reclassified(story, at, level):
    story.tell(
        at, "decided.reclassify", on=["d/甲"], who={"approver": "周书记"}, step="approved", change="raised", level=level
    )


def told(story):
    """Step by step, what turns the answer of one carrier."""
    yield
    story.tell("03-02 09:00", "transferred.lend", on=["c/1"], who=LENT, purpose="用", depth="read")
    yield
    listed(story, "03-03 09:00", "c/1", "l/收", "recall")
    listed(story, "03-03 10:00", "c/2", "l/毁", "destroy")
    yield
    story.tell("03-04 09:00", "decided.permit", on=["l/毁"], who={"approver": "周书记"}, step="approved", act="destroy")
    yield
    reclassified(story, "03-05 09:00", "绝密")
    yield
    story.tell(
        "03-06 09:00", "copied.stored", on=["c/4"], who={"operator": "陈", "approver": "周书记"}, what="数据", level="绝密"
    )  # fmt: skip
    yield


def test_alone_in_a_view_and_among_all(tmp_path):
    story = begun()
    kv = LmdbKeyValue.open(tmp_path / "derived")
    kept = standard_projections(story.reader, kv)
    custody = Custody(kv)
    phases, levels = set(), set()
    for _ in told(story):
        kept.catch_up(NAME)
        everything = list(custody.carriers())
        assert [state.carrier for state in everything] == ["c/1", "c/2", "c/3", "c/4"]
        with custody.view() as view:
            for state in everything:
                assert custody.carrier(state.carrier) == view.carrier(state.carrier) == state
                assert repr(custody.carrier(f" {state.carrier}")) == repr(state)
        assert story.custody().carrier("c/2") == everything[1]
        phases.update(state.phase for state in everything)
        levels.update(state.level for state in everything)
    # The story came by what is looked up besides the carrier's own row.
    assert phases == {"in_stock", "on_loan", "recalled", "pending_destruction", "destruction_approved"}
    assert levels == {"秘密", "机密", "绝密"}
    assert custody.carrier("c/5") is None
    kv.close()
    with pytest.raises(HandleClosedError):
        custody.carrier("c/1")


def test_what_another_process_appended_is_seen(tmp_path):
    story = begun(LmdbStore.create(tmp_path / "log"))
    kv = LmdbKeyValue.open(tmp_path / "derived")
    kept = standard_projections(story.reader, kv)
    kept.catch_up(NAME)
    custody = Custody(kv)

    def asked():
        states = [custody.carrier(f"c/{number}") for number in (1, 2)]
        return [(state.holder, state.level, len(story.reader.history(state.carrier))) for state in states]

    def lent():
        story.tell("03-02 09:00", "transferred.lend", on=["c/1"], who=LENT, purpose="用", depth="read")
        # Of the document alone: no row of a carrier changes.
        reclassified(story, "03-05 09:00", "绝密")
        kept.catch_up(NAME)

    assert asked() == asked() == [("p/李敏", "秘密", 1), ("p/李敏", "秘密", 1)]
    in_child(lent)
    assert asked() == [("p/陈", "绝密", 2), ("p/李敏", "绝密", 1)]
    # And what was begun before a commit of this process stays as it was.
    with custody.view() as view, story.reader.snapshot() as log:
        back = {"giver": "陈", "receiver": "李敏"}
        story.tell("03-06 09:00", "returned.to_keeper", on=["c/1"], who=back, reason="loan")
        kept.catch_up(NAME)
        assert asked()[0] == ("p/李敏", "绝密", 3)
        assert (view.carrier("c/1").holder, len(list(log.walk_back("c/1")))) == ("p/陈", 2)
    kv.close()
    story.handle.close()


def test_a_read_leaves_nothing_behind_ended_or_forgotten(tmp_path):
    kv = LmdbKeyValue.open(tmp_path / "derived")
    live = kv._environment().live
    with kv.read() as outer:
        with kv.read() as ended:
            assert len(live) == 2
        assert len(live) == 1
        assert outer.table("custody.states").get(b"c/1") is None
    assert not live
    with kv.read() as other:
        # Its end is over: it takes nothing from those who read now.
        del ended
        assert len(live) == 1
        assert other.table("custody.states").get(b"c/1") is None
    forgotten = kv.read()
    forgotten.__enter__()
    assert len(live) == 1
    del forgotten
    assert not live
    kv.close()
