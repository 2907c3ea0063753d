"""Numbers: serials of registers, numbers of media and devices, form numbers of what was stored on a medium. Pure.

A number is given by one record and may be corrected by later ones, so each row says from which record on it counts and up
to which. Whether the record that gave it was made void is for whoever asks: custody knows that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from chainlog import limits
from chainlog.projection.feed import Act
from chainlog.projection.matters import registered_documents
from chainlog.projection.protocol import table_name
from chainlog.store.port import Table, Transaction

NAME: Final = "registers"
VERSION: Final = 1

_SERIALS: Final = "serials"
_NUMBERS: Final = "numbers"
_FORMS: Final = "forms"
_GIVEN: Final = "given"
_ROWS: Final = (_SERIALS, _NUMBERS, _FORMS)
TABLES: Final = (*_ROWS, _GIVEN)

# A key holds the beginning of the text, cut so that it stays below what a store takes; the row holds the whole text.
_KEY_TEXT_BYTES: Final = 400
_WIDTH: Final = 8
_NONE: Final = -1


class Use(msgspec.Struct, array_like=True, gc=False):
    """
    One number as one record gave it.

    table: what it is a number of. text: the register, the number, the form number. serial: -1 but in registers. index: of the
    record. subjects: what it was given to. since: the record from which on it counts; until: from which on no longer, or None.
    """

    table: str
    text: str
    serial: int
    index: int
    subjects: tuple[str, ...]
    since: int
    until: int | None = None

    def counts(self, last: int) -> bool:
        """Whether it counted with *last* as the last record known."""
        return self.since <= last and (self.until is None or self.until > last)

    @property
    def key(self) -> bytes:
        """Rows of one text lie together, by serial, then in the order of records."""
        return _key(self.text, max(self.serial, 0), self.index, self.since)


_decode_use: Final = msgspec.msgpack.Decoder(Use).decode
_decode_uses: Final = msgspec.msgpack.Decoder(list[Use]).decode
_encode: Final = msgspec.msgpack.Encoder().encode


def _key(text: str, *numbers: int) -> bytes:
    return text.encode()[:_KEY_TEXT_BYTES] + b"\0" + b"".join(number.to_bytes(_WIDTH, "big") for number in numbers)


# --- the fold -----------------------------------------------------------------------------------


class _Fold:
    """Rows read through from the tables and written back at the end."""

    def __init__(self, state: Transaction) -> None:
        self._tables: dict[str, Table] = {name: state.table(name) for name in TABLES}
        self._changed: dict[str, dict[bytes, bytes]] = {name: {} for name in TABLES}

    def given(self, event_id: bytes) -> list[Use]:
        """All that an event gave, with what corrections made of it."""
        data = self._changed[_GIVEN].get(event_id) or self._tables[_GIVEN].get(event_id)
        return [] if data is None else _decode_uses(data)

    def put(self, event_id: bytes, uses: list[Use]) -> None:
        self._changed[_GIVEN][event_id] = _encode(uses)
        for use in uses:
            self._changed[use.table][use.key] = _encode(use)

    def flush(self) -> None:
        for name, changed in self._changed.items():
            self._tables[name].put_many(sorted(changed.items()))


def _registered(fold: _Fold, act: Act) -> None:
    body = act.body
    if act.kind == "registered.document":
        subjects = tuple(registered_documents(act))
    else:
        prefix = "u" if act.kind == "registered.void" else "c"
        subjects = tuple(subject for subject in act.subjects if subject[0] == prefix)
    uses = [Use(_SERIALS, body.register, body.serial, act.index, subjects, act.index)]
    if act.kind == "created.equipment":
        uses.append(Use(_NUMBERS, body.number, _NONE, act.index, subjects, act.index))
    fold.put(act.id, uses)


def _stored(fold: _Fold, act: Act) -> None:
    if act.body.form_no:
        source = act.body.device
        media = tuple(one for position, one in enumerate(act.subjects) if one[0] == "c" and position != source)
        fold.put(act.id, [Use(_FORMS, act.body.form_no, _NONE, act.index, media, act.index)])


# Fields that may be corrected: the table that a field's number stands in.
_FIELDS: Final = {"register": _SERIALS, "serial": _SERIALS, "number": _NUMBERS, "form_no": _FORMS}


def _corrected(fold: _Fold, act: Act) -> None:
    """Nothing where another field is corrected, to something that it can't hold, or of what never gave a number."""
    table, refs = _FIELDS.get(act.body.field), act.refs
    value = _new_value(act.body.field, act.body.new) if table and refs else None
    if value is None:
        return
    uses = fold.given(refs[0][0])
    for use in [one for one in uses if one.table == table and one.until is None]:
        use.until = act.index
        text, serial = (use.text, value) if act.body.field == "serial" else (value, use.serial)
        uses.append(Use(use.table, text, serial, use.index, use.subjects, act.index))
        fold.put(refs[0][0], uses)


