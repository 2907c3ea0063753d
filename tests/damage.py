"""Named damages to a log, as whoever can write its files could do them: with and without chaining anew what follows.

Works on the rows of the tables (`Tables`), so the same damage can be put into memory or into an LMDB file.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import lmdb
import msgspec

from chainlog import digest
from chainlog.canon.codec import BAD_BYTES
from chainlog.event.compose import new_event_id
from chainlog.event.model import unverified_event
from chainlog.forensics.evidence import HEAD_KEY, LAST_KEY, TILE_KEY, U64, subject_row, tables_of
from chainlog.log.head import decode_head
from chainlog.record.draft import Draft
from chainlog.record.record import FIRST_LINK, SubjectHead, encode_record, link_to, unverified_record
from chainlog.record.statement import encode_event_statement
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import Frontier
from chainlog.tree.tiles import build_tiles
from tests.builders import SmallLog, signer, small_log

Tables = dict[str, dict[bytes, bytes]]
Rows = list[bytes]


def copy_of(tables: Tables) -> Tables:
    return {name: dict(rows) for name, rows in tables.items()}


# --- an honest log with something of everything ------------------------------------------------


def tell_story(log: SmallLog, records: int) -> None:
    """Append until the log has *records* records: carriers from receipt to destruction, registry events between."""
    for number in count(1):
        for _ in _life(log, number):
            if log.handle.reader.size >= records:
                return


def _life(log: SmallLog, number: int) -> Iterator[object]:
    """The life of one carrier, and what else happens meanwhile, one record at a time."""
    carrier, document = f"c/2025〕{number}", f"d/国办发〔2025〕{1 + number // 2}号"
    item = {"carrier": carrier, "form": "document", "document": document, "copy_no": str(number)}
    body = {
        "level": "机密",
        "items": [item],
        "sender": "u/国务院",
        "channel": "confidential_post",
        "listed": 1,
        "found": 1,
    }
    yield log.record("created.received", {"receiver": "p/L"}, body={**body, "seal": "intact"})
    if number == 3:
        yield log.enrol("p/M")
    given = log.record(
        "transferred.circulate", {"giver": "p/L", "receiver": "p/Z"}, body={"mode": "face_to_face"}, subjects=[carrier]
    )
    yield given
    # A draft on a base that is not the last record when it is appended.
    read = log.handle.prepare(
        "accessed.read", body={"how": "read"}, people={"reader": "p/Z", "registrar": "p/L"}, subjects=[carrier]
    )
    draft = log.handle.draft(read)
    yield log.record("accessed.entered", {"operator": "p/C"}, subjects=["w/库房"])
    for role, person, signs in read.event.people:
        if signs:
            draft = draft.sign(signer(person), role=role, person=person, signed_at_us=log.clock())
    yield log.handle.append(draft)
    yield log.record(
        "returned.to_keeper",
        {"giver": "p/Z", "receiver": "p/L"},
        body={"reason": "reading", "condition": "intact"},
        subjects=[carrier],
        refs=[given.event_id],
    )
    if number == 5:
        policy = {"profile": "township", "version": "2", "parameters": [["min.supervisors", ["2"]]], "refuse": []}
        yield log.administer("policy_adopted", {**policy, "effective_at": log.clock()})
    if number == 7:
        yield log.administer("revoked", {"person": "p/M", "key": (1, signer("p/M").public_key), "reason": "retired"})
    if number % 3 == 0:
        supervisors = {"supervisor": ["p/Z", "p/C"]}
        yield log.record("destroyed.carriers", supervisors, body={"method": "pulp"}, subjects=[carrier, document])


def tell_tangled(log: SmallLog, records: int, rnd: random.Random) -> None:
    """Append until the log has *records* records: many lives at once, and signatures that wait for a while."""
    lives = [_life(log, number) for number in range(1, 7)]
    waiting: list[tuple[int, Draft]] = []
    while log.handle.reader.size < records:
        if waiting and waiting[0][0] <= log.handle.reader.size:
            log.handle.append(waiting.pop(0)[1])
        elif rnd.random() < 0.1:
            until = log.handle.reader.size + rnd.randint(1, 40)
            waiting = sorted([*waiting, (until, _entry(log, rnd))], key=lambda entry: entry[0])
        else:
            place = rnd.randrange(len(lives))
            if next(lives[place], None) is None:
                lives[place] = _life(log, 100 + log.handle.reader.size)


def _entry(log: SmallLog, rnd: random.Random) -> Draft:
    """A visit that is signed now."""
    person = rnd.choice(("p/Z", "p/C", "p/L"))
    event = log.handle.prepare(
        "accessed.entered", body={}, people={"operator": person}, subjects=[f"w/{rnd.randrange(5)}"]
    )
    return log.handle.draft(event).sign(signer(person), role="operator", person=person, signed_at_us=log.clock())


@cache
def honest(records: int = 300, seed: int = 0) -> tuple[bytes, Tables]:
    """Id and rows of an honest log, a different one for each *seed*. Not to be changed: take a copy."""
    log = small_log()
    if seed:
        tell_tangled(log, records, random.Random(seed))
    else:
        tell_story(log, records)
    with log.store.snapshot() as snapshot:
        return log.handle.id, tables_of(snapshot)


@cache
def honest_elsewhere() -> Tables:
    """Another honest log."""
    log = small_log(name="draft.other", nonce=bytes([7]) * 32)
    tell_story(log, 40)
    with log.store.snapshot() as snapshot:
        return tables_of(snapshot)


def elsewhere() -> Rows:
    """The records of another honest log."""
    return rows_of(honest_elsewhere())


# --- rows and tables ---------------------------------------------------------------------------


def rows_of(tables: Tables) -> Rows:
    return [data for _, data in sorted(tables["records"].items())]


def store_rows(tables: Tables, rows: Rows) -> None:
    tables["records"] = {U64.pack(index): data for index, data in enumerate(rows)}


def changed(data: bytes, **fields: Any) -> bytes:
    """The record with some fields replaced, encoded anew."""
    record = unverified_record(data)
    old = {name: getattr(record, name) for name in record.__struct_fields__ if name != "version"}
    return encode_record(**{**old, **fields})


def changed_event(data: bytes, **fields: Any) -> bytes:
    """The record with some fields of its event replaced, its signatures as they were."""
    event = unverified_event(unverified_record(data).event)
    values = {name: getattr(event, name) for name in event.__struct_fields__} | fields
    return changed(data, event=msgspec.msgpack.encode(tuple(values.values()), order="sorted"))


def rechain(tables: Tables, rows: Rows, start: int, *, keep_links: bool = False, fit_bases: bool = False) -> None:
    """
    What an attacker without keys can do for the records from *start* on: index, chain, links, all tables anew.

    The signed note stays as it is: nobody but the log can make another. keep_links: leave those of the first as they
    are. fit_bases: state other hashes in bases too, so that they agree, and the signatures no longer.
    """
    heads: dict[str, SubjectHead] = {}
    hashes: list[bytes] = []
    ids: dict[bytes, bytes] = {}
    rows = list(rows)
    for index in range(len(rows)):
        try:
            record = unverified_record(rows[index])
            event = unverified_event(record.event)
        except BAD_BYTES:
            hashes.append(digest.record_hash(rows[index]))
            continue
        if index >= start:
            links = tuple(link_to(heads.get(subject)) for subject in event.subjects)
            if index == start and keep_links:
                links = record.links
                # What follows is linked as if they were true.
                for subject, (count, last, hashed) in zip(event.subjects, links, strict=True):
                    if count:
                        heads[subject] = SubjectHead(count, last, hashed)
                    else:
                        heads.pop(subject, None)
            prev = hashes[-1] if hashes else digest.ZERO
            at, based = record.base
            base = (at, hashes[at] if fit_bases and index and at < index else based)
            rows[index] = changed(rows[index], index=index, prev_hash=prev, links=links, base=base)
        record_hash = digest.record_hash(rows[index])
        hashes.append(record_hash)
        ids.setdefault(event.id, U64.pack(index))
        for subject in event.subjects:
            before = heads.get(subject)
            heads[subject] = SubjectHead(1 if before is None else before.count + 1, index, record_hash)
    store_rows(tables, rows)
    tables["ids"] = ids
    tables["subjects"] = {subject.encode(): subject_row(head) for subject, head in heads.items()}
    built = build_tiles(hashes, old_size=0, read_leaf_hashes=lambda a, b: [], read_tile=lambda level, number: None)
    tables["tiles"] = {TILE_KEY.pack(level, number): tile for level, number, tile in built}
    note = decode_head(tables["head"][HEAD_KEY]).checkpoint
    frontier = Frontier.empty().extend(hashes)
    tables["head"] = {
        LAST_KEY: U64.pack(len(rows)) + hashes[-1],
        HEAD_KEY: msgspec.msgpack.encode((len(rows), hashes[-1], frontier.encode(), note)),
    }


def sign_head(tables: Tables, rows: Rows) -> None:
    """What somebody can do who has the log's key: sign a head over these rows."""
    hashes = [digest.record_hash(data) for data in rows]
    old = decode_head(tables["head"][HEAD_KEY])
    origin = old.checkpoint.decode().partition("\n")[0]
    frontier = Frontier.empty().extend(hashes)
    note = sign_checkpoint(Checkpoint(origin, len(rows), frontier.root()), signer=signer("log"))
    tables["head"][HEAD_KEY] = msgspec.msgpack.encode((len(rows), hashes[-1], frontier.encode(), note))


