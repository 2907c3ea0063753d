"""Somebody who has a log's own key, and perhaps keys of persons, and puts into the log what he likes: signed, chained, in every table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chainlog.digest import record_hash
from chainlog.event.compose import compose
from chainlog.event.model import CheckedEvent, unverified_event
from chainlog.record.record import FIRST_LINK, Signature, encode_record, unverified_record
from chainlog.record.statement import encode_event_statement
from tests.damage import copy_of, honest, rechain, rows_of, sign_head, write_log
from tests.signers import signer

RECORDS = 45
DAY_US = 86_400_000_000

Sign = Callable[[str, bytes], bytes]
"""sign(name of the key, message): a signature, good or bad."""


def sign_well(name: str, message: bytes) -> bytes:
    """An honest signature."""
    return signer(name)._key.sign(message)


class Forger:
    """Appends what it likes to an honest log, and signs the head."""

    def __init__(self) -> None:
        self.log_id, tables = honest(RECORDS)
        self.tables = copy_of(tables)
        self.rows = rows_of(tables)
        self.now_us = unverified_record(self.rows[-1]).recorded_at_us + 1_000_000

    def event(self, kind: str = "accessed.entered", people: Any = None, **rest: Any) -> CheckedEvent:
        """An event that p/C signs, unless told otherwise."""
        people = people or {"operator": "p/C"}
        made = {"body": {}, "subjects": [] if "body" in rest else ["w/1"], "expires_at_us": self.now_us + DAY_US}
        made |= {"event_id": len(self.rows).to_bytes(16, "big"), "signs": dict.fromkeys(people, 1)}
        return compose(kind, people=people, **(made | rest))

    def base(self, index: int) -> tuple[int, bytes]:
        """The base that signers of that time would have seen."""
        return index, record_hash(self.rows[index])

    def add(
        self,
        event: CheckedEvent | bytes,
        *,
        base: tuple[int, bytes] | None = None,
        signed_at: int | None = None,
        recorded_at: int | None = None,
        by: Sequence[tuple[str, str]] | None = None,
        drop: int = 0,
        sign: Sign = sign_well,
        log_id: bytes | None = None,
        change: Callable[[list[Signature]], Sequence[Signature]] = list,
    ) -> int:
        """
        One record. Returns its index.

        by: (role, key name) of those who sign; by default everybody who is named to. drop: so many of them don't.
        log_id: of the log that they sign for. change: what becomes of the signatures.
        """
        encoded = event if isinstance(event, bytes) else event.encoded
        head = unverified_event(encoded)
        by = by or [(role, person) for role, person, signs in head.people if signs]
        index = len(self.rows)
        base = base or self.base(index - 1)
        signed_at = signed_at or self.now_us
        signatures = []
        for role, name in by[drop:]:
            statement = encode_event_statement(
                log_id=log_id or self.log_id, base=base, role=role, signed_at_us=signed_at, event=encoded
            )
            signatures.append((role, signer(name).public_key, signed_at, sign(name, statement)))
        record = encode_record(
            index=index,
            recorded_at_us=recorded_at or self.now_us,
            prev_hash=record_hash(self.rows[-1]),
            base=base,
            links=[FIRST_LINK for _ in head.subjects],
            event=encoded,
            signatures=change(signatures),
        )
        rechain(self.tables, [*self.rows, record], index)
        self.rows = rows_of(self.tables)
        return index

    def confirm(self) -> None:
        """An honest act, whose signer saw all that stands there now: what comes after it is judged by itself."""
        self.add(self.event(subjects=["w/confirmed"]))

    def write(self, path: Path) -> Path:
        """The log as files, its head signed. Returns its directory."""
        sign_head(self.tables, self.rows)
        write_log(path, self.tables)
        return path
