"""Whether the records of a bundle may stand: the one `admit` on each, and what it couldn't be asked. Pure.

Format: schemas/FORMAT.md sections 12 and 14.10, evidence bundles. `admit` asks a view about the log below a record. This one
answers from the bundle, and of the record's own subjects by the record's own links, which are checked against each other
beforehand. What only says that something isn't here is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from chainlog.authority.admit import admit
from chainlog.authority.problem import Problem, Signer
from chainlog.authority.registry import by_administrators, by_recovery
from chainlog.authority.state import Authority, is_registry
from chainlog.authority.view import Seen, View, look
from chainlog.proof.bundle_records import Shown, refuse
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, SubjectHead

_RECOVERABLE: Final = frozenset({"administered", "log_key_changed", "revoked"})


class Remark(msgspec.Struct, frozen=True, gc=False):
    """Something worth saying of a record that may stand: `unknown-kind`, `break-glass`, `doubtful`."""

    code: str
    index: int
    subject: str
    detail: str


class Judgement(NamedTuple):
    """
    What came of judging all records: none of them may not stand.

    authority: folded over all of them. gaps: what couldn't be asked: `bases`, `references`, `movers`.
    """

    authority: Authority
    remarks: tuple[Remark, ...]
    gaps: frozenset[str]


class BundleView:
    """
    The log below one record of a bundle. `stand` moves it on. Implements `authority.view.View`.

    not_here: indexes of the records that were asked for since and aren't in the bundle.
    """

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._heads: dict[str, SubjectHead | None] = {}
        self._seen: dict[int, Seen | None] = {}
        self.size = 0
        self.last_hash = b""
        self.not_here: set[int] = set()

    def stand(self, checked: CheckedRecord) -> BundleView:
        """This view, now of the log below *checked*."""
        self.size, self.last_hash = checked.record.index, checked.record.prev_hash
        self.not_here.clear()
        self._heads = {
            subject: SubjectHead(*link) if link[0] else None
            for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True)
        }
        return self

    def record(self, index: int) -> bytes | None:
        found = self._shown.records.get(index) if index < self.size else None
        if found is None:
            self.not_here.add(index)
            return None
        return found.encoded

    def look(self, view: View, index: int) -> Seen | None:
        """As `authority.view.look`, remembering what is here: a walk for each record of a long history reads it once."""
        if index >= self.size or index not in self._shown.records:
            return look(view, index)
        if index not in self._seen:
            self._seen[index] = look(view, index)
        return self._seen[index]

    def subject(self, subject: str) -> SubjectHead | None:
        return self._heads.get(subject)

    def index_of(self, event_id: bytes) -> int | None:
        return self._shown.by_id.get(event_id)


def judge(shown: Shown, *, log_id: bytes) -> Judgement:
    """
    Judge every record by those below it.

    Args:
        shown: with links that agree, and whole histories of the log's own subjects and of every key that is asked for.

    Raises: BundleError with the integrity code of the first problem.
    Cost: as `admit`, signatures included.
    """
    authority = Authority()
    view = BundleView(shown)
    remarks: list[Remark] = []
    gaps: set[str] = set()
    for index, checked in shown.records.items():
        base_index = checked.record.base[0]
        base_missing = 0 < base_index < index - 1 and base_index not in shown.records
        for problem in admit(
            checked, authority, view.stand(checked), log_id=log_id, verify=keys.verify, look=view.look
        ):
            if problem.code == "unknown-kind":
                remarks.append(Remark("unknown-kind", index, checked.event.event.kind, ""))
            elif problem.code == "wrong-base" and base_missing:
                gaps.add("bases")
            elif _is_reference_elsewhere(problem, checked, shown):
                gaps.add("references")
            else:
                raise refuse(problem.code, problem.detail, index=index, subject=problem.subject)
        # Above the base only the search for what moved a subject asks for records.
        if any(asked > base_index for asked in view.not_here):
            gaps.add("movers")
        remarks += _break_glass(checked, authority)
        event = checked.event.event
        if checked.event.kind is not None and is_registry(event):
            authority.apply(index, checked.record.recorded_at_us, event.kind, checked.event.body)
    return Judgement(authority, (*remarks, *_doubtful(shown, authority)), frozenset(gaps))


def _is_reference_elsewhere(problem: Problem, checked: CheckedRecord, shown: Shown) -> bool:
    return problem.code == "bad-ref" and any(
        event_id.hex() == problem.subject and event_id not in shown.by_id for event_id, _ in checked.event.event.refs
    )


def _break_glass(checked: CheckedRecord, authority: Authority) -> Iterator[Remark]:
    """A registry event that recovery keys authorised where the administrators did not."""
    record, event = checked.record, checked.event.event
    if event.kind not in _RECOVERABLE or all(signature[0] != "recovery" for signature in record.signatures):
        return
    signers = [
        Signer(role, history.holder, history)
        for role, public_key, _, _ in record.signatures
        if (history := authority.key(public_key)) is not None
    ]
    era = authority.administration(record.index)
    administrators = len(by_administrators(signers, era))
    if administrators < era.threshold and by_recovery(signers, authority.recovery):
        detail = f"{administrators} of {era.threshold} administrators signed"
        yield Remark("break-glass", record.index, event.kind, detail)


def _doubtful(shown: Shown, authority: Authority) -> Iterator[Remark]:
    """Signatures by keys that were declared doubtful, unless somebody countersigned since."""
    doubts: list[tuple[bytes, Remark]] = []
    confirmed: set[bytes] = set()
    for index, checked in shown.records.items():
        sound = False
        for holder in dict.fromkeys(_in_doubt(checked, authority)):
            if holder is None:
                sound = True
            else:
                detail = "signed with a key declared doubtful, not countersigned since"
                doubts.append((checked.event.event.id, Remark("doubtful", index, holder, detail)))
        if sound and checked.event.event.kind == "countersigned":
            confirmed.update(event_id for event_id, _ in checked.event.event.refs)
    yield from (remark for event_id, remark in doubts if event_id not in confirmed)


def _in_doubt(checked: CheckedRecord, authority: Authority) -> Iterator[str | None]:
    """For each signature its holder if it is in doubt, else None."""
    index = checked.record.index
    for _, public_key, _, _ in checked.record.signatures:
        history = authority.key(public_key)
        if history is None or history.doubt_from is None or index < history.doubt_from:
            yield None
        else:
            yield history.holder
