"""Evidence bundles: the bytes of one, taken apart and put together strictly. Pure; nothing is verified here.

Format: schemas/FORMAT.md, evidence bundles.

    bundle = canonical(["chainlog/v1/bundle", checkpoint, wanted, records, proof, committed, map_proofs, openings, tokens])

Nothing stands in it twice: the log's id is the hash of its first record, a record says its own index, and what the map says
of a subject follows from the records. So there is nothing to be compared but the proofs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta

from chainlog import limits
from chainlog.canon import codec
from chainlog.canon.text import check_text
from chainlog.errors import FormatError, LimitError, UnknownVersionError
from chainlog.event.subject import check_subject
from chainlog.record.seal import SALT_BYTES

PURPOSE: Final = "chainlog/v1/bundle"
# What a bundle may be about: persons and places too, but neither keys nor the log itself, which come along anyway.
WANTED_PREFIXES: Final = frozenset("cdpliuw")
_PATH_BYTES_MAX: Final = 256
# The array's first element as any version begins, whatever follows.
_HEADER: Final = re.compile(rb"[\x90-\x9f][\xa0-\xbf]chainlog/v([0-9]{1,4})/bundle")

_Index = Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]
_Subject = Annotated[str, Meta(min_length=1, max_length=limits.SUBJECT_BYTES_MAX)]
_Record = Annotated[bytes, Meta(min_length=1, max_length=limits.RECORD_BYTES_MAX)]
_Proof = Annotated[bytes, Meta(min_length=1, max_length=limits.MAP_PROOF_BYTES_MAX)]
_Salt = Annotated[bytes, Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
_EventId = Annotated[bytes, Meta(min_length=limits.EVENT_ID_BYTES, max_length=limits.EVENT_ID_BYTES)]
_Text = Annotated[str, Meta(min_length=1, max_length=limits.TEXT_BYTES_MAX)]
_Token = Annotated[bytes, Meta(min_length=1, max_length=limits.TIMESTAMP_BYTES_MAX)]

SubjectProof: TypeAlias = tuple[_Subject, _Proof]
Opened: TypeAlias = tuple[_EventId, _Text, _Salt, _Text]
"""One opening: event id, path in the body, salt of 32 bytes, text."""


class _Layout(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    purpose: str
    checkpoint: Annotated[bytes, Meta(max_length=limits.NOTE_BYTES_MAX)]
    wanted: Annotated[tuple[_Subject, ...], Meta(min_length=1, max_length=limits.BUNDLE_SUBJECTS_MAX)]
    records: Annotated[tuple[_Record, ...], Meta(min_length=1, max_length=limits.BUNDLE_RECORDS_MAX)]
    proof: bytes
    committed: Annotated[tuple[_Index, ...], Meta(max_length=1)]
    map_proofs: Annotated[tuple[SubjectProof, ...], Meta(max_length=limits.BUNDLE_PROOFS_MAX)]
    openings: Annotated[tuple[Opened, ...], Meta(max_length=limits.BUNDLE_OPENINGS_MAX)]
    tokens: Annotated[tuple[_Token, ...], Meta(max_length=limits.BUNDLE_TOKENS_MAX)]


_codec: Final[codec.Codec[_Layout]] = codec.Codec(_Layout)


@dataclass(frozen=True, slots=True)
class Bundle:
    """
    A bundle taken apart. Nothing in it is trusted.

    checkpoint: a signed note. wanted: the subjects that it is about, sorted. records: in the order of their indexes.
    proof: the hashes of the batch proof. committed: index of the `index_committed` whose map the proofs are from, None
    without a map. map_proofs: (subject, proof), sorted. openings: sorted. tokens: time stamps on the checkpoint, sorted.
    """

    checkpoint: bytes
    wanted: tuple[str, ...]
    records: tuple[bytes, ...]
    proof: tuple[bytes, ...]
    committed: int | None = None
    map_proofs: tuple[SubjectProof, ...] = ()
    openings: tuple[Opened, ...] = ()
    tokens: tuple[bytes, ...] = ()


def encode_bundle(bundle: Bundle) -> bytes:
    """The file of *bundle*. Raises FormatError, LimitError if `decode_bundle` would not read it back."""
    committed = () if bundle.committed is None else (bundle.committed,)
    data = codec.encode_stated((
        PURPOSE, bundle.checkpoint, bundle.wanted, bundle.records, b"".join(bundle.proof), committed, bundle.map_proofs,
        bundle.openings, bundle.tokens,
    ))  # fmt: skip
    if decode_bundle(data) != bundle:
        raise FormatError("what a bundle can't hold", path="$")
    return data


def decode_bundle(data: bytes) -> Bundle:
    """
    Take a bundle apart.

    Args:
        data: at most 16 MiB.

    Returns:
        The bundle; `encode_bundle` gives *data* back, byte for byte. Its records are bytes still.

    Raises:
        LimitError: it is larger, before anything of it is read; or more of something than `limits` allows.
        UnknownVersionError: it is a bundle of another version. FormatError: it is none.

    Cost: memory of a few times the file.
    """
    if len(data) > limits.BUNDLE_FILE_BYTES_MAX:
        raise LimitError(f"{len(data)} bytes", path="$", limit=limits.BUNDLE_FILE_BYTES_MAX)
    # Before anything else: another version may have other elements.
    header = _HEADER.match(data)
    if header is None:
        raise FormatError("not a bundle", path="$")
    if header[1] != b"1":
        raise UnknownVersionError(path="$[0]", found=header[1].decode())
    layout = _codec.decode(data)
    if layout.purpose != PURPOSE:
        raise FormatError("not a bundle", path="$[0]")
    for place, subject in enumerate(layout.wanted):
        check_wanted(subject, path=f"$[2][{place}]")
    _check_sorted([codec.sort_key(subject) for subject in layout.wanted], "$[2]")
    if len(layout.proof) % limits.HASH_BYTES:
        raise FormatError("not hashes of 32 bytes", path="$[4]")
    _check_map_proofs(layout)
    _check_openings(layout.openings)
    _check_sorted([codec.encode(token) for token in layout.tokens], "$[8]")
    hashes = [layout.proof[at : at + limits.HASH_BYTES] for at in range(0, len(layout.proof), limits.HASH_BYTES)]
    return Bundle(
        layout.checkpoint,
        layout.wanted,
        layout.records,
        tuple(hashes),
        layout.committed[0] if layout.committed else None,
        layout.map_proofs,
        layout.openings,
        layout.tokens,
    )


def check_wanted(subject: str, *, path: str) -> None:
    """Raise FormatError, SubjectError unless a bundle can be about this subject."""
    check_subject(subject, path=path)
    if subject[0] not in WANTED_PREFIXES:
        raise FormatError(f"no bundle is about {subject}", path=path)


def sorted_subjects(subjects: Iterable[str]) -> tuple[str, ...]:
    """Subjects in the order of their encodings, each once."""
    return tuple(sorted(set(subjects), key=codec.sort_key))


def _check_map_proofs(layout: _Layout) -> None:
    if bool(layout.committed) != bool(layout.map_proofs):
        raise FormatError("proofs from a map, and the record that commits to it, stand together", path="$[6]")
    for place, (subject, _) in enumerate(layout.map_proofs):
        check_subject(subject, path=f"$[6][{place}]")
    _check_sorted([codec.sort_key(subject) for subject, _ in layout.map_proofs], "$[6]")


def _check_openings(openings: Sequence[Opened]) -> None:
    for place, (_, where, _, text) in enumerate(openings):
        path = f"$[7][{place}]"
        if len(where.encode()) > _PATH_BYTES_MAX:
            raise LimitError("path", path=path, limit=_PATH_BYTES_MAX)
        if len(text.encode()) > limits.TEXT_BYTES_MAX:
            raise LimitError("text", path=path, limit=limits.TEXT_BYTES_MAX)
        check_text(text, path=path, multiline=where == "note")
    _check_sorted([codec.encode(one) for one in openings], "$[7]")
    if len({(event_id, where) for event_id, where, _, _ in openings}) != len(openings):
        raise FormatError("a value is opened once", path="$[7]")


def _check_sorted(keys: Sequence[Any], path: str) -> None:
    if any(a >= b for a, b in pairwise(keys)):
        raise FormatError("sorted strictly by encoded bytes", path=path)
