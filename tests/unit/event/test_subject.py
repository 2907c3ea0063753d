"""Subjects: the fold by examples, and what a record may hold."""

from __future__ import annotations

import pytest

from chainlog.errors import LimitError, SubjectError, TextError
from chainlog.event.subject import PREFIXES, check_subject, fold, is_pseudonym, prefix_of

# Every way in which offices were seen, or can be expected, to write one number.
ONE_NUMBER = [
    f"d/县委发{opening}2025{closing}7号"
    for opening, closing in (
        "〔〕", "[]", "()", "{}", "【】", "〖〗", "〘〙", "〚〛", "❲❳", "⟦⟧", "⟬⟭", "⦅⦆", "⦗⦘",
        "［］", "（）", "｛｝", "｟｠", "﹝﹞", "﹙﹚", "﹛﹜", "︹︺", "︵︶", "︷︸", "︻︼", "︗︘", "﹇﹈", "⁽⁾", "₍₎", "(】",
    )
] + [
    "d/县委发〔２０２５〕７号",
    "ｄ／县委发（２０２５）００７号",
    "d/县委发〔2025〕07号",
    "d/县委发〔2025〕 007 号",
    " d / 县委发　〔2025〕\t7\n号\u00a0\u2003\u2028",
]  # fmt: skip


@pytest.mark.parametrize("written", ONE_NUMBER)
def test_one_number_has_one_name(written):
    assert fold(written) == "d/县委发〔2025〕7号"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("c/m-07", "c/M-07"),
        ("c/ｍ－０７", "c/M-07"),
        ("c/87(副本)", "c/87〔副本〕"),
        ("c/⑴②", "c/〔1〕2"),
        ("d/x〔2025〕000", "d/X〔2025〕0"),
        ("d/x〔2025〕0", "d/X〔2025〕0"),
        ("d/x〔2025〕0a7", "d/X〔2025〕0A7"),
        ("d/x〔2025〕00a7", "d/X〔2025〕0A7"),
        ("d/x〔2025〕10", "d/X〔2025〕10"),
        ("d/x〔2025〕第007号", "d/X〔2025〕第007号"),
        ("d/x〔2025〕7号/000087", "d/X〔2025〕7号/000087"),  # zeros of a copy number are part of it
        ("d/x〔2025〕٠٧", "d/X〔2025〕٠٧"),  # ASCII digits only
        ("p/00123", "p/00123"),
        ("w/b2 柜 a", "w/B2柜A"),
        ("c/İé", "c/İé"),  # only ASCII is upper-cased
        ("c/e \u0301", "c/É"),  # the space kept them apart; upper-cased before they compose
        ("c/i\u0307", "c/İ"),  # composes only once it is upper-case
        ("c/h\u0331", "c/ẖ"),  # composes before
        ("c/《通知》「一」", "c/《通知》「一」"),  # title and quotation marks are no brackets of a number
        ("d/~0123456789abcdef0123456789abcdef", "d/~0123456789ABCDEF0123456789ABCDEF"),
        ("s/map", "s/map"),
        ("s/Map", "s/Map"),
        ("ｓ／ｍａｐ", "s/map"),
        ("C/a", "C/A"),  # the prefix is not folded
        ("abc", "abc"),  # nothing stands after a prefix
        ("c//a/", "c//A/"),
        ("", ""),
    ],
)
def test_fold(written, folded):
    assert fold(written) == folded
    assert fold(folded) == folded


def test_fold_is_bounded():
    with pytest.raises(LimitError):
        fold("c/" + "a" * 1_023)
    assert fold("c/" + "a" * 1_022) == "c/" + "A" * 1_022


