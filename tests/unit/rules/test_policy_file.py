"""Policies as TOML: read with the line of each mistake, written so that they are read again; profiles inherited."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainlog.canon.codec import sort_key
from chainlog.errors import FormatError
from chainlog.log.genesis import Policy
from chainlog.rules.asking import parameters_near, unread
from chainlog.rules.policy_file import find_policy, format_policy, parse_policy, profile_parameters
from chainlog.rules.profiles import profile_names, profile_text

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
        # A table stands where its heading does.
        ("[parameters]", "[parametres]", 7),
        ('"handle.urgent" = "0d"', '"handle.urgent" = "0d"\n\n[remarks]\nof = "us"', 17),
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
        self.refuse, self.document_no = plain["refuse"], plain.get("document_no")
        self.parameters = plain["parameters"]


OWN = """\
inherits = "township"
profile = "qingxi"
version = "2026-1"

[parameters]
"every.clearing" = "1mo"
"every.inventory" = []
"day_end.check" = "yes"

[parameters.within]
register = []
"""


class TestInheritance:
    def test_what_is_read_is_the_full_set_with_the_own_on_top(self):
        base = parse(profile_text("township"))
        policy = parse(OWN)
        expected = {
            **{name: values for name, values in base.parameters.items() if name not in ("every.inventory", "within.register")},
            "every.clearing": ["1mo"],
            "day_end.check": ["yes"],
        }  # fmt: skip
        assert policy.parameters == expected
        assert (policy.profile, policy.version, policy.effective_at_us) == ("qingxi", "2026-1", NOW_US)
        assert policy.refuse == []
        assert policy.body()["parameters"] == sorted(policy.body()["parameters"], key=lambda pair: sort_key(pair[0]))
        again = parse(format_policy(_Body(policy), offset_minutes=480, lang="zh"))
        assert again.parameters == policy.parameters

    def test_a_policy_that_inherits_and_changes_nothing_is_the_profile_under_its_own_name(self):
        policy = parse('inherits = "coop"\nprofile = "a"\nversion = "1"\n')
        assert policy.parameters == parse(profile_text("coop")).parameters
        assert policy.profile == "a"

    @pytest.mark.parametrize(
        ("old", "new", "line", "word"),
        [
            ('inherits = "township"', 'inherits = "city"', 1, "township"),
            ('inherits = "township"', 'inherits = "qingxi"', 1, "township"),
            ('inherits = "township"', "inherits = 1", 1, "township"),
            ('inherits = "township"', 'inherits = "../township"', 1, "township"),
            ('inherits = "township"', 'inherit = "township"', 1, "inherits"),
            ('"every.inventory" = []', '"every.issuer_return" = []', 7, "no such parameter"),
            ('"every.inventory" = []', '"every.nothing at all" = []', 7, "no such parameter"),
            ('"every.inventory" = []', '"every.inventory" = ""', 7, "no value"),
            ('"every.inventory" = []', '"within.register" = "1d"', 11, "twice"),
            ("register = []", "register = [[]]", 11, "wanted"),
            ('"day_end.check" = "yes"', '"rules.without" = ["BRW-1", "XYZ-1"]', 8, "XYZ-1"),
            ('"day_end.check" = "yes"', '"strict.XYZ-1" = true', 8, "XYZ-1"),
            ('"day_end.check" = "yes"', '"severity.XYZ-1" = "low"', 8, "XYZ-1"),
        ],
    )
    def test_a_mistake_is_told_with_its_line(self, old: str, new: str, line: int, word: str):
        assert old in OWN
        with pytest.raises(FormatError) as caught:
            parse(OWN.replace(old, new))
        assert caught.value.path == f"p.toml:{line}"
        assert word in caught.value.text("en")

    def test_nothing_is_taken_out_where_nothing_is_inherited(self):
        with pytest.raises(FormatError) as caught:
            parse(OWN.partition("\n")[2])
        assert caught.value.path == "p.toml:6"
        assert "a value is wanted" in caught.value.text("en")

    def test_a_file_is_found_by_name_or_path(self, tmp_path: Path):
        path = tmp_path / "own.toml"
        path.write_text(OWN, encoding="utf-8")
        for text, profile in (("township", "township"), (str(path), "qingxi")):
            policy = find_policy(text, offset_minutes=480, now_us=NOW_US)
            assert policy is not None
            assert policy.profile == profile
        assert find_policy("qingxi", offset_minutes=480, now_us=NOW_US) is None
        with pytest.raises(FileNotFoundError):
            find_policy(str(tmp_path / "none.toml"), offset_minutes=480, now_us=NOW_US)


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ('"term.from" = "issue"', "可选 issue_date、notice", "one of issue_date, notice"),
        ('"term.from" = ["notice", "notice"]', "只能有一个值", "one of issue_date, notice"),
        ('"copy.stamp" = "perhaps"', "可选 yes、no", "one of yes, no"),
        ('"contact.from" = "top"', "绝密、机密、秘密、内部", "绝密, 机密, 秘密"),
        ('"cap.绝密" = "30 years"', "如 30年、6个月", "like 30年"),
        ('"within.register" = "3 days"', "10wd（工作日）", "10wd working days"),
        ('"within.register" = [[]]', "10wd（工作日）", "10wd working days"),
        ('"min.supervisors" = 1', "2 至 8 的整数", "from 2 to 8"),
        ('"posts.permit.copy" = "分管领导"', "如 secrecy_leader", "like secrecy_leader"),
        ('"places.read" = "reading_rom"', "reading_room 阅文室", "reading_room"),
        ('"cabinets.机密" = "box"', "coded_cabinet 密码文件柜", "coded_cabinet"),
        ('"methods.document" = "burnt"', "burn 焚烧", "burn"),
        ('"channels.forbidden" = ["courier", "pigeon"]', "courier 快递", "by_hand"),
        ('"sign.transferred.lend" = "givers"', "giver、receiver", "giver, receiver"),
        ('"distinct.classify" = "a"', "supervisor+operator", "supervisor+operator"),
        ('"keep.archive_by" = "30 June"', "如 06-30", "like 06-30"),
        ('"severity.DES-3" = "bad"', "critical、high", "critical, high"),
        ('"strict.CLS-6" = "maybe"', "可选 yes、no", "one of yes, no"),
        ('"seal.readers" = "abc"', "64 位", "64 lower-case"),
        ('"rules.without" = "DES"', "如 DES-3", "like DES-3"),
        ('"rules.without" = "DES-99"', "现有 DES-1、", "there are DES-1, "),
        ('"min.supervisers" = 2', "相近的有 min.supervisors", "did you mean min.supervisors?"),
        ('"cap.极密" = "30年"', "cap.绝密", "cap.绝密"),
        ('"sign.transfered.lend" = "giver"', "sign.transferred.lend", "sign.transferred.lend"),
        ('"methods.usb" = "crush"', "methods.usb_stick", "methods.usb_stick"),
        ('"quite.wrong" = 1', "template", "template"),
    ],
)
def test_a_mistake_is_told_with_what_may_stand_there(line: str, zh: str, en: str):
    with pytest.raises(FormatError) as caught:
        parse(f'profile = "a"\nversion = "1"\n\n[parameters]\n"copy.self_destroy" = true\n{line}\n')
    assert caught.value.path == "p.toml:6"
    assert zh in caught.value.text("zh")
    assert en in caught.value.text("en")


def test_what_nothing_reads_is_found():
    read = [
        "every.clearing",
        "posts.keeper.机密",
        "sign.transferred.lend",
        "seal.fields",
        "series.会议记录.readers",
        "strict.CLS-6",
    ]
    assert unread([*read, "every.clering", "rules.without"]) == ["every.clering"]
    assert parameters_near("every.clering") == ["every.clearing"]
    for name in profile_names():
        assert unread(profile_parameters(name)) == []
