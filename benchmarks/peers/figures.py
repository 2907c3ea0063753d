"""What the rounds gave: ratios to raw LMDB of the same round, and JSON lines. Pure, but for the versions."""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.metadata import version
from typing import Any, NamedTuple

import lmdb

from benchmarks.peers.peer import LACKS, Peer
from benchmarks.peers.registry import PEERS, YARDSTICK, installed
from benchmarks.report import machine, versions

Round = dict[str, Any]
"""What a worker printed, or {"failed": its last words}."""


class Operation(NamedTuple):
    """One thing that is measured. absolute: a worker's figure → what is shown."""

    key: str
    title: str
    unit: str
    absolute: Callable[[float], float]


def _rate(seconds: float) -> float:
    return 1 / seconds


OPERATIONS = (
    Operation("single", "append one at a time, durable", "events_per_s", _rate),
    Operation("batch", "append in batches of 1,000", "events_per_s", _rate),
    Operation("verify", "verification of the whole", "events_per_s", _rate),
    Operation("rebuild", "who holds what now, from nothing", "events_per_s", _rate),
    Operation("history", "history of one carrier", "us", lambda seconds: seconds * 1e6),
    Operation("bytes", "bytes on disk per event", "bytes", float),
)


class Standing(NamedTuple):
    """
    One peer after the run. version: None if it is not installed.

    together: whether two processes could append. tampered: whether its verification noticed a flipped byte.
    """

    peer: type[Peer]
    version: str | None
    rounds: tuple[Round, ...]
    together: Round
    tampered: Round

    @property
    def failed(self) -> str:
        """What a round that failed said last; empty if none did."""
        return next((str(one["failed"]) for one in (*self.rounds, self.tampered) if "failed" in one), "")

    @property
    def wrong(self) -> list[str]:
        """Which answers were wrong in any round. `sound`: the verification objected to what nobody had changed."""
        return sorted({name for one in self.rounds for name, right in one.get("right", {}).items() if not right})

    @property
    def counts(self) -> bool:
        """Whether its figures say anything. One wrong answer and none does."""
        return bool(self.rounds) and not self.failed and not self.wrong

    @property
    def notices(self) -> bool:
        """Whether its verification saw the flipped byte."""
        return self.tampered.get("notices") is True

    @property
    def lacks(self) -> dict[str, str]:
        """Letters of `LACKS`, with how far, T from what was tried."""
        found = dict(self.peer.about.lacks)
        if self.together and not self.together.get("fits"):
            tried = "{kept} of {appended} kept" if "kept" in self.together else "it failed"
            found["T"] = tried.format(**self.together)
        return {letter: found[letter] for letter in LACKS if letter in found}


class Figure(NamedTuple):
    """One operation of one peer: ratios a round, zero where the peer's figures don't count, and the median as measured."""

    ratios: tuple[float, ...]
    absolute: float

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)


def figure(standing: Standing, yardstick: Standing, operation: Operation) -> Figure | None:
    """None where the peer can't do it, or there is nothing to show."""
    pairs = [
        (mine[operation.key], yard[operation.key])
        for mine, yard in zip(standing.rounds, yardstick.rounds, strict=False)
        if mine.get(operation.key) and yard.get(operation.key)
    ]
    if not pairs:
        return None
    ratios = [yard / mine if standing.counts and yardstick.counts else 0.0 for mine, yard in pairs]
    return Figure(tuple(ratios), operation.absolute(statistics.median(mine for mine, _ in pairs)))


def synchronous() -> str:
    """What SQLite does where nobody sets it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
    return ("OFF", "NORMAL", "FULL", "EXTRA")[level]


def all_versions() -> dict[str, str]:
    """Versions of everything that was measured."""
    packages = [peer.about.package for peer in PEERS.values() if peer.about.package and installed(peer)]
    return {
        **versions(),
        "liblmdb": ".".join(map(str, lmdb.version())),
        "sqlite": sqlite3.sqlite_version,
        **{package: version(package) for package in packages},
    }


def rows(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """JSON objects, one an operation and peer; of a peer that is not installed, or that failed, one alone."""
    yardstick = next(one for one in standings if one.peer.name == YARDSTICK)
    about = {"machine": machine(), "versions": all_versions()}
    found: list[dict[str, Any]] = []
    for standing in standings:
        name = standing.peer.name
        if standing.version is None or standing.failed:
            why = standing.failed or "not installed"
            found.append({"name": name, "peer": name, "ratio": 0.0, "bar": None, "failed": why, **about})
            continue
        for operation in OPERATIONS:
            if (one := figure(standing, yardstick, operation)) is None:
                continue
            found.append(
                {
                    "name": f"{operation.title}: {name}",
                    "peer": name,
                    "operation": operation.key,
                    "ratio": round(one.ratio, 4),
                    "bar": None,
                    "min": round(min(one.ratios), 4),
                    "max": round(max(one.ratios), 4),
                    "runs": len(one.ratios),
                    operation.unit: round(one.absolute, 2),
                    "right": standing.counts,
                    "wrong": standing.wrong,
                    "notices_a_flipped_byte": standing.notices,
                    "two_processes": bool(standing.together.get("fits")),
                    "lacks": "".join(standing.lacks),
                    **about,
                }
            )
    return found
