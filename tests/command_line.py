"""The command line inside a test: fixed keys and clock, a cheap passphrase derivation, an office whose log is ready.

Commands run in this process, in a directory of their own. Hashes and ids differ from run to run; `plain` gives them names.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from chainlog.cli.app import cli
from chainlog.facade import Log
from chainlog.log.genesis import Policy, genesis_draft, genesis_event
from chainlog.record import keyfile
from chainlog.record.statement import EnrolStatement
from tests.builders import signer

START_US = 1_767_225_600_000_000
"""2026-01-01 08:00 in the log's zone: when the office's log was made."""
NOW_US = START_US + 3_600_000_000
"""An hour later: the clock's first answer, a second more each time."""

ADMINISTRATORS = ("p/王宁", "p/何平", "p/周远")
PERSONS = ("p/李敏", "p/赵强", "p/陈明", "p/孙立")
PASSPHRASE = "demo"


class Said(NamedTuple):
    """What a command printed, and its exit status."""

    out: str
    err: str
    status: int


class Clock:
    """Nanoseconds; a second more at each question."""

    def __init__(self) -> None:
        self.now_us = NOW_US

    def __call__(self) -> int:
        self.now_us += 1_000_000
        return self.now_us * 1000


def make_cheap(patch: pytest.MonkeyPatch) -> Clock:
    """Fixed clock, and passphrases that cost nothing: their derivation has tests of its own."""
    clock = Clock()
    patch.setattr("chainlog.log.writer.time", SimpleNamespace(time_ns=clock))
    patch.setattr("chainlog.record.keys.passphrase_key", lambda data, *, salt, **_: sha256(salt + data).digest())
    counter = itertools.count()
    for name in ("chainlog.record.keys.random_bytes", "chainlog.log.genesis.random_bytes"):
        patch.setattr(name, lambda n: sha256(b"random %d" % next(counter)).digest()[:n])
    patch.setattr("chainlog.cli.sign._likely_offset", lambda _occurred: 480)
    return clock


def key_name(person: str) -> str:
    """The file of a person's key."""
    return f"keys/{person[2:]}.key"


def make_office(directory: Path) -> Log:
    """`office.log` with three administrators and four persons, and `keys/`; the log is returned open."""
    keys = directory / "keys"
    keys.mkdir(parents=True)
    for person in (*ADMINISTRATORS, *PERSONS):
        _key_file(directory / key_name(person), person, "sign", person[2:])
    _key_file(keys / "log.key", "log", "log", "draft.office")
    now_us = START_US
    event = genesis_event(
        name="draft.office", unit="u/清溪镇", title="清溪镇涉密载体登记",
        administrators=[(person, signer(person).public_key) for person in ADMINISTRATORS], threshold=2,
        log_key=signer("log").public_key, policy=Policy("minimal", "1", now_us, {"min.supervisors": ["2"]}),
        utc_offset_minutes=480, now_us=now_us, nonce=bytes(32), event_id=bytes(16),
    )  # fmt: skip
    draft = genesis_draft(event)
    for person in ADMINISTRATORS:
        draft = draft.sign(signer(person), role="administrator", person=person, signed_at_us=now_us)
    draft = draft.sign(signer("log"), role="log", person="s/log", signed_at_us=now_us)
    ticks = iter(range(now_us, now_us + 10**9, 1_000_000))
    log = Log.create(directory / "office.log", draft, log_signer=signer("log"), clock=lambda: next(ticks))
    two = {person: signer(person) for person in ADMINISTRATORS[:2]}
    for person in PERSONS:
        key = signer(person)
        proof = key.sign_enrolment(EnrolStatement(log.id, person, 1, key.public_key))
        body = {"person": person, "key": (1, key.public_key), "proof": proof}
        log.record_event("enrolled", body=body, people={"administrator": list(two)}, signers=two)
    return log


def _key_file(path: Path, name: str, purpose: Any, label: str) -> None:
    keyfile.create(
        path, secret=signer(name)._key, passphrase=PASSPHRASE, purpose=purpose, label=label, cost="interactive"
    )


class Terminal:
    """Runs commands in one directory."""

    def __init__(self, directory: Path, environment: Mapping[str, str | None]) -> None:
        self.directory = directory
        self.environment = dict(environment)

    def run(self, *arguments: str, typed: str | bytes | None = None, **environment: str | None) -> Said:
        """Run `chainlog` with these arguments."""
        before = Path.cwd()
        os.chdir(self.directory)
        try:
            result = CliRunner().invoke(
                cli, list(arguments), input=typed, env={**self.environment, **environment}, prog_name="chainlog"
            )
        finally:
            os.chdir(before)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.stdout, result.stderr, result.exit_code)


ENVIRONMENT: dict[str, str | None] = {
    "LANG": "zh_CN.UTF-8", "LC_ALL": None, "LC_MESSAGES": None, "COLUMNS": "80", "NO_COLOR": None, "TZ": "Asia/Shanghai",
    "CHAINLOG_PASSPHRASE": PASSPHRASE, "CHAINLOG_KEY": None, "CHAINLOG_LOG_KEY": "keys/log.key",
}  # fmt: skip


@contextmanager
def office(directory: Path) -> Iterator[Terminal]:
    """A terminal in a directory with the office's log and keys."""
    with pytest.MonkeyPatch.context() as patch:
        make_cheap(patch)
        make_office(directory).close()
        yield Terminal(directory, ENVIRONMENT)


@contextmanager
def copied_office(template: Path, directory: Path) -> Iterator[Terminal]:
    """The same from a closed one that was made before."""
    shutil.copytree(template, directory, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        make_cheap(patch)
        yield Terminal(directory, ENVIRONMENT)


_NAMED = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "{id}"),
    (re.compile(r"\b[0-9a-fA-F]{128}\b"), "{signature}"),
    (re.compile(r"\b[0-9a-fA-F]{64}\b"), "{hash}"),
    (re.compile(r"\b(?:[0-9a-f]{8} ){7}[0-9a-f]{8}\b"), "{log id}"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "{short}"),
    (re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8}\b|\b[a-f]{8}\b|\b[0-9]{8}(?=\n)"), "{hash8}"),
)


def plain(text: str) -> str:
    """*text* with what differs from run to run named."""
    for pattern, name in _NAMED:
        text = pattern.sub(name, text)
    return text
