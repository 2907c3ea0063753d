"""What `admit` asks about the records below one, answered from that record's own links. Pure over the evidence.

A record states by its links what the heads of its subjects were. Whether that is true for the whole log at once is
shown elsewhere (`forensics.tokens`), so a record can be judged without the state of all subjects. The answers are
those of a full replay exactly if links, ids and chain of the whole log are found true.
"""

from __future__ import annotations

from chainlog.forensics.evidence import U64, Evidence, parse_index
from chainlog.record.record import CheckedRecord, SubjectHead


class OwnLinksView:
    """The log below one record. `stand` moves it to another. Implements `authority.view.View`."""

    def __init__(self, evidence: Evidence) -> None:
        self._record = evidence.getter("records")
        self._index = evidence.getter("ids")
        self._heads: dict[str, SubjectHead | None] = {}
        self.size = 0
        self.last_hash = b""

    def stand(self, checked: CheckedRecord) -> OwnLinksView:
        """This view, now of the log below *checked*."""
        record = checked.record
        self.size, self.last_hash = record.index, record.prev_hash
        self._heads = {
            subject: SubjectHead(*link) if link[0] else None
            for subject, link in zip(checked.event.event.subjects, record.links, strict=True)
        }
        return self

    def record(self, index: int) -> bytes | None:
        return self._record(U64.pack(index)) if 0 <= index < self.size else None

    def subject(self, subject: str) -> SubjectHead | None:
        return self._heads.get(subject)

    def index_of(self, event_id: bytes) -> int | None:
        return parse_index(self._index(event_id))