@pytest.mark.parametrize(
    "subject",
    [
        "c/87", "c/M-07", "c/A12/2", "d/省委〔2025〕7号", "d/镇12", "d/甲〔2025〕0", "d/甲〔2025〕10号", "l/X-2025-02", "i/1", "p/001234",
        "u/市保密局", "w/G1/3号柜", "s/admins", "s/log", "s/map", "s/policy", "c/İé", "u/Ωω", "c/\U00020000\U0003fffd",
        "c/!\"#$%&'*+,-.0123456789:;<=>?@ABCXYZ\\^_`|~",
        "c/" + "A" * 118, "c/" + "中" * 39, "c/" + "中" * 38 + "/Ω.",
        "d/~0123456789ABCDEF0123456789ABCDEF", "k/" + "0123456789ABCDEF" * 4, "c/.", "c/..",
    ],
)  # fmt: skip
def test_accepted(subject):
    assert check_subject(subject, path="$") is subject


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("c/m-07", "c/M-07"),
        ("c/a b", "c/AB"),
        ("c/8　7", "c/87"),
        ("c/８７", "c/87"),
        ("ｃ/87", "c/87"),
        ("d/县委发[2025]7号", "d/县委发〔2025〕7号"),
        ("d/县委发〔2025〕07号", "d/县委发〔2025〕7号"),
        ("d/县委发〔2025〕00", "d/县委发〔2025〕0"),
        ("d/县委发〕01", "d/县委发〕1"),
        ("c/Ⅱ", "c/II"),
        ("c/№1", "c/NO1"),
        ("d/~0123456789abcdef0123456789abcdef", "d/~0123456789ABCDEF0123456789ABCDEF"),
        ("k/" + "0123456789abcdef" * 4, "k/" + "0123456789ABCDEF" * 4),
    ],
)
def test_not_folded(subject, expected):
    with pytest.raises(SubjectError) as caught:
        check_subject(subject, path="$.subjects[3]")
    assert (caught.value.path, caught.value.found, caught.value.expected) == ("$.subjects[3]", subject, expected)
    assert expected in caught.value.text("zh")
    assert check_subject(expected, path="$") == expected


@pytest.mark.parametrize(
    "subject",
    ["", "c", "c/", "/", "/c", "/c/1", "c//", "c/1/", "c//1", "c/1//2", "x/1", "C/1", "cc/1", "c1", "87", "镇12", "c/ ", "c/1/　",
     "s", "s/", "s/Log", "s/LOG", "s/keys", "s/log/1", "s/log/", "s//log", "s/logs", "℀1", "c∕1", "c⁄1",
     "k/", "k/1", "k/A64", "k/" + "A" * 63, "k/" + "A" * 65, "k/" + "G" * 64, "k/" + "A" * 32 + "/" + "A" * 31, "k/李敏"],
)  # fmt: skip
def test_no_subject_at_all(subject):
    with pytest.raises(SubjectError) as caught:
        check_subject(subject, path="$.s")
    assert caught.value.found == subject
    assert "s/policy" in caught.value.expected


def test_slash_made_by_the_fold_is_a_slash():
    with pytest.raises(SubjectError) as caught:
        check_subject("c／1／2", path="$")
    assert caught.value.expected == "c/1/2"


@pytest.mark.parametrize(
    "subject", ["c/\u200b", "c/e\u0301", "c/⼀", "c/\uf900", "c/\ud800", "c/1\n", "s/log\n", "c/\ue000", "c/\ufe00"]
)
def test_text_of_a_subject(subject):
    with pytest.raises(TextError) as caught:
        check_subject(subject, path="$.s")
    assert caught.value.path == "$.s"


@pytest.mark.parametrize(
    "subject",
    [
        "c/" + "A" * 119,
        "c/" + "中" * 40,
        "c/" + "中" * 39 + "AB",
        "c/" + "Ω" * 60,
        "c/" + "\U00020000" * 30,
        "c/" + "\u200b" * 200,
        "c/" + "A" * 10**6,
    ],
)
def test_too_long(subject):
    with pytest.raises(LimitError) as caught:
        check_subject(subject, path="$.s")
    assert (caught.value.path, caught.value.limit) == ("$.s", 120)


def test_prefix_of():
    assert [prefix_of(f"{prefix}/1") for prefix in PREFIXES] == list(PREFIXES)
    assert "".join(PREFIXES) == "cdpliuwks"
    for subject in ("", "c", "x/1", "C/1", "cd/1", "/1", "87"):
        with pytest.raises(SubjectError):
            prefix_of(subject)


def test_pseudonym():
    assert is_pseudonym("d/~" + "0123456789ABCDEF" * 2)
    for other in (
        "d/~" + "a" * 32,
        "d/~" + "A" * 31,
        "d/~" + "A" * 33,
        "d/~" + "G" * 32,
        "c/~" + "A" * 32,
        "d/" + "A" * 32,
        "d/~" + "A" * 32 + "\n",
    ):
        assert not is_pseudonym(other)