def _new_value(field: str, text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if field == "serial":
        return value if type(value) is int and 0 <= value <= limits.INTEGER_MAX else None
    return value if isinstance(value, str) and value else None


_HANDLERS: Final[dict[str, Callable[[_Fold, Act], None]]] = {
    "registered.document": _registered,
    "registered.void": _registered,
    "created.equipment": _registered,
    "copied.stored": _stored,
    "corrected.field": _corrected,
}


class RegistersProjection:
    """Which record gave which number. Query it through `Registers`."""

    name = NAME
    version = VERSION
    tables: Sequence[str] = TABLES
    kinds = tuple(_HANDLERS)

    def apply_block(self, acts: Iterable[Act], state: Transaction, *, fresh: bool) -> None:
        """Fold records and write what changed. See `protocol.BlockProjection`."""
        fold = _Fold(state)
        for act in acts:
            _HANDLERS[act.kind](fold, act)
        fold.flush()


# --- questions ----------------------------------------------------------------------------------


class Registers:
    """
    Who has a number. Answers name records that may have been made void since.

    Args:
        transaction: on `derived/`, in which the projection has caught up.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._tables = {name: transaction.table(table_name(NAME, name)) for name in TABLES}

    def registered(self, register: str, serial: int, *, last: int) -> list[Use]:
        """What stands under a serial of a register, in the order of records: documents, equipment, serials left empty."""
        return self._uses(_SERIALS, register, serial, last)

    def numbered(self, number: str, *, last: int) -> list[Use]:
        """Media and devices with a number, in the order of records."""
        return self._uses(_NUMBERS, number, 0, last)

    def form_uses(self, form_no: str, *, last: int) -> list[Use]:
        """What was stored with a form number, in the order of records."""
        return self._uses(_FORMS, form_no, 0, last)

    def below(self, register: str, serial: int, *, last: int) -> Iterator[Use]:
        """What stands under the smaller serials of a register, the greatest first."""
        table = self._tables[_SERIALS]
        for _, data in table.scan_back(_key(register, serial), _key(register)):
            use = _decode_use(data)
            if use.text == register and use.counts(last):
                yield use

    def entry(self, event_id: bytes, *, last: int) -> tuple[str, int] | None:
        """(register, serial) that an event gave, as corrected; None if it gave none."""
        data = self._tables[_GIVEN].get(event_id)
        for use in () if data is None else _decode_uses(data):
            if use.table == _SERIALS and use.counts(last):
                return use.text, use.serial
        return None

    def beside(self, event_ids: Iterable[bytes], *, last: int) -> set[str]:
        """What has, or had, the same number as some events, and the document or thing next above in registers."""
        found: set[str] = set()
        for event_id in event_ids:
            data = self._tables[_GIVEN].get(event_id)
            for use in () if data is None else _decode_uses(data):
                for other in self._uses(use.table, use.text, max(use.serial, 0), last):
                    found.update(other.subjects)
                if use.table == _SERIALS:
                    found.update(self._above(use.text, use.serial, last))
        return found

    def _above(self, register: str, serial: int, last: int) -> tuple[str, ...]:
        stop = register.encode()[:_KEY_TEXT_BYTES] + b"\1"
        for _, data in self._tables[_SERIALS].scan(_key(register, serial + 1), stop):
            use = _decode_use(data)
            # Serials declared unused have no subject that is judged: who stands above them may miss a number below them.
            if use.text == register and use.counts(last) and not any(one[0] == "u" for one in use.subjects):
                return use.subjects
        return ()

    def _uses(self, table: str, text: str, serial: int, last: int) -> list[Use]:
        found = (_decode_use(data) for _, data in self._tables[table].scan(_key(text, serial), _key(text, serial + 1)))
        return [use for use in found if use.text == text and use.counts(last)]
