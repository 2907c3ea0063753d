"""What a policy may hold: by integrity for ever, and by what this release knows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chainlog.authority.parameters import CATALOGUE, _patterns, check_policy, find_parameter, policy_problem
from chainlog.errors import FormatError
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES
from chainlog.event.types import FORM, LEVELS
from chainlog.log.genesis import Policy


def policy(*parameters, refuse=()):
    return SimpleNamespace(parameters=parameters, refuse=refuse)


@pytest.mark.parametrize(
    "parameters",
    [
        (),
        (("a", ["x"]),),
        (("a", ["x", "x", ""]),),
        (("b", ["x"]), ("aa", ["x"])),
        (("甲", ["x"]), ("aaaa", ["x"])),
        (("min.supervisors", ["2"]),),
        (("min.supervisors", ["8"]),),
        (("min.supervisors.x", ["0"]),),
        (("unheard.of", ["0"]),),
    ],
)
def test_well_formed(parameters):
    assert policy_problem(policy(*parameters)) == ""


@pytest.mark.parametrize(
    "parameters",
    [
        (("a", []),),
        (("a", ["x"]), ("a", ["x"])),
        (("aa", ["x"]), ("b", ["x"])),
        (("b", ["x"]), ("a", ["x"])),
        (("aaaa", ["x"]), ("甲", ["x"])),
        *((("min.supervisors", [value]),) for value in ("", "0", "1", "9", "10", "02", "+2", "2 ", "２", "二", "2\n")),
    ],
)
def test_not_well_formed(parameters):
    assert policy_problem(policy(*parameters))


def test_rules_to_refuse_by_are_sorted():
    for good in ((), ("A",), ("B", "AA"), ("DES-1", "DES-3", "DES-10")):
        assert policy_problem(policy(refuse=good)) == ""
    for bad in (("A", "A"), ("AA", "B"), ("DES-10", "DES-3")):
        assert policy_problem(policy(refuse=bad))


KNOWN = [
    ("cap.绝密", ["30年"], ["30", "年", "0年", "30年 ", "1000年", "6个月x"]),
    ("cap.秘密", ["6个月"], [""]),
    ("term.from", ["issue_date", "notice"], ["issue"]),
    ("posts.rank", ["registrar"], ["Registrar", "a b", ""]),
    ("posts.des.approve.机密", ["secrecy_leader"], ["密"]),
    ("sign.transferred.lend", ["giver", "supervisor*2", "(receiver)", "(escort*2)"], ["givers", "giver*0", "(giver", "giver*", "log*x"]),
    ("sign.transferred.lend.绝密", ["giver"], [""]),
    ("distinct.destroy", ["supervisor+operator", "a+b+c"], ["supervisor", "+a", "a+", "A+b"]),
    ("min.supervisors", ["2", "8"], ["1", "0", "9"]),
    ("min.escorts", ["1", "8"], ["0", "9"]),
    ("within.receive", ["15m", "24h", "3d", "10wd", "1mo", "1y", "0d"], ["d", "3", "3w", "03d", "-1d", "10000d"]),
    ("keep.archive_by", ["06-30", "12-31"], ["13-01", "00-10", "6-30", "06-32"]),
    ("keep.destroyed.list", ["20y"], ["20"]),
    ("channels.绝密", None, None),
    ("channels.secret", ["by_hand", "fax"], ["hand"]),
    ("places.read.机密", ["reading_room"], ["阅文室"]),
    ("methods.usb_stick", ["crush"], [""]),
    ("methods.usb", None, None),
    ("copy.top_secret", ["never", "consent", "permit"], ["always"]),
    ("seal.fields", ["title", "note"], ["document.title", "Title"]),
    ("seal.readers", ["0" * 64], ["0" * 63, "G" * 64, "A" * 64]),
    ("strict.DES-3", ["yes", "no"], ["true"]),
    ("strict.DES-300", None, None),
    ("severity.INT-10", ["critical", "info"], ["bad"]),
    ("series.文书.档", ["任何文字"], [""]),
    ("sign.no.such.kind", None, None),
    ("Cap.绝密", None, None),
    ("cap.绝密.x", None, None),
    ("", None, None),
    ("cap.", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "good", "bad"), KNOWN)
def test_each_parameter_knows_its_values(name, good, bad):
    if good is None:
        assert find_parameter(name) is None
        with pytest.raises(FormatError) as caught:
            check_policy({name: ["x"]}, path="$.parameters")
        assert caught.value.path == f"$.parameters.{name}"
        return
    for value in good:
        check_policy({name: [value]})
    for value in bad:
        with pytest.raises(FormatError) as caught:
            check_policy({name: [value]})
        assert caught.value.path == f"$.{name}"


def test_how_many_values():
    many = find_parameter("posts.rank")
    one = find_parameter("term.from")
    assert many.many
    assert not one.many
    check_policy({"posts.rank": ["a", "b"]})
    for parameters in ({"term.from": ["notice", "notice"]}, {"term.from": []}, {"posts.rank": []}):
        with pytest.raises(FormatError):
            check_policy(parameters)


def test_every_kind_level_and_form_has_its_parameters():
    for kind in KINDS:
        check_policy({f"sign.{kind}": ["registrar"]})
        check_policy({f"sign.{kind}.{level}": ["registrar"] for level in LEVELS})
    check_policy({f"cap.{level}": ["1年"] for level in LEVELS})
    check_policy({f"methods.{form}": ["burn"] for form in FORM.values})
    check_policy({"sign.enrolled": list(ROLES)})


def test_a_name_belongs_to_one_family():
    for name, good, _ in KNOWN:
        found = [parameter.names for pattern, parameter in _patterns() if pattern.fullmatch(name)]
        # Two are names of a wider family as well, and stand before it.
        narrow = name in ("keep.archive_by", "posts.rank")
        assert len(found) == (0 if good is None else 1 + narrow), (name, found)
        assert not narrow or found[0] == name
    assert len({parameter.names for parameter in CATALOGUE}) == len(CATALOGUE)


def test_a_policy_is_drafted_sorted_and_checked():
    body = Policy("p", "1", 7, {"min.supervisors": ["2"], "cap.秘密": ["10年"]}, refuse=["DES-10", "DES-3"]).body()
    assert [name for name, _ in body["parameters"]] == ["cap.秘密", "min.supervisors"]
    assert body["refuse"] == ["DES-3", "DES-10"]
    assert "document_no" not in body
    assert Policy("p", "1", 7, {}, document_no="镇发〔2025〕1号").body()["document_no"] == "镇发〔2025〕1号"
    assert policy_problem(policy(*body["parameters"], refuse=body["refuse"])) == ""
    with pytest.raises(FormatError):
        Policy("p", "1", 7, {"min.supervisors": ["1"]}).body()
