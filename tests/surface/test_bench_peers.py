"""The comparison with others runs, and what voids a figure voids it. What the figures are is not looked at."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from benchmarks.peers import __main__ as program
from benchmarks.peers import page
from benchmarks.peers.figures import OPERATIONS, Standing, figure, rows
from benchmarks.peers.ours import Chainlog
from benchmarks.peers.peer import LACKS
from benchmarks.peers.raw import RawLmdb, RawSqlite
from benchmarks.peers.registry import OURS, PEERS, YARDSTICK, installed
from benchmarks.peers.tamper import is_sound, sees_a_flipped_byte
from benchmarks.peers.worker import measure, run, together
from benchmarks.peers.workload import Event, events, holders

KEYS = {"name", "ratio", "bar", "machine", "versions"}
TINY = ["--events", "60", "--singles", "3", "--asked", "3", "--rounds", "1"]
GIVEN = {operation.key: 0.5 for operation in OPERATIONS}
RIGHT = {"count": True, "sound": True, "rebuild": True, "history": True}


def test_a_tiny_run_measures_what_is_installed_and_names_the_rest(tmp_path: Path, monkeypatch, capsys):
    # In this process: nine others would spend most of their time on starting.
    places = iter(range(1_000))
    monkeypatch.setattr(
        program,
        "_work",
        lambda work, peer, sizes, _: run(
            work, peer(tmp_path / str(next(places)) / "kept"), [min(s, 60) for s in sizes]
        ),
    )
    written = tmp_path / "peers.md"
    before = page.PAGE.read_bytes() if page.PAGE.exists() else None
    assert program.main([*TINY, "--page", str(written)]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["peer"] for row in found} == PEERS.keys()
    for row in found:
        assert row.keys() >= KEYS
        assert row["bar"] is None
    for name in (YARDSTICK, RawSqlite.name, OURS):
        of_peer = [row for row in found if row["peer"] == name]
        assert [row["operation"] for row in of_peer] == [operation.key for operation in OPERATIONS]
        for row, operation in zip(of_peer, OPERATIONS, strict=True):
            assert row["right"] is True
            assert row["ratio"] > 0
            assert row[operation.unit] > 0
            assert row["two_processes"] is True
            assert row["notices_a_flipped_byte"] is (name == OURS)
    text = written.read_text(encoding="utf-8")
    missing = [name for name, peer in PEERS.items() if installed(peer) is None]
    for name in missing:
        assert [row.get("failed") for row in found if row["peer"] == name] == ["not installed"]
        assert text.count(f"| {name} | not installed |") == len(OPERATIONS) + 1
    # A short run leaves the page alone, unless it is told to write one.
    assert before == (page.PAGE.read_bytes() if page.PAGE.exists() else None)


def test_the_yardstick_is_always_measured(monkeypatch, capsys):
    monkeypatch.setattr(program, "_work", lambda work, peer, sizes, scratch: {**GIVEN, "right": RIGHT, "fits": True})
    assert program.main([*TINY, "--only", RawSqlite.name]) == 0
    assert {json.loads(line)["peer"] for line in capsys.readouterr().out.splitlines()} == {YARDSTICK, RawSqlite.name}


def test_a_worker_is_a_process_that_says_what_it_found(tmp_path: Path):
    answer = program._work("measure", RawLmdb, [40, 3, 3], tmp_path)
    assert answer.keys() == {*GIVEN, "right"}
    assert answer["right"] == RIGHT


def test_a_worker_that_fails_is_named(tmp_path: Path, monkeypatch):
    class Unfit(RawSqlite):
        name = "nobody"  # whom the worker's process doesn't know

    answer = program._work("measure", Unfit, [1, 1, 1], tmp_path)
    assert answer == {"failed": "KeyError: 'nobody'"}
    assert not list(tmp_path.iterdir())
    unfit = Standing(Unfit, "", (answer,), {}, {})
    found = rows([standing(RawLmdb), unfit])[-1]
    assert (found["name"], found["ratio"], found["failed"]) == ("nobody", 0.0, "KeyError: 'nobody'")
    text = page.text([standing(RawLmdb), unfit], page.Run(1, 1, 1, 1, 1.0, [1.0]))
    assert text.count("| nobody | failed: KeyError: 'nobody' |") == len(OPERATIONS)
    monkeypatch.setattr(program, "measure", lambda *_, **__: [standing(RawLmdb), unfit])
    assert program.main(TINY) == 1


def standing(peer=Chainlog, *, given=GIVEN, right=RIGHT, fits=True, notices=True) -> Standing:
    return Standing(
        peer, "", ({**given, "right": right},), {"fits": fits, "kept": 1, "appended": 2}, {"notices": notices}
    )


def ratios(one: Standing) -> list[float]:
    found = [figure(one, standing(RawLmdb), operation) for operation in OPERATIONS]
    return [each.ratio for each in found if each is not None]


def test_ratios_are_the_yardsticks_figure_divided_by_the_peers():
    assert ratios(standing(given=dict.fromkeys(GIVEN, 1.0))) == [0.5] * len(OPERATIONS)


@pytest.mark.parametrize("answer", list(RIGHT))
def test_one_wrong_answer_voids_every_figure(answer: str):
    wrong = standing(right={**RIGHT, answer: False})
    assert ratios(wrong) == [0.0] * len(OPERATIONS)
    assert wrong.wrong == [answer]
    assert f"(wrong: {answer})" in page.text([standing(RawLmdb), wrong], page.Run(1, 1, 1, 1, 1.0, [1.0]))


def test_what_was_tried_stands_beside_the_figures():
    tried = standing(fits=False, notices=False)
    assert tried.lacks == {"T": "1 of 2 kept"}
    text = page.text([standing(RawLmdb), tried], page.Run(1, 1, 1, 1, 1.0, [1.0]))
    assert text.count("| T |") == len(OPERATIONS) + 1  # and the heading of the table that tells them apart
    assert "| T | **no** |" in text
    assert all(row["lacks"] == "T" for row in rows([standing(RawLmdb), tried]) if row["peer"] == OURS)


def test_without_batches_there_is_no_figure():
    assert figure(standing(given={**GIVEN, "batch": None}), standing(RawLmdb), OPERATIONS[1]) is None


def test_only_letters_that_the_page_explains_are_lacking():
    assert all(peer.about.lacks.keys() <= LACKS.keys() for peer in PEERS.values())


class Hashed(RawLmdb):
    """Raw LMDB and a hash of everything, kept elsewhere."""

    name = "hashed"

    def settle(self) -> None:
        self.kept = None

    def digest(self) -> bytes:
        return sha256(b"".join(self._all())).digest()

    def verify(self) -> bool:
        self.kept = self.kept or self.digest()
        return self.digest() == self.kept


class Elsewhere(RawLmdb):
    def stored(self, place: int) -> bytes:
        return b"what no file holds"


class Objecting(RawLmdb):
    def verify(self) -> bool:
        raise OSError


@pytest.mark.parametrize(("peer", "noticed"), [(RawLmdb, False), (RawSqlite, False), (Hashed, True)])
def test_a_flipped_byte_is_seen_by_who_compares(tmp_path: Path, peer, noticed):
    assert sees_a_flipped_byte(filled(peer(tmp_path / "kept")), 20, tmp_path / "copy") is noticed


def test_the_control_refuses_to_say_what_it_can_not_know(tmp_path: Path):
    with pytest.raises(LookupError):
        sees_a_flipped_byte(filled(Elsewhere(tmp_path / "kept")), 20, tmp_path / "copy")
    objecting = filled(Objecting(tmp_path / "other"))
    assert not is_sound(objecting)
    with pytest.raises(AssertionError):
        sees_a_flipped_byte(objecting, 20, tmp_path / "another")


def filled(peer):
    peer.directory.mkdir()
    peer.create()
    peer.open()
    peer.fill(events(40, seed=1))
    peer.settle()
    peer.close()
    return peer


class Forgetful(RawSqlite):
    def append(self, event: Event) -> None:
        if event.kind != "returned.to_keeper":
            super().append(event)


def test_a_peer_that_loses_events_is_found_out(tmp_path: Path):
    found = measure(Forgetful(tmp_path / "kept"), size=100, singles=60, asked=200)["right"]
    assert found == {"count": False, "sound": True, "rebuild": False, "history": False}
    assert together(Forgetful(tmp_path / "both"), count=40)["fits"] is False


def test_holders_follow_the_last_act():
    made = events(2_000, seed=1)
    held = holders(made)
    assert None in held.values()
    assert {str(person)[:2] for person in held.values() if person} == {"p/"}
    assert holders(made[::-1]) != held
