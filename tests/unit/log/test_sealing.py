"""Sealed values: what is hidden, from whom, shown again, moved, damaged, shared, erased, lost; pseudonyms."""

from __future__ import annotations

import pytest

from chainlog.canon import codec
from chainlog.errors import (
    FormatError,
    LimitError,
    NotFoundError,
    RefusedError,
    SealError,
    TextError,
    UnknownKindError,
    UsageError,
)
from chainlog.event.subject import check_subject, is_pseudonym
from chainlog.log.handle import propose
from chainlog.log.sealing import LostSeal, SealedBody, Seals, seal_body
from chainlog.record.keys import ReaderKey, aead_encrypt
from chainlog.record.seal import Opening, check_opening, commitment, make_box, new_opening, open_box, sealed_fields
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.memory_kv import MemoryKeyValue
from tests.builders import small_log
from tests.hand import contents
from tests.signers import signer

ONE, TWO, OTHER = (ReaderKey.from_seed(bytes([n]) * 32) for n in (1, 2, 3))
LOG, EVENT = b"\7" * 32, b"\5" * 16
TEXT = "关于印发〈保密工作要点〉的通知"


# --- commitments and boxes -----------------------------------------------------------------------


def where(**changes):
    return {"log_id": LOG, "event_id": EVENT, "path": "document.title", **changes}


def test_a_commitment_binds_text_salt_and_place():
    opening = new_opening(TEXT, path="document.title")
    made = commitment(**where(), opening=opening)
    assert len(made) == 32
    assert check_opening(made, **where(), opening=opening) == TEXT
    for other in (
        {"opening": Opening(bytes(32), TEXT)},
        {"opening": Opening(opening.salt, TEXT + " ")},
        {"log_id": bytes(32)},
        {"event_id": bytes(16)},
        {"path": "document.titl"},
        {"path": "title"},
    ):
        with pytest.raises(SealError):
            check_opening(made, **{**where(), "opening": opening, **other})
    assert new_opening(TEXT, path="x").salt != new_opening(TEXT, path="x").salt


def test_no_two_places_hash_alike():
    # The length of the path stands before it: nothing moves between path, salt and text.
    opening = Opening(b"e" * 32, "x")
    shifted = Opening(b"e" * 31 + b"x", "")
    assert commitment(**where(path="titl"), opening=Opening(b"e" + b"e" * 31, "x")) != commitment(
        **where(path="title"), opening=Opening(b"e" * 31 + b"x", "")
    )
    assert commitment(**where(path="a"), opening=opening) != commitment(**where(path="ae"), opening=shifted)


@pytest.mark.parametrize("text", ["", "x" * 1025, "甲" * 342, "a\nb", "a\u202eb", "e\u0301"])
def test_what_no_field_may_hold_is_not_sealed(text):
    with pytest.raises((TextError, LimitError)):
        new_opening(text, path="title")
    assert new_opening("a\nb", path="note").text == "a\nb"
    assert new_opening("甲" * 341, path="title")


def test_a_box_opens_with_its_key_in_its_place_only():
    opening, key, sealed = new_opening(TEXT, path="title"), b"k" * 32, b"s" * 32
    box = make_box(opening, content_key=key, sealed=sealed)
    assert open_box(box, content_key=key, sealed=sealed) == opening
    assert make_box(opening, content_key=key, sealed=sealed) != box
    for wrong in ({"content_key": b"K" * 32, "sealed": sealed}, {"content_key": key, "sealed": b"S" * 32}):
        with pytest.raises(SealError):
            open_box(box, **wrong)
    for place in range(len(box)):
        spoiled = box[:place] + bytes([box[place] ^ 1]) + box[place + 1 :]
        with pytest.raises(SealError):
            open_box(spoiled, content_key=key, sealed=sealed)
    for cut in (b"", box[:10], box[:24], box[:40], box[:-1], box + b"\0"):
        with pytest.raises(SealError):
            open_box(cut, content_key=key, sealed=sealed)


