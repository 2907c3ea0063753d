"""What an attack or a fault is answered with, and the decorator that names a trial.

A trial does the thing for real and returns what it was answered with, made by one of the functions below, each of which checks
what it says. The decorator compares that with what the table in docs/threat-model.md tells: the table can't tell another story.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar

import pytest

from chainlog.errors import ChainlogError
from chainlog.forensics.audit import audit
from chainlog.forensics.report import AuditReport

ROOT: Final = Path(__file__).parents[2]

Kind = Literal["refused", "found", "outside", "survived", "impossible", "beyond"]
KINDS: Final[dict[Kind, str]] = {
    "refused": "nothing is written, or nothing is read",
    "found": "by verification, from the files and the log's id",
    "outside": "found only with something kept outside: a checkpoint, receipt, pin or another copy",
    "survived": "without loss",
    "impossible": "the format leaves no bytes for it",
    "beyond": "beyond what a log can show; SECURITY.md says so, and what answers it",
}
POWERS: Final = {
    "F": "a fault, by nobody", "U": "a user of the application, without a key", "K": "whoever holds one person's key",
    "C": "two key holders together", "W": "whoever can write the files, without keys", "L": "W with the log's own key",
    "A": "a mistake of the application or of whoever runs it", "-": "nobody: ordinary use",
}  # fmt: skip


class Answer(NamedTuple):
    """What happened. codes: of errors or findings, sorted."""

    kind: Kind
    codes: tuple[str, ...] = ()


class Trial(NamedTuple):
    """
    A row of the table.

    what: what is done. powers: letters of `POWERS`. answers: what it must be answered with, in the order of the test.
    note: what a reader should know besides.
    """

    id: str
    what: str
    powers: str
    answers: tuple[Answer, ...]
    note: str
    module: str
    test: str


TRIALS: Final[list[Trial]] = []
"""Every trial, in the order in which modules are imported."""

Test = TypeVar("Test", bound=Callable[..., Any])


def attack(trial_id: str, what: str, powers: str, *answers: Answer, note: str = "") -> Callable[[Test], Test]:
    """
    Name the test below as the trial of an id of the catalogue.

    Args:
        trial_id: `ST01`. what: what is done, in the present tense. powers: letters of `POWERS`. answers: what it must be answered
            with; the codes named here must be among those that were seen. note: for the table.

    The test returns an `Answer`, or several.
    """

    def name(test: Test) -> Test:
        TRIALS.append(Trial(trial_id, what, powers, answers, note, test.__module__.rpartition(".")[2], test.__name__))

        @functools.wraps(test)
        def tried(*args: Any, **kwargs: Any) -> None:
            given = test(*args, **kwargs)
            given = [given] if isinstance(given, Answer) else list(given)
            assert [one.kind for one in given] == [one.kind for one in answers], given
            for told, seen in zip(answers, given, strict=True):
                assert set(told.codes) <= set(seen.codes), (told, seen)

        return tried  # type: ignore[return-value]

    return name


# What the table tells.


def is_refused(*codes: str) -> Answer:
    """Told: an error with one of these codes."""
    return Answer("refused", codes)


def is_found(*codes: str) -> Answer:
    """Told: findings with these codes."""
    return Answer("found", codes)


def is_found_outside(*codes: str) -> Answer:
    """Told: nothing from the files alone; findings with these codes with what was kept outside."""
    return Answer("outside", codes)


SURVIVED: Final = Answer("survived")
IMPOSSIBLE: Final = Answer("impossible")
BEYOND: Final = Answer("beyond")


# What a test saw. Each checks what it says.


def refused(act: Callable[[], object], *, state: Callable[[], object] | None = None) -> Answer:
    """*act* raises an error of ours; what it found or which rule it names is seen too. state: what must be the same after as before."""
    before = state() if state else None
    with pytest.raises(ChainlogError) as caught:
        act()
    assert (state() if state else None) == before
    seen = {caught.value.code, *(getattr(caught.value, name, "") for name in ("finding", "rule"))}
    return Answer("refused", tuple(sorted(seen - {""})))


def found(
    log: Path | AuditReport, code: str, *, index: int | None = None, log_id: bytes | None = None, only: bool = True
) -> Answer:
    """
    Verification finds *code*, at *index* if that is given; the log is not said to be intact.

    Args:
        log: directory, or a report. only: no finding speaks of a record before *index*.
    """
    report = audit(log, log_id=log_id) if isinstance(log, Path) else log
    assert report.integrity != "intact", report
    at = [finding.index for finding in report.findings if finding.code == code]
    assert at, report.findings
    if index is not None:
        assert index in at, report.findings
        if only:
            assert all(one.index is None or one.index >= index for one in report.findings), report.findings
    return Answer("found", tuple(sorted({finding.code for finding in report.findings})))


def found_outside(alone: AuditReport, beside: AuditReport, code: str) -> Answer:
    """From the files *alone* nothing is found; with what was kept *beside* them, *code* is."""
    assert alone.integrity == "intact", alone.findings
    assert beside.integrity != "intact"
    assert code in {finding.code for finding in beside.findings}, beside.findings
    return Answer("outside", tuple(sorted({finding.code for finding in beside.findings})))


def survived(log: Path, acknowledged: Sequence[bytes], *, log_id: bytes | None = None) -> Answer:
    """Every acknowledged record hash is in the log, in its order, and verification finds nothing."""
    from chainlog.facade import Log

    report = audit(log, log_id=log_id)
    assert report.integrity == "intact", report.findings
    with Log.open(log, read_only=True) as opened:
        there = [entry.record_hash for entry in opened.reader.read_range(0, opened.reader.size)]
    places = [there.index(one) for one in acknowledged]
    assert places == sorted(places)
    return SURVIVED


def beyond(*words: str) -> Answer:
    """SECURITY.md says of it, in these words, that no log shows it."""
    text = " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())
    assert all(one in text for one in words), [one for one in words if one not in text]
    return BEYOND


def same(answers: Iterable[Answer]) -> Answer:
    """The one answer that all variants of a trial got, with the codes that each of them has."""
    given = list(answers)
    assert given, "nothing was tried"
    assert len({one.kind for one in given}) == 1, given
    return given[0]._replace(codes=tuple(sorted(set.intersection(*(set(one.codes) for one in given)))))
