"""The shape of a bundle, before anything in it is looked into: each fault alone, where it is, and the largest that may be."""

from __future__ import annotations

import pytest

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import BundleError, FormatError, LimitError, SubjectError
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.bundle_check import check_bundle
from tools.fixed_bundle import SALT, bundle_of, commit_map, told_log
from tools.fixed_log import event_id

CARRIER = "c/87"
EVENT = event_id(87)
PATH_BYTES_MAX = 256


def parts():
    log = told_log()
    return bundle_of(log, [CARRIER], committed=commit_map(log))


def openings(*given):
    """A bundle with openings, in the order of their bytes."""
    return parts().but(openings=sorted((list(one) for one in given), key=codec.encode)).encoded()


def test_a_file_of_the_largest_size_is_read():
    with pytest.raises(LimitError):
        decode_bundle(bytes(limits.BUNDLE_FILE_BYTES_MAX + 1))
    with pytest.raises(FormatError) as caught:
        decode_bundle(bytes(limits.BUNDLE_FILE_BYTES_MAX))
    assert not isinstance(caught.value, LimitError)


def test_a_first_string_that_goes_on():
    data = parts().encoded()
    purpose = codec.encode("chainlog/v1/bundle")
    assert data.count(purpose) == 1
    with pytest.raises(FormatError) as caught:
        decode_bundle(data.replace(purpose, codec.encode("chainlog/v1/bundles")))
    assert caught.value.fields["path"] == "$[0]"


def test_a_proof_for_what_is_no_subject():
    made = parts()
    proofs = [["C/87", one[1]] if one[0] == CARRIER else one for one in made.map_proofs]
    with pytest.raises(SubjectError):
        decode_bundle(made.but(map_proofs=sorted(proofs, key=lambda one: codec.sort_key(one[0]))).encoded())


@pytest.mark.parametrize(
    ("where", "text", "what"),
    [
        ("n" * PATH_BYTES_MAX, "x", None),
        ("n" * (PATH_BYTES_MAX + 1), "x", "path"),
        ("路" * (PATH_BYTES_MAX // 3 + 1), "x", "path"),
        ("note", "x" * limits.TEXT_BYTES_MAX, None),
        ("note", "字" * (limits.TEXT_BYTES_MAX // 3 + 1), "text"),
    ],
)
def test_how_long_an_opening_may_be(where, text, what):
    data = openings((EVENT, where, SALT, text))
    if what is None:
        assert decode_bundle(data).openings == ((EVENT, where, SALT, text),)
        return
    with pytest.raises(LimitError) as caught:
        decode_bundle(data)
    limit = PATH_BYTES_MAX if what == "path" else limits.TEXT_BYTES_MAX
    assert caught.value.fields == {"detail": what, "path": "$[7][0]", "limit": limit}


def test_lines_stand_in_notes_alone():
    assert decode_bundle(openings((EVENT, "note", SALT, "a\nb"))).openings[0][3] == "a\nb"
    with pytest.raises(FormatError) as caught:
        decode_bundle(openings((EVENT, "note", SALT, "a"), (EVENT, "title", SALT, "a\nb")))
    assert caught.value.fields["path"] == "$[7][1]"


def test_openings_stand_in_order_and_a_value_once():
    first, second = [EVENT, "note", SALT, "x"], [EVENT, "title", SALT, "x"]
    assert len(decode_bundle(openings(first, second)).openings) == 2
    for given in ([second, first], [first, first]):
        with pytest.raises(FormatError, match="sorted"):
            decode_bundle(parts().but(openings=given).encoded())
    with pytest.raises(FormatError, match="once"):
        decode_bundle(openings(first, [EVENT, "note", SALT, "y"]))


def test_which_record_cannot_be_read():
    made = parts()
    for place in (1, len(made.records) - 1):
        records = [*made.records]
        records[place] = b"\x90"
        with pytest.raises(FormatError) as caught:
            check_bundle(made.but(records=records).encoded(), log_id=bytes(32))
        assert caught.value.fields["path"].startswith(f"$[3][{place}]")


def test_events_that_refer_to_each_other():
    """Ids are chosen by whoever writes an event: two may name each other. Collecting what they demand must end."""
    log = told_log()
    ids = [bytes([n]) * limits.EVENT_ID_BYTES for n in (1, 2)]
    for own, other in (ids, ids[::-1]):
        log.add(
            "transferred.store", body={"place": "w/G1"}, people=[("registrar", "p/A1", 1)], subjects=[CARRIER],
            event_id=own, refs=[(other, bytes(32))],
        )  # fmt: skip
    with pytest.raises(BundleError):
        check_bundle(bundle_of(log, [CARRIER], committed=commit_map(log)).encoded(), log_id=log.id)