def test_a_box_says_little_about_the_length_of_its_text():
    sizes = {
        n: len(make_box(Opening(bytes(32), "x" * n), content_key=bytes(32), sealed=bytes(32))) for n in range(1, 200)
    }
    for n, size in sizes.items():
        assert size == 24 + 16 + -(-(34 + n) // 64) * 64


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        bytes(33),
        bytes(32) + b"\x00\x01x",  # not padded
        bytes(32) + b"\x00\x01x" + bytes(93),  # padded too far
        bytes(32) + b"\x00\x01x" + bytes(28) + b"\1",  # padded with something
        bytes(32) + b"\x00\x01\xff" + bytes(29),  # no UTF-8
        bytes(32) + b"\xff\xffx" + bytes(29),  # longer than it is
    ],
)
def test_what_is_in_a_box_is_laid_out_in_one_way(plain):
    nonce, right = bytes(24), bytes(32) + b"\x00\x01x" + bytes(29)
    box = nonce + aead_encrypt(key=bytes(32), nonce=nonce, data=right, ad=bytes(32))
    assert open_box(box, content_key=bytes(32), sealed=bytes(32)) == Opening(bytes(32), "x")
    box = nonce + aead_encrypt(key=bytes(32), nonce=nonce, data=plain, ad=bytes(32))
    with pytest.raises(SealError):
        open_box(box, content_key=bytes(32), sealed=bytes(32))


# --- bodies ------------------------------------------------------------------------------------


DOCUMENT = {"title": TEXT, "issuer": "u/县", "level": "秘密", "doc_no": "镇发〔2025〕7号"}


def sealed_body(kind, body, *fields):
    return seal_body(kind, body, fields=fields, log_id=LOG, event_id=EVENT)


def test_fields_are_sealed_wherever_a_kind_has_them():
    body = {
        "register": "发文", "serial": 7, "document": DOCUMENT, "note": "第一行\n第二行", "stated": [["签收", "王五"], ["核对", "赵六"]],
        "attachments": [{"name": "附件.pdf", "size": 3, "sha256": bytes(32)}],
    }  # fmt: skip
    made = sealed_body("registered.document", body, "title", "note", "stated", "name", "unheard_of", "register")
    paths = [path for path, _, _ in made.openings]
    assert paths == ["document.title", "note", "stated.0.1", "stated.1.1", "attachments.0.name"]
    assert list(sealed_fields(made.body)) == [(path, sealed) for path, sealed, _ in made.openings]
    for path, sealed, opening in made.openings:
        assert check_opening(sealed, log_id=LOG, event_id=EVENT, path=path, opening=opening) == opening.text
    texts = [opening.text for _, _, opening in made.openings]
    assert texts == [TEXT, "第一行\n第二行", "王五", "赵六", "附件.pdf"]
    # What isn't text of that name stays, and what was given stays as it was.
    assert made.body["register"] == "发文"
    assert made.body["stated"][0][0] == "签收"
    assert made.body["document"]["doc_no"] == DOCUMENT["doc_no"]
    assert body["document"]["title"] == TEXT
    only = sealed_body("registered.document", body, "document.doc_no", "stated.1.1")
    assert [path for path, _, _ in only.openings] == ["document.doc_no", "stated.1.1"]
    assert sealed_body("registered.document", body) == SealedBody(body, ())


def test_what_is_sealed_already_stays_so():
    body = {"reason": {"sealed": b"\1" * 32}}
    assert sealed_body("corrected.void", body, "reason") == SealedBody(body, ())


def test_bodies_that_are_none():
    with pytest.raises(UnknownKindError):
        sealed_body("no.such", {}, "title")
    for title in ("", "a\nb", "x" * 1025):
        with pytest.raises(FormatError) as caught:
            sealed_body("registered.document", {"document": {"title": title}}, "title")
        assert caught.value.path == "$.document.title"
    # Shapes that don't fit are for the decoder to refuse.
    for body in ({"document": 7}, {"document": [1]}, {"stated": [["x"]]}, {"stated": 1}, {"other": {"title": "x"}}):
        assert sealed_body("registered.document", body, "title").openings == ()


