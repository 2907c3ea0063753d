"""The page docs/peers.md, from what a run measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers.figures import OPERATIONS, Operation, Standing, all_versions, figure, synchronous
from benchmarks.peers.peer import LACKS
from benchmarks.peers.registry import OURS, YARDSTICK
from benchmarks.report import machine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "peers.md"

_UNITS = {"events_per_s": "events/s", "us": "µs", "bytes": "bytes"}

_NOTES = {
    "single": "Here the disk decides. SQLite's log of writes needs one flush a commit, LMDB two, a rollback journal several.",
    "batch": "Where there are no batches there is no figure: such a log flushes every event.",
    "verify": "From the closed store, opening included, one process. LMDB's and SQLite's own figures are for reading and hashing"
    " everything: the least a verification could take. `sees`: whether it noticed one flipped byte of one event in its files.",
    "rebuild": "From the closed store, opening included. All but chainlog: the events decoded and folded into a dictionary by six"
    " lines that know these six kinds. chainlog: its projection of custody and of people, for all kinds, with"
    " evidence and intervals, every record's hash checked on the way, committed to LMDB. Asking it afterwards reads one row.",
    "history": "Of an open store, from the first event to the last, decoded. Where there is no index by carrier everything is read.",
    "bytes": "All files after closing, without what an empty store takes, divided by the events.",
}

_KINDER_TO_OTHERS = """\
- An append of chainlog composes and checks the event, holds it against the log's rules of who may sign, and makes the
  signature of every person who acted, besides the log's own. No other peer knows of persons.
- eventsourcing is measured at its recorder, without the aggregates and mappers that an application puts on top.
- Peers that keep bytes get MessagePack by msgspec, the quickest codec at hand, whatever their documentation uses.
- All but chainlog read without checking what they read, in a rebuild as in a history.
- chainlog's forty enrolments and its first record are in none of its figures, as they come once.
- Logs without batches were filled without waiting for the disk; only single appends were measured.
- Checkpoints and roots that a peer makes after many appends were made once, at the end, and are in no figure.""".splitlines()

_KINDER_TO_US = """\
- The events are those of chainlog's own benchmarks: small, of six kinds, each about one carrier.
- pymerkle and auditchain keep SQLite's rollback journal, as they come; with a log of writes they would append quicker.
- auditchain was given a lock, so that two processes may append as with chainlog: it reads its last record each time.
- Logs that have no index by carrier leave that to the application; a history from one of its own would be as quick as raw LMDB's.
- checkpointed-local-log keeps hashes, so that a file of ours with a flush of its own lies beside it.
- raw LMDB is the yardstick since chainlog stands on it. For single appends, SQLite's log of writes is the quicker store.
- The rest of what these programs can do (witnesses, registration, erasure of contents, aggregates) is not measured: it
  isn't what a register of custody asks for.""".splitlines()


class Run(NamedTuple):
    """
    The size of a run. singles, asked: events appended one at a time, histories asked for.

    flushes: what one flush took before the run and after it, in microseconds, the quicker first.
    """

    events: int
    singles: int
    asked: int
    rounds: int
    minutes: float
    flushes: Sequence[float]