# --- the damages -------------------------------------------------------------------------------


class Damage(NamedTuple):
    """
    A change to the rows at an index.

    apply: gives the rows, or None where it can't be done there. plain, anew, signed: the codes of which one must be
    found, without and with chaining anew, and where the log's own key signed the head again; None where that makes no
    sense. exact: at the index itself; else nobody signed on the record, and it is found between two signed bases.
    """

    apply: Callable[[Rows, int, random.Random], Rows | None]
    plain: set[str] | None
    anew: set[str] | None
    signed: set[str] | None
    exact: bool = True


def damaged(tables: Tables, name: str, index: int, *, anew: bool, seed: int = 0, gap: bool = False) -> Tables | None:
    """
    A copy of *tables* with the damage *name* at *index*; None where it can't be done there.

    anew: everything after it is chained anew. gap: a record is taken out and the keys of the others stay.
    """
    damage = DAMAGES[name]
    rows = damage.apply(rows_of(tables), index, random.Random(f"{name} {index} {seed}"))
    if rows is None or (damage.anew if anew else damage.plain) is None:
        return None
    copied = copy_of(tables)
    if anew:
        rechain(copied, rows, index, keep_links=name in _LINKS)
    elif gap:
        del copied["records"][U64.pack(index)]
    else:
        store_rows(copied, rows)
    return copied