# --- in a log ----------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "lmdb"])
def office(request, tmp_path):
    log = small_log()
    kv = MemoryKeyValue() if request.param == "memory" else LmdbKeyValue.open(tmp_path / "sealed")
    yield log, Seals(kv, log.handle.reader, log.handle.id), kv
    kv.close()


def put(log, seals, title=TEXT, *, readers=(ONE,), subject="d/1", **body):
    """A document is registered under a sealed title; the entry as read back."""
    event_id = codec.encode([subject, title])[-16:].rjust(16, b"\0")
    stated = {"register": "发文", "serial": 1, "document": {**DOCUMENT, "title": title}, **body}
    sealed = seal_body("registered.document", stated, fields=["title", "note"], log_id=log.handle.id, event_id=event_id)
    seals.put(sealed, readers=[reader.public_key for reader in readers])
    log.record("registered.document", {"registrar": "p/Z"}, body=sealed.body, subjects=[subject], event_id=event_id)
    return log.handle.reader.find(event_id)


def erase(log, entry, path="document.title"):
    log.record(
        "erased", {"registrar": "p/Z", "approver": "p/L"}, body={"path": path, "reason": "法定"}, refs=[entry.event.id]
    )


def test_readers_see_the_text_and_the_log_does_not(office):
    log, seals, _ = office
    entry = put(log, seals, readers=(ONE, TWO))
    for reader in (ONE, TWO):
        assert seals.show(entry, path="document.title", reader_key=reader) == TEXT
        opening = seals.opening(entry, path="document.title", reader_key=reader)
    sealed = dict(sealed_fields(codec.decode(bytes(entry.event.body))))["document.title"]
    assert (
        check_opening(sealed, log_id=log.handle.id, event_id=entry.event.id, path="document.title", opening=opening)
        == TEXT
    )
    with pytest.raises(SealError, match="not sealed to this reader"):
        seals.show(entry, path="document.title", reader_key=OTHER)
    for path in ("title", "document", "document.title.0", "note", ""):
        with pytest.raises(NotFoundError):
            seals.show(entry, path=path, reader_key=ONE)
    assert TEXT.encode() not in b"".join(data for _, data in contents(log)[3])
    assert list(seals.lost()) == []


def test_somebody_must_be_able_to_read_it(office):
    log, seals, kv = office
    sealed = seal_body("corrected.void", {"reason": "x"}, fields=["reason"], log_id=log.handle.id, event_id=EVENT)
    with pytest.raises(UsageError):
        seals.put(sealed, readers=[])
    for bad in (b"", bytes(32), b"x" * 31):
        with pytest.raises(SealError):
            seals.put(sealed, readers=[ONE.public_key, bad])
    with kv.read() as transaction:
        assert list(transaction.table("boxes").scan()) == []
    seals.put(SealedBody({}, ()), readers=[])


def rows(kv, table):
    with kv.read() as transaction:
        return dict(transaction.table(table).scan())


def change(kv, table, key, value):
    with kv.write() as transaction:
        if value is None:
            transaction.table(table).delete(key)
        else:
            transaction.table(table).put(key, value)


