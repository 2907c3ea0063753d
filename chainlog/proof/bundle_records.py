"""The records of a bundle: who is named in which, what demands them, and whether their links agree. Pure.

Format: schemas/FORMAT.md, evidence bundles. A bundle holds a part of a log, so a link may lead to a record that isn't here.
Whatever two of its records say of one place must agree all the same, and a history that is to be whole has no gaps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from chainlog.authority.state import OWN_SUBJECTS
from chainlog.errors import BundleError, FormatError
from chainlog.event.subjects import key_subject
from chainlog.record.record import FIRST_LINK, CheckedRecord, Link, check_record
from chainlog.tree.map import Claim

OF_THE_LOG: Final = frozenset(OWN_SUBJECTS)


def refuse(finding: str, detail: str, *, index: int | None = None, subject: str = "") -> BundleError:
    """The error to raise for what is false in a bundle."""
    where = ", ".join([*([] if index is None else [f"record {index}"]), *([subject] if subject else [])])
    return BundleError(
        f"{where}: {detail}" if where else detail, finding=finding, index=index, subject=subject, reason=detail
    )


class Shown:
    """
    The records of a bundle.

    Args:
        encoded: their bytes, in the order of their indexes, record 0 first.

    Raises: FormatError where one is no record, or they stand in another order.
    """

    def __init__(self, encoded: Sequence[bytes]) -> None:
        self.records: dict[int, CheckedRecord] = {}
        self.by_id: dict[bytes, int] = {}
        self._naming: dict[str, list[int]] = {}
        last = -1
        for place, data in enumerate(encoded):
            checked = check_record(data, path=f"$[3][{place}]")
            index = checked.record.index
            if index <= last or (place == 0 and index):
                raise FormatError("records stand in the order of their indexes, from record 0", path=f"$[3][{place}]")
            last = index
            self.records[index] = checked
            if checked.event.event.id in self.by_id:
                raise refuse("duplicate", "an event id stands twice", index=index, subject=checked.event.event.id.hex())
            self.by_id[checked.event.event.id] = index
            for subject in checked.event.event.subjects:
                self._naming.setdefault(subject, []).append(index)
        self.last = last

    def naming(self, subject: str, *, below: int | None = None) -> list[int]:
        """Indexes of the records that name *subject*, ascending."""
        found = self._naming.get(subject, [])
        return found if below is None else [index for index in found if index < below]

    def subjects(self) -> Iterable[str]:
        """Every subject that is named."""
        return self._naming

    def claim(self, subject: str, *, below: int) -> Claim | None:
        """What a map of the first *below* records says of *subject* if these are all that name it."""
        found = self.naming(subject, below=below)
        return Claim(len(found), self.records[found[-1]].record_hash) if found else None


def keys_of(checked: CheckedRecord) -> Iterator[str]:
    """
    The keys whose histories a record demands, as subjects `k/…`: those that sign it, and one that it revokes.

    Record 0 demands none: it brings all the keys that sign it, and nothing stands before it.
    """
    if checked.record.index == 0:
        return
    for _, public_key, _, _ in checked.record.signatures:
        yield key_subject(public_key)
    if checked.event.event.kind == "revoked":
        yield key_subject(checked.event.body.key[1])


def demanded_keys(shown: Shown, *, wanted: Iterable[str], committed: int | None) -> set[str]:
    """
    The keys whose histories the bundle must hold, as subjects.

    Demanded are record 0, the commitment, what names a wanted subject or the log's own three, what names a key that these
    demand, and what these refer to.

    Raises: BundleError `undemanded` for a record that nothing demands.
    """
    keys: set[str] = set()
    seen: set[int] = set()
    waiting = [0, *(() if committed is None else (committed,))]
    for subject in (*wanted, *OWN_SUBJECTS):
        waiting += shown.naming(subject)
    while waiting:
        index = waiting.pop()
        if index in seen:
            continue
        seen.add(index)
        checked = shown.records[index]
        for key in set(keys_of(checked)) - keys:
            keys.add(key)
            waiting += shown.naming(key)
        for event_id, _ in checked.event.event.refs:
            if event_id in shown.by_id:
                waiting.append(shown.by_id[event_id])
    for index in shown.records:
        if index not in seen:
            raise refuse("undemanded", "nothing that the bundle is about demands this record", index=index)
    return keys


def check_links(shown: Shown, *, whole: Collection[str]) -> None:
    """
    Check the links of all records against each other; subjects in *whole* have a link from each record to the one before.

    Raises: BundleError `stale-link` where two records contradict each other, `incomplete` where one is left out.
    """
    heads: dict[str, Link] = {}
    for index, checked in shown.records.items():
        for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True):
            before = heads.get(subject, FIRST_LINK)
            if link != before:
                _check_gap(shown, subject, index, link, before, is_whole=subject in whole)
            heads[subject] = (link[0] + 1, index, checked.record_hash)


def _check_gap(
    shown: Shown,
    subject: str,
    index: int,
    link: Link,
    before: Link,
    *,
    is_whole: bool,
) -> None:
    """A link that skips records which aren't here: plausible at least, and not in a history that is to be whole."""
    position, previous, _ = link
    first = before[1] + 1 if before[0] else 0  # where the next record that names the subject may stand
    left_out = position - before[0]
    if not 0 < left_out <= previous - first + 1 or previous >= index or previous in shown.records:
        raise refuse("stale-link", "its link isn't to the record before it", index=index, subject=subject)
    if is_whole:
        raise refuse("incomplete", f"{left_out} records before it are left out", index=index, subject=subject)


class Places:
    """What is known of the hashes of records, whether they are here or not: by themselves, and by what others say."""

    def __init__(self, shown: Shown) -> None:
        self._known: dict[int, bytes] = {index: one.record_hash for index, one in shown.records.items()}

    def check(self, checked: CheckedRecord) -> None:
        """
        Take in what a record says of others, and check it against what is known.

        Raises: BundleError `altered`, `wrong-base`, `wrong-log`, `stale-link`.
        """
        record = checked.record
        index = record.index
        if index and not self._agrees(index - 1, record.prev_hash):
            raise refuse("altered", "the previous hash is not that of the record before", index=index)
        if record.base[0] < index and not self._agrees(*record.base):
            code = "wrong-base" if record.base[0] else "wrong-log"
            raise refuse(code, f"the base is not record {record.base[0]} of this log", index=index)
        for subject, (position, previous, stated) in zip(checked.event.event.subjects, record.links, strict=True):
            if position and not self._agrees(previous, stated):
                raise refuse("stale-link", f"its link isn't to record {previous}", index=index, subject=subject)

    def _agrees(self, index: int, stated: bytes) -> bool:
        return self._known.setdefault(index, stated) == stated