def _one(change: Callable[[bytes, random.Random], bytes | None]) -> Callable[[Rows, int, random.Random], Rows | None]:
    def apply(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
        data = change(rows[index], rnd)
        return None if data is None else [*rows[:index], data, *rows[index + 1 :]]

    return apply


def _flip(data: bytes, rnd: random.Random) -> bytes:
    place = rnd.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rnd.randrange(8))]) + data[place + 1 :]


def _time(data: bytes, rnd: random.Random) -> bytes:
    return changed(data, recorded_at_us=unverified_record(data).recorded_at_us + 1)


def _signature(data: bytes, rnd: random.Random) -> bytes:
    signatures = [list(signature) for signature in unverified_record(data).signatures]
    one = signatures[rnd.randrange(len(signatures))]
    one[3] = bytes([one[3][0] ^ 1]) + one[3][1:]
    return changed(data, signatures=[tuple(signature) for signature in signatures])


def _strip(data: bytes, rnd: random.Random) -> bytes | None:
    signatures = unverified_record(data).signatures
    return changed(data, signatures=signatures[1:]) if len(signatures) > 1 else None


def _add(data: bytes, rnd: random.Random) -> bytes | None:
    record = unverified_record(data)
    event = unverified_event(record.event)
    if any(role == "witness" for role, _, _ in event.people) or record.index < 4:
        return None
    log_id, _ = honest()
    statement = encode_event_statement(
        log_id=log_id, base=record.base, role="witness", signed_at_us=record.recorded_at_us, event=record.event
    )
    signature = signer("p/C")._key.sign(statement)
    added = ("witness", signer("p/C").public_key, record.recorded_at_us, signature)
    return changed(data, signatures=[*record.signatures, added])