def test_boxes_and_keys_that_were_changed_or_moved(office):
    log, seals, kv = office
    first, second = put(log, seals, subject="d/1"), put(log, seals, "另一件", subject="d/2")
    commitments = [next(c for _, c in sealed_fields(codec.decode(bytes(e.event.body)))) for e in (first, second)]
    boxes, wrapped = rows(kv, "boxes"), rows(kv, "wrapped")
    one, two = commitments
    mine, theirs = one + ONE.public_key, two + ONE.public_key
    for place in (0, 30, len(boxes[one]) - 1):
        spoiled = bytearray(boxes[one])
        spoiled[place] ^= 1
        change(kv, "boxes", one, bytes(spoiled))
        with pytest.raises(SealError):
            seals.show(first, path="document.title", reader_key=ONE)
    # The whole of another value, box and key, in the place of this one.
    change(kv, "boxes", one, boxes[two])
    with pytest.raises(SealError):
        seals.show(first, path="document.title", reader_key=ONE)
    change(kv, "wrapped", mine, wrapped[theirs])
    with pytest.raises(SealError):
        seals.show(first, path="document.title", reader_key=ONE)
    # A box made anew around another text, with everything that is known.
    key = ONE.open_sealed(wrapped[mine])
    change(kv, "wrapped", mine, wrapped[mine])
    forged = make_box(Opening(bytes(32), "改过的题名"), content_key=key, sealed=one)
    change(kv, "boxes", one, forged)
    with pytest.raises(SealError, match="not what"):
        seals.show(first, path="document.title", reader_key=ONE)
    change(kv, "boxes", one, boxes[one])
    assert seals.show(first, path="document.title", reader_key=ONE) == TEXT
    change(kv, "wrapped", mine, b"")
    with pytest.raises(SealError):
        seals.show(first, path="document.title", reader_key=ONE)


def test_a_commitment_copied_into_another_event_opens_nothing_there(office):
    log, seals, _ = office
    entry = put(log, seals)
    body = codec.decode(bytes(entry.event.body))
    log.record("registered.document", {"registrar": "p/C"}, body=body, subjects=["d/2"], event_id=b"\2" * 16)
    copied = log.handle.reader.find(b"\2" * 16)
    with pytest.raises(SealError, match="not what"):
        seals.show(copied, path="document.title", reader_key=ONE)
    # Nor in another field of an event.
    wrong = dict(body, document={**body["document"], "title": "x", "doc_no": body["document"]["title"]})
    log.record("registered.document", {"registrar": "p/C"}, body=wrong, subjects=["d/3"], event_id=b"\3" * 16)
    with pytest.raises(SealError):
        seals.show(log.handle.reader.find(b"\3" * 16), path="document.doc_no", reader_key=ONE)


def test_another_log_opens_nothing(office):
    log, seals, kv = office
    entry = put(log, seals)
    with pytest.raises(SealError):
        Seals(kv, log.handle.reader, bytes(32)).show(entry, path="document.title", reader_key=ONE)


def test_sharing(office):
    log, seals, _ = office
    entry = put(log, seals)
    with pytest.raises(SealError):
        seals.share(entry, path="document.title", reader_key=OTHER, with_reader=TWO.public_key)
    with pytest.raises(NotFoundError):
        seals.share(entry, path="note", reader_key=ONE, with_reader=TWO.public_key)
    with pytest.raises(SealError):
        seals.share(entry, path="document.title", reader_key=ONE, with_reader=bytes(32))
    seals.share(entry, path="document.title", reader_key=ONE, with_reader=TWO.public_key)
    assert seals.show(entry, path="document.title", reader_key=TWO) == TEXT
    with pytest.raises(SealError):
        seals.show(entry, path="document.title", reader_key=OTHER)


def test_erasing_takes_a_record_and_then_everything(office):
    log, seals, kv = office
    entry = put(log, seals, readers=(ONE, TWO), note="附注")
    other = put(log, seals, "另一件", subject="d/1")
    assert not seals.erased(entry, "document.title")
    with pytest.raises(UsageError):
        seals.destroy(entry, path="document.title")
    erase(log, entry)
    # Recorded, not yet done.
    assert seals.erased(entry, "document.title")
    assert seals.show(entry, path="document.title", reader_key=ONE) == TEXT
    seals.destroy(entry, path="document.title")
    seals.destroy(entry, path="document.title")
    for reader in (ONE, TWO):
        with pytest.raises(SealError, match="was erased"):
            seals.show(entry, path="document.title", reader_key=reader)
        with pytest.raises(SealError):
            seals.share(entry, path="document.title", reader_key=reader, with_reader=OTHER.public_key)
    # The other field, and the other event of the same document, stay.
    assert seals.show(entry, path="note", reader_key=TWO) == "附注"
    assert seals.show(other, path="document.title", reader_key=ONE) == "另一件"
    for entry_, path in ((entry, "note"), (other, "document.title")):
        assert not seals.erased(entry_, path)
        with pytest.raises(UsageError):
            seals.destroy(entry_, path=path)
    assert (len(rows(kv, "boxes")), len(rows(kv, "wrapped"))) == (2, 3)
    assert list(seals.lost()) == []