def text(standings: Sequence[Standing], run: Run) -> str:
    """The whole page."""
    lines = [
        "# The same events, kept by others",
        "",
        "Written by `make bench-peers`, which installs the packages below into an environment of their own (`build/bench-peers`,",
        "`requirements/peers.txt`). `make bench-peers PEERS_ARGS='--events 100000 --rounds 7'` measures more;",
        "`python -m benchmarks.peers --help` lists what can be chosen, and without the packages measures what needs none.",
        "",
        f"Machine: {machine()}. Versions: {', '.join(f'{name} {value}' for name, value in all_versions().items())}.",
        "",
        f"{run.rounds} rounds in {run.minutes:.0f} minutes. In each round every peer came once, in a new process and a new directory on one",
        f"file system, each round beginning with another peer. {run.events:,} events of carriers' lives (`benchmarks/lives.py`) were kept",
        f"first, then {run.singles:,} more one at a time, each waiting for the disk. Times begin with the event as the application has it.",
        f"{run.asked:,} histories were asked for, five where each reads everything. One flush of 300 bytes to this disk took",
        f"{run.flushes[0]:,.0f} to {run.flushes[-1]:,.0f} µs. SQLite is built with synchronous={synchronous()}.",
        "",
        "A ratio is what raw LMDB took in the same round divided by what the peer took, in time or in bytes: 0.5 means twice",
        "as much as raw LMDB, 2 half as much. Absolute figures are medians of the rounds. Rebuilt holders, histories and numbers of",
        "events were compared with what was appended, in every round; a wrong answer voids all figures of that peer, and so does a",
        "verification that objects to what nobody has changed. For chainlog that verification is the audit.",
        "",
        "`without` says what a peer doesn't do that chainlog's figure pays for:",
        "",
        *[f"- **{letter}**: {meaning}" for letter, meaning in LACKS.items()],
        "",
    ]
    for operation in OPERATIONS:
        lines += _table(standings, operation)
    lines += _without(standings)
    lines += _particulars(standings)
    lines += ["## What is unfair", "", "To chainlog:", "", *_KINDER_TO_OTHERS, "", "To the others:", "", *_KINDER_TO_US]
    return "\n".join(lines) + "\n"


def _table(standings: Sequence[Standing], operation: Operation) -> list[str]:
    sees = operation.key == "verify"
    lines = [
        f"## {operation.title[0].upper()}{operation.title[1:]}",
        "",
        _NOTES[operation.key],
        "",
        f"| peer | {_UNITS[operation.unit]} | to raw LMDB | min | max | without |{' sees |' if sees else ''}",
        f"|---|--:|--:|--:|--:|---|{'---|' if sees else ''}",
    ]
    yardstick = next(one for one in standings if one.peer.name == YARDSTICK)
    for standing in standings:
        name = f"**{OURS}**" if standing.peer.name == OURS else standing.peer.name
        if why := _missing(standing):
            lines.append(f"| {name} | {why} | | | | |{' |' if sees else ''}")
            continue
        one = figure(standing, yardstick, operation)
        if one is None:
            cells = "no batches | | |"
        else:
            mark = "" if standing.counts else f" (wrong: {', '.join(standing.wrong)})"
            cells = f"{_number(one.absolute)}{mark} | {_ratio(one.ratio)} | {_ratio(min(one.ratios))} | {_ratio(max(one.ratios))}"
        noticed = "yes" if standing.notices else "**no**"
        lines.append(f"| {name} | {cells} | {' '.join(standing.lacks) or '–'} |{f' {noticed} |' if sees else ''}")
    return [*lines, ""]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def _ratio(value: float) -> str:
    return f"{value:,.2f}" if value >= 0.1 or not value else f"{value:.2g}"


def _missing(standing: Standing) -> str:
    if standing.version is None:
        return "not installed"
    return f"failed: {standing.failed.replace('|', ' ')}" if standing.failed else ""


def _without(standings: Sequence[Standing]) -> list[str]:
    lines = [
        "## What each does without",
        "",
        "By its documentation and its code. T was tried in this run: two processes appended a hundred events each at the same time, and",
        "afterwards all were to be there and the whole sound. No peer was killed for X.",
        "",
        f"| peer | {' | '.join(LACKS)} |",
        f"|---|{'---|' * len(LACKS)}",
    ]
    for standing in standings:
        cells = []
        for letter in LACKS:
            if letter == "T" and not standing.together:
                cells.append("not tried")
            elif letter not in standing.lacks:
                cells.append("yes")
            else:
                cells.append(standing.lacks[letter] or "**no**")
        lines.append(f"| {standing.peer.name} | {' | '.join(cells)} |")
    return [*lines, ""]


def _particulars(standings: Sequence[Standing]) -> list[str]:
    lines = [
        "## How each was held",
        "",
        "| peer | version | what makes a commit durable | its verification | remarks |",
        "|---|---|---|---|---|",
    ]
    for standing in standings:
        about = standing.peer.about
        version = "not installed" if standing.version is None else standing.version or "as above"
        lines.append(f"| {standing.peer.name} | {version} | {about.durable} | {about.verification} | {about.remark} |")
    return [*lines, ""]