def _expiry(data: bytes, rnd: random.Random) -> bytes | None:
    event = unverified_event(unverified_record(data).event)
    return changed_event(data, expires_at_us=event.expires_at_us - 1) if event.expires_at_us else None


def _base(data: bytes, rnd: random.Random) -> bytes | None:
    index, hashed = unverified_record(data).base
    return changed(data, base=(index, bytes([hashed[0] ^ 1]) + hashed[1:])) if index else None


def _prev(data: bytes, rnd: random.Random) -> bytes:
    hashed = bytearray(unverified_record(data).prev_hash)
    hashed[rnd.randrange(len(hashed))] ^= 1 << rnd.randrange(8)
    return changed(data, prev_hash=bytes(hashed))


def _link(data: bytes, rnd: random.Random) -> bytes:
    links = list(unverified_record(data).links)
    position, index, hashed = links[0]
    return changed(data, links=[(position + 1, index, hashed), *links[1:]])


def _first_links(data: bytes, rnd: random.Random) -> bytes | None:
    links = unverified_record(data).links
    made = [FIRST_LINK for _ in links]
    return changed(data, links=made) if any(link[0] for link in links) else None


def _links_to_itself(data: bytes, rnd: random.Random) -> bytes:
    record = unverified_record(data)
    return changed(data, links=[(position + 1, record.index, hashed) for position, _, hashed in record.links])


