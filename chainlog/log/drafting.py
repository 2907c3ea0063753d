"""Drafting: an event made ready on the newest head, with what earlier records know filled in.

It adds the base, the documents of ended copies, the hashes of referred acts, and the signatures that kind and policy want.
Reads through a snapshot; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from chainlog import digest, limits
from chainlog.authority.admit import TIMELESS
from chainlog.authority.state import ViewAuthority
from chainlog.authority.view import View, event_hash_at, walk_back
from chainlog.canon import codec
from chainlog.errors import LimitError, NotFoundError
from chainlog.event.catalogue import find_kind
from chainlog.event.compose import People, compose, default_signs, fold_all, new_event_id
from chainlog.event.kind import Kind
from chainlog.event.model import CheckedEvent, Ref, unverified_body, unverified_event
from chainlog.event.moves import NAMES_DOCUMENTS
from chainlog.event.subject import fold
from chainlog.record.draft import Draft
from chainlog.record.record import unverified_record

_REGISTERED: Final = "registered.document"
_ITEM_KINDS: Final = frozenset({
    "created.received", "created.produced", "created.entered", "created.opening", "copied.made", _REGISTERED,
})  # fmt: skip


def head_base(view: View, log_id: bytes) -> tuple[int, bytes]:
    """The base of an event that is signed now: the newest record."""
    if view.size == 0:
        return (0, digest.ZERO)
    return (0, log_id) if view.size == 1 else (view.size - 1, view.last_hash)


def prepare(
    view: View,
    kind: str,
    *,
    body: Mapping[str, Any],
    people: People,
    now_us: int,
    authority: ViewAuthority | None = None,
    subjects: Iterable[str] = (),
    occurred: Sequence[int] = (),
    refs: Iterable[bytes | Ref] = (),
    event_id: bytes | None = None,
    expires_at_us: int | None = None,
    signs: Mapping[str, int] | None = None,
    level: str | None = None,
) -> CheckedEvent:
    """
    Compose an event for the log that *view* shows.

    Args:
        kind, body, people, subjects, occurred: as for `event.compose.compose`.
        now_us: the clock.
        authority: of the view, where the caller has it at hand.
        refs: event ids, whose hashes are looked up, or (id, hash) pairs of acts that will stand in the same block.
        event_id: 16 bytes; a new one by default.
        expires_at_us: when the signed paper lapses; 14 days from now by default, 0 for what the log signs in the moment.
        signs: role to number of signatures; by default what `roles_wanted` says.
        level: of the carriers, for policies that ask more of higher levels; the body's by default.

    Raises: NotFoundError for a reference that isn't there; UnknownKindError, FormatError and its subclasses.
    Cost: for kinds that end copies, a walk over the history of each carrier among *subjects* back to its document.
    """
    row = find_kind(kind)
    if signs is None and isinstance(people, Mapping):
        wanted = roles_wanted(
            row, body, authority or ViewAuthority(view), level=level, occurred_us=occurred[0] if occurred else now_us
        )
        signs = dict.fromkeys(wanted, 1)
    named = fold_all(subjects)
    references = [_reference(view, ref) for ref in refs]
    if row.subjects == ("target",):
        named += _target_subjects(view, references)
    if kind in NAMES_DOCUMENTS and "copies_unnumbered" not in body:
        named += _documents_of(view, [s for s in named if s.startswith("c/")])
    return compose(
        kind,
        body=body,
        people=people,
        subjects=named,
        occurred=occurred,
        refs=references,
        event_id=new_event_id(now_us) if event_id is None else event_id,
        expires_at_us=_lapse_us(kind, now_us) if expires_at_us is None else expires_at_us,
        signs=signs,
    )


def _lapse_us(kind: str, now_us: int) -> int:
    return 0 if kind in TIMELESS else now_us + limits.EXPIRY_DEFAULT_US


def prepare_draft(view: View, event: CheckedEvent, *, log_id: bytes) -> Draft:
    """A draft of *event* on the newest record."""
    return Draft(log_id, head_base(view, log_id), event.encoded)


def roles_wanted(
    kind: Kind, body: Mapping[str, Any], authority: ViewAuthority, *, level: str | None, occurred_us: int
) -> dict[str, int]:
    """
    Roles that should sign an event and by how many persons, as the policy in force says, else as the kind does.

    The most specific of `sign.<kind>.<level>` and `sign.<kind>` wins; a role in round brackets signs if the person has a key
    and is left out here.
    """
    policy = authority.policy_for(occurred_us)
    parameters = dict(policy.body.parameters) if policy is not None else {}
    stated = level or body.get("level")
    names = [f"sign.{kind.name}.{stated}", f"sign.{kind.name}"] if stated else [f"sign.{kind.name}"]
    for name in names:
        if name in parameters:
            wanted: dict[str, int] = {}
            for value in parameters[name]:
                role, _, number = value.partition("*")
                if not role.startswith("("):
                    wanted[role] = int(number or 1)
            return wanted
    return dict(kind.signs) or default_signs(kind, body)


def lacks(event: CheckedEvent, authority: ViewAuthority, *, level: str | None = None) -> dict[str, int]:
    """
    What the policy wants beyond what the event names: role to number of persons who should sign and aren't named to.

    Nothing is refused for it; a rule will find it.
    """
    if event.kind is None:
        return {}
    occurred = event.event.occurred
    policies = authority.policies()
    occurred_us = occurred[0] if occurred else policies[-1].body.effective_at if policies else 0
    body = codec.decode(bytes(event.event.body))
    wanted = roles_wanted(event.kind, body, authority, level=level, occurred_us=occurred_us)
    have: dict[str, int] = {}
    for role, _, signs in event.event.people:
        have[role] = have.get(role, 0) + (1 if signs else 0)
    if event.kind.name == "reported.incident":
        return {} if have.get("registrar") or have.get("operator") else {"registrar": 1}
    if event.kind.name == "countersigned":
        return {}
    return {role: count - have.get(role, 0) for role, count in wanted.items() if count > have.get(role, 0)}


def parts_of(
    carriers: Iterable[str], *, most: int = limits.LIST_PART_CARRIERS
) -> list[tuple[list[str], dict[str, Any]]]:
    """
    Split the carriers of a list into parts that fit an event each.

    Returns: (carriers, part) pairs; `part` is the body field `{number, of, whole}`.
    Raises: LimitError for an empty list.
    """
    ordered = sorted({fold(carrier) for carrier in carriers}, key=codec.sort_key)
    if not ordered:
        raise LimitError("a list without carriers", path="$.part", limit="at least 1")
    whole = whole_of(ordered)
    chunks = [ordered[i : i + most] for i in range(0, len(ordered), most)]
    return [
        (chunk, {"number": number, "of": len(chunks), "whole": whole}) for number, chunk in enumerate(chunks, start=1)
    ]


def whole_of(carriers: Iterable[str]) -> bytes:
    """The digest of a whole list of carriers, 32 bytes: `part.whole` of its deeds and `whole` of its permit."""
    ordered = sorted({fold(carrier) for carrier in carriers}, key=codec.sort_key)
    return digest.list_digest(codec.encode(ordered))


def listed_carriers(view: View, list_subject: str) -> list[str]:
    """
    The carriers that stand on a list now: added and not withdrawn, sorted. What was voided since doesn't count.

    Cost: a walk over the list's events.
    """
    on: dict[str, bool] = {}
    voided: set[bytes] = set()
    # Walking from the newest event: the first word about a carrier is the last one said, and a void comes before its act.
    for step in walk_back(view, fold(list_subject)):
        event = step.event
        if event.id in voided:
            continue
        if event.kind == "corrected.void":
            voided.update(event_id for event_id, _ in event.refs)
        elif event.kind in ("listed.added", "listed.withdrawn"):
            for subject in event.subjects:
                if subject.startswith("c/"):
                    on.setdefault(subject, event.kind == "listed.added")
    return sorted((carrier for carrier, there in on.items() if there), key=codec.sort_key)


def document_of(view: View, carrier: str) -> str | None:
    """
    The document of which a carrier is a copy, as its creation or registration says; None if none does.

    A registration of one document is of all the carriers that it names, those too that none of its items describes.
    """
    for step in walk_back(view, carrier):
        if step.event.kind not in _ITEM_KINDS:
            continue
        body, subjects = unverified_body(step.event), step.event.subjects
        own = [item for item in body.items or () if subjects[item.carrier] == carrier]
        for item in own:
            if isinstance(item.document, int):
                return subjects[item.document]
        if step.event.kind == _REGISTERED and not own and len(documents := _registered(body, subjects)) == 1:
            return documents[0]
    return None


def _registered(body: Any, subjects: Sequence[str]) -> list[str]:
    """The documents that a registration is of: not those that it only states as sources."""
    sources = (body.document.derived_from or ()) if body.document else ()
    return [one for position, one in enumerate(subjects) if one.startswith("d/") and position not in sources]


def _documents_of(view: View, carriers: Iterable[str]) -> list[str]:
    found = (document_of(view, carrier) for carrier in carriers)
    return [document for document in found if document is not None]


def _target_subjects(view: View, refs: Sequence[Ref]) -> list[str]:
    """The subjects of the one act that a correction, countersignature or erasure is about."""
    for event_id, _ in refs[:1]:
        index = view.index_of(event_id)
        data = None if index is None else view.record(index)
        if data is not None:
            return list(unverified_event(unverified_record(data).event).subjects)
    return []


def _reference(view: View, ref: bytes | Ref) -> Ref:
    if isinstance(ref, tuple):
        return ref
    index = view.index_of(ref)
    event_hash = None if index is None else event_hash_at(view, index)
    if event_hash is None:
        raise NotFoundError(what=f"act {ref.hex()}")
    return (ref, event_hash)