def test_what_is_gone_without_a_record_is_lost(office):
    log, seals, kv = office
    entry = put(log, seals, note="附注")
    erase(log, entry, "note")
    fields = dict(sealed_fields(codec.decode(bytes(entry.event.body))))
    for sealed in fields.values():
        change(kv, "boxes", sealed, None)
    with pytest.raises(SealError, match="is lost"):
        seals.show(entry, path="document.title", reader_key=ONE)
    with pytest.raises(SealError, match="was erased"):
        seals.show(entry, path="note", reader_key=ONE)
    assert list(seals.lost()) == [LostSeal(entry.index, "document.title")]
    assert list(seals.lost(stop=entry.index)) == []
    # An erasure of one path is none of another, and of what an act doesn't seal there is none.
    with pytest.raises(RefusedError, match="bad-ref"):
        erase(log, log.handle.reader.read(2), "document.title")
    assert list(seals.lost()) == [LostSeal(entry.index, "document.title")]


def test_what_can_be_erased_is_asked_first(office):
    log, seals, _ = office
    entry = put(log, seals)
    seals.check_sealed(entry, path="document.title")
    for path in ("note", "title", "document.doc_no"):
        with pytest.raises(NotFoundError):
            seals.check_sealed(entry, path=path)


# --- pseudonyms --------------------------------------------------------------------------------


def test_pseudonyms_are_the_same_for_all_who_have_the_secret(office):
    log, seals, _ = office
    with pytest.raises(SealError):
        seals.pseudonym("镇发〔2025〕7号", reader_key=ONE)
    with pytest.raises(UsageError):
        seals.make_pseudonyms(readers=[])
    seals.make_pseudonyms(readers=[ONE.public_key, TWO.public_key])
    made = seals.pseudonym("镇发〔2025〕7号", reader_key=ONE)
    assert is_pseudonym(made)
    check_subject(made, path="$")
    for same in ("镇发[2025]7号", "镇发（2025）007号", " 镇发〔2025〕7号"):
        assert seals.pseudonym(same, reader_key=TWO) == made
    assert seals.pseudonym("镇发〔2025〕8号", reader_key=ONE) != made
    with pytest.raises(SealError):
        seals.pseudonym("x", reader_key=OTHER)
    # Once in the life of a log: another secret would make other names of the same things.
    with pytest.raises(UsageError):
        seals.make_pseudonyms(readers=[ONE.public_key])
    with pytest.raises(SealError):
        seals.share_pseudonyms(reader_key=OTHER, with_reader=OTHER.public_key)
    seals.share_pseudonyms(reader_key=TWO, with_reader=OTHER.public_key)
    assert seals.pseudonym("镇发〔2025〕7号", reader_key=OTHER) == made
    other = Seals(MemoryKeyValue(), log.handle.reader, log.handle.id)
    other.make_pseudonyms(readers=[ONE.public_key])
    assert other.pseudonym("镇发〔2025〕7号", reader_key=ONE) != made


def test_a_document_under_a_pseudonym(office):
    log, seals, _ = office
    seals.make_pseudonyms(readers=[ONE.public_key])
    subject = seals.pseudonym("镇发〔2025〕7号", reader_key=ONE)
    entry = put(log, seals, subject=subject)
    assert subject in entry.event.subjects
    assert [found.index for found in log.handle.reader.history(subject)] == [entry.index]
    event = log.handle.prepare("accessed.read", body={"how": "read"}, people={"reader": "p/Z"}, subjects=[subject])
    log.handle.append(propose(event, {"p/Z": signer("p/Z")}))
    assert len(log.handle.reader.history(subject)) == 2