def _move(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
    other = index + 5
    if other >= len(rows) or index == 0:
        return None
    return [*rows[:index], *rows[index + 1 : other + 1], rows[index], *rows[other + 1 :]]


BACK = 3
"""How far records are copied."""


def _copy_back(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
    other = index + BACK
    return [*rows[:index], rows[other], *rows[index + 1 :]] if index > 0 and other < len(rows) else None


def _copy_on(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
    return [*rows[:index], rows[index - 3], *rows[index + 1 :]] if index > BACK else None


def _remove(rows: Rows, index: int, rnd: random.Random) -> Rows:
    return [*rows[:index], *rows[index + 1 :]]


def _swap(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
    if index + 1 >= len(rows) or index == 0:
        return None
    return [*rows[:index], rows[index + 1], rows[index], *rows[index + 2 :]]


def _swap_far(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
    other = index + 17
    if other >= len(rows) or index == 0:
        return None
    swapped = list(rows)
    swapped[index], swapped[other] = rows[other], rows[index]
    return swapped


def _repeat(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
    return [*rows[:index], rows[rnd.randrange(index)], *rows[index:]] if index else None


def _insert_foreign(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
    return [*rows[:index], rnd.choice(elsewhere()[5:]), *rows[index:]] if index else None


def _insert_stranger(rows: Rows, index: int, rnd: random.Random) -> Rows | None:
    """A record that somebody without a place in the log has signed, on this log."""
    if index < 5:
        return None
    log_id, _ = honest()
    model = next(
        (data for data in rows if unverified_event(unverified_record(data).event).kind == "accessed.entered"), None
    )
    if model is None:
        return None
    record = unverified_record(model)
    event = list(msgspec.msgpack.decode(record.event))
    event[1] = new_event_id(record.recorded_at_us)
    encoded = msgspec.msgpack.encode(event, order="sorted")
    base = (index - 1, digest.record_hash(rows[index - 1])) if index > 1 else (0, log_id)
    statement = encode_event_statement(log_id=log_id, base=base, role="operator", signed_at_us=record.recorded_at_us, event=encoded)  # fmt: skip
    stranger = signer("somebody else")
    signature = ("operator", stranger.public_key, record.recorded_at_us, stranger._key.sign(statement))
    made = changed(model, index=index, prev_hash=digest.record_hash(rows[index - 1]), base=base, event=encoded, signatures=[signature])  # fmt: skip
    return [*rows[:index], made, *rows[index:]]


_STRIPPED = {"missing-signature", "below-threshold"}
_KEYS = {"unknown-key", "bad-signature", "wrong-log", "wrong-base"}

_MOVED = {"missing", "reordered", "altered"}
_COPIED = {"duplicate", "reordered", "altered"}

DAMAGES: dict[str, Damage] = {
    "a bit flipped": Damage(_one(_flip), {"altered", "malformed"}, None, None),
    "time changed": Damage(_one(_time), {"altered"}, {"altered"}, {"altered"}, exact=False),
    "event changed": Damage(_one(_expiry), {"altered"}, {"bad-signature"}, {"bad-signature"}),
    "signature replaced": Damage(_one(_signature), {"altered"}, {"bad-signature"}, {"bad-signature"}),
    "signature stripped": Damage(_one(_strip), {"altered"}, _STRIPPED, _STRIPPED),
    "signature added": Damage(_one(_add), {"altered"}, {"foreign-signature"}, {"foreign-signature"}),
    # Chained anew, nothing of it is left.
    "previous hash changed": Damage(_one(_prev), {"altered"}, None, None),
    "base changed": Damage(_one(_base), {"altered"}, {"bad-signature"}, {"bad-signature"}),
    "link changed": Damage(_one(_link), {"altered"}, {"stale-link"}, {"stale-link"}),
    "links to itself": Damage(_one(_links_to_itself), {"altered"}, {"stale-link"}, {"stale-link"}),
    "links made the first": Damage(_one(_first_links), {"altered"}, {"stale-link"}, {"stale-link"}),
    "record removed": Damage(_remove, {"missing", "truncated"}, {"missing", "truncated"}, _MOVED, exact=False),
    "neighbours swapped": Damage(_swap, {"reordered"}, _MOVED, _MOVED, exact=False),
    "two swapped": Damage(_swap_far, {"reordered"}, _MOVED, _MOVED, exact=False),
    "record moved": Damage(_move, {"reordered"}, _MOVED, _MOVED, exact=False),
    "record copied over an earlier one": Damage(_copy_back, {"duplicate"}, _COPIED, _COPIED, exact=False),
    "record copied over a later one": Damage(_copy_on, {"duplicate"}, {"duplicate"}, {"duplicate"}),
    "record repeated": Damage(_repeat, {"duplicate"}, {"duplicate"}, {"duplicate"}),
    "record of another log": Damage(_insert_foreign, {"foreign-data", "duplicate"}, _KEYS, _KEYS),
    "record of a stranger": Damage(_insert_stranger, {"foreign-data"}, {"unknown-key"}, {"unknown-key"}),
}  # fmt: skip
# The links of these are what was changed, and stay so.
_LINKS = frozenset({"link changed", "links to itself", "links made the first"})


# --- files -------------------------------------------------------------------------------------


def write_log(path: Path, tables: Tables) -> Path:
    """Make a log directory whose LMDB file holds these rows. Returns the data file."""
    directory = path / "truth"
    directory.mkdir(parents=True)
    engine = lmdb.open(str(directory), map_size=1 << 26, max_dbs=64, lib_version=0)
    with engine, engine.begin(write=True) as transaction:
        for name, rows in tables.items():
            database = engine.open_db(name.encode(), txn=transaction)
            for key in sorted(rows):
                transaction.put(key, rows[key], db=database)
    (directory / "lock.mdb").unlink()
    return directory / "data.mdb"
