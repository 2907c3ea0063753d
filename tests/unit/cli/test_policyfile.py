"""Policies as TOML: read with the line of each mistake, written so that they are read again."""

from __future__ import annotations

import pytest

from chainlog.cli.policyfile import format_policy, parse_policy
from chainlog.errors import FormatError
from chainlog.log.genesis import Policy

NOW_US = 1_767_225_600_000_000
GOOD = """\
profile = "township"
version = "2026-1"
effective_at = 2026-02-01
refuse = ["DES-3", "DES-2"]
document_no = "镇发〔2026〕1号"

[parameters]
"min.supervisors" = 2
"copy.stamp" = true
"channels.forbidden" = ["courier", "freight"]
cap."机密" = "20年"

[parameters.within]
register = "3d"
"handle.urgent" = "0d"
"""


def parse(text: str) -> Policy:
    return parse_policy(text, name="p.toml", offset_minutes=480, now_us=NOW_US)


def test_a_policy_is_read():
    policy = parse(GOOD)
    assert policy == Policy(
        "township",
        "2026-1",
        1_769_875_200_000_000,
        {
            "min.supervisors": ["2"],
            "copy.stamp": ["yes"],
            "channels.forbidden": ["courier", "freight"],
            "cap.机密": ["20年"],
            "within.register": ["3d"],
            "within.handle.urgent": ["0d"],
        },
        ["DES-2", "DES-3"],
        "镇发〔2026〕1号",
    )
    policy.body()


def test_a_policy_that_states_no_beginning_begins_now():
    assert parse('profile = "a"\nversion = "1"\n').effective_at_us == NOW_US


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('profile = "township"', "profile = 1", 1),
        ('profile = "township"', "", 1),
        ('version = "2026-1"', 'version = " "', 2),
        ("effective_at = 2026-02-01", 'effective_at = "later"', 3),
        ("effective_at = 2026-02-01", "effective_at = 3", 3),
        ('refuse = ["DES-3", "DES-2"]', 'refuse = "DES-3"', 4),
        ('refuse = ["DES-3", "DES-2"]', 'refuse = ["des"]', 4),
        ('document_no = "镇发〔2026〕1号"', "document_no = 1", 5),
        ('document_no = "镇发〔2026〕1号"', 'dokument = "1"', 5),
        ('"min.supervisors" = 2', '"min.supervisors" = 1', 8),
        ('"min.supervisors" = 2', '"min.supervisor" = 2', 8),
        ('"copy.stamp" = true', '"copy.stamp" = "perhaps"', 9),
        ('"copy.stamp" = true', '"copy.stamp" = []', 9),
        ('["courier", "freight"]', '["courier", "pigeon"]', 10),
        ('cap."机密" = "20年"', 'cap."机密" = ["20年", "10年"]', 11),
        ('cap."机密" = "20年"', 'cap."极密" = "20年"', 11),
        ('register = "3d"', 'register = "3 days"', 14),
        ('"handle.urgent" = "0d"', '"handle.urgent" = ', 15),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int):
    assert old in GOOD
    with pytest.raises(FormatError) as caught:
        parse(GOOD.replace(old, new))
    assert caught.value.path == f"p.toml:{line}"
    assert caught.value.text("zh") != caught.value.text("en")


def test_what_is_written_is_read_again():
    policy = parse(GOOD)
    body = _Body(policy)
    for lang in ("zh", "en"):
        again = parse(format_policy(body, offset_minutes=480, lang=lang))
        assert again.body() == policy.body()


class _Body:
    """A policy as its typed body."""

    def __init__(self, policy: Policy) -> None:
        plain = policy.body()
        self.profile, self.version = plain["profile"], plain["version"]
        self.effective_at = plain["effective_at"]
        self.refuse, self.document_no = plain["refuse"], plain["document_no"]
        self.parameters = plain["parameters"]
