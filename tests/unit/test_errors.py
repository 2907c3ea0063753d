from __future__ import annotations

import copy
import pickle
import re
from string import Formatter

import pytest

from chainlog import errors
from chainlog.errors import ChainlogError

BRANCHES = {
    errors.UsageError: 2,
    errors.ConflictError: 5,
    errors.FormatError: 3,
    errors.VerificationError: 1,
    errors.StoreError: 4,
}


def descendants(of: type[ChainlogError]) -> list[type[ChainlogError]]:
    return [found for child in of.__subclasses__() for found in (child, *descendants(child))]


CLASSES = [ChainlogError, *descendants(ChainlogError)]
HOSTILE = [
    "{0}",
    "{detail}",
    "{self.fields}",
    "%s%n",
    "}{",
    "\x1b[2J\x00\r\n",
    "\u202e非密\u2066",
    "\u200b\ufeff\ue000\U000e0041\U0001d173",
    "\ud800",
    "",
    " :：",
    b"\x00\xff",
    bytearray(b"\x01"),
    None,
    10**5_000,
    [b"x", "\x1b"],
    {"a": object()},
]


class Rude:
    def __str__(self) -> str:
        raise ValueError("no")

    def __repr__(self) -> str:
        raise ValueError("no")


def blanks(error: type[ChainlogError]) -> dict[str, set[str]]:
    return {
        language: {name for _, name, _, _ in Formatter().parse(getattr(error, language)) if name is not None}
        for language in ("zh", "en")
    }


# An input that isn't what it should be, though the store finds out.
EXCEPTED = {errors.NotALogError: 3}


@pytest.mark.parametrize("error", CLASSES)
def test_every_class_says_what_it_means_in_both_languages(error: type[ChainlogError]):
    assert (error.__doc__ or "").strip().endswith((".", ":"))
    assert re.search("[一-鿿]", error.zh)
    assert error.en.isascii()
    # No indexes, attributes, conversions: blanks are plain names, and both texts say the same things.
    for language, names in blanks(error).items():
        assert all(name.isidentifier() for name in names), language
    assert {name.removesuffix("_zh") for name in blanks(error)["zh"]} == blanks(error)["en"]


@pytest.mark.parametrize("error", CLASSES[1:])
def test_every_class_has_a_code_and_the_exit_status_of_its_branch(error: type[ChainlogError]):
    assert re.fullmatch("[a-z]+(-[a-z]+)*", error.code)
    assert "code" in vars(error)
    assert error.__name__.endswith("Error")
    (branch,) = [b for b in BRANCHES if issubclass(error, b)]
    assert error.exit_status == EXCEPTED.get(error, BRANCHES[branch])


def test_codes_are_unique():
    codes = [error.code for error in CLASSES]
    assert len(set(codes)) == len(codes)


def test_every_class_of_the_module_is_in_the_tree():
    made = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert set(made) == set(CLASSES)


def test_no_field_hides_behind_a_member_of_the_class():
    # `error.code` is the class's; a field of that name could never be read.
    members = set(dir(ChainlogError("x"))) | {"fields"}
    for error in CLASSES:
        for names in blanks(error).values():
            assert not names & members, error


@pytest.mark.parametrize("error", CLASSES)
def test_a_text_never_fails_and_moves_no_cursor(error: type[ChainlogError]):
    names = blanks(error)["zh"] | blanks(error)["en"]
    for value in (*HOSTILE, Rude()):
        for given in (names, set(), {"detail"}):
            rest = dict.fromkeys(given - {"detail"}, value)
            made = error(value, **rest) if "detail" in given else error(**rest)
            for text in (made.text("zh"), made.text("en")):
                assert text
                assert all(char.isprintable() for char in text)
                assert text[0] not in ":：,，;；"
    assert not names or "{0}" in error("{0}", **dict.fromkeys(names - {"detail"}, "{0}")).text("en")


def test_escapes_are_unambiguous_and_bytes_are_hexadecimal():
    error = errors.FormatError("\u202e\U0001d173\x1b", path=b"\x01\xfe")
    assert error.text("en") == "01fe: malformed: \\u202e\\U0001d173\\u001b"
    assert str(error) == error.text("en")
    assert errors.FormatError("甲", path="$").text("zh") == "$：格式不对：甲"


def test_a_blank_at_either_end_leaves_no_punctuation():
    assert errors.FormatError("odd").text("zh") == "格式不对：odd"
    assert errors.FormatError("odd").text("en") == "malformed: odd"
    assert errors.UsageError().text("en") == "cannot do that"


@pytest.mark.parametrize("error", CLASSES)
def test_errors_survive_pickling_and_copying(error: type[ChainlogError]):
    fields = {name: f"<{name}>" for name in (blanks(error)["zh"] | blanks(error)["en"]) - {"detail"}}
    made = error("why", **{**fields, "index": 3, "digest": b"\x00\x01"})
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert type(again) is error
        assert again.fields == made.fields
        assert (again.index, again.digest, again.detail) == (3, b"\x00\x01", "why")
        assert str(again) == str(made)


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError):
        _ = errors.UsageError("x").nonsense
    assert not hasattr(errors.UsageError.__new__(errors.UsageError), "fields")
