"""The shipped profiles: complete, sourced, read by some rule, and asking for no less than two supervisors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib

import pytest

from chainlog.rules.asking import readers
from chainlog.rules.policy_file import parse_policy
from chainlog.rules.profiles import profile_names, profile_text
from chainlog.rules.rule import QUESTIONS, RULES

PROFILES = ["coop", "national", "npc_office", "township", "university"]
# Parameters that programs read besides the rules, and families of which a rule reads one name by the case at hand.
FAMILIES = ("severity.", "sign.", "seal.", "rules.without", "series.", "posts.permit.lend.", "methods.", "cabinets.")


def parameters(profile: str) -> dict[str, list[str]]:
    read = parse_policy(profile_text(profile), name=profile, offset_minutes=480, now_us=0)
    assert read.profile == profile
    assert read.body()
    return {name: list(values) for name, values in read.parameters.items()}


def runs(rule_id: str, given: dict[str, list[str]]) -> bool:
    """Whether a policy asks for a rule."""
    rule = RULES[rule_id]
    # A strict reading that a rule needs is asked for by yes alone.
    strict = all(given.get(name) != ["no"] for name in rule.needs if name.startswith("strict."))
    return all(name in given for name in rule.needs) and strict and rule_id not in given.get("rules.without", [])


def test_these_are_shipped():
    assert profile_names() == PROFILES


@pytest.mark.parametrize("profile", PROFILES)
class TestEach:
    def test_it_stands_alone_and_refuses_nothing(self, profile: str):
        content = tomllib.loads(profile_text(profile))
        assert "inherits" not in content
        assert content["refuse"] == []
        assert parameters(profile)["min.supervisors"] == ["2"]

    def test_every_value_names_its_source(self, profile: str):
        text = profile_text(profile)
        heading = ""
        for line in text[text.index("[parameters]") :].splitlines()[1:]:
            if line.startswith("#"):
                heading += line
            elif not line:
                heading = ""
            elif "#" not in line:
                # A table of values has its source above it.
                assert line.startswith(('"methods.', '"rules.without"')), line
                assert "not from source" in heading or "本" in heading, line

    def test_every_parameter_is_read_by_some_rule(self, profile: str):
        known = {name for rule in RULES.values() for name in rule.parameters}
        unread = [
            name
            for name in parameters(profile)
            if name not in known
            and not name.startswith(FAMILIES)
            and not any(name.startswith(f"{one}.") for one in known)
        ]
        # Levels make a name more specific: `places.read.绝密` is read where `places.read` is.
        assert unread == []

    def test_what_is_switched_off_would_run_otherwise(self, profile: str):
        given = parameters(profile)
        off = given.pop("rules.without", [])
        assert off == sorted(off, key=lambda rule: (rule[:3], int(rule[4:])))
        assert not set(off) & set(QUESTIONS)
        assert [rule for rule in off if not runs(rule, given)] == []


def test_rules_that_no_profile_asks_for_are_those_of_papers_and_plans():
    """Their sources are articles, survey reports and annual plans, which bind nobody; a unit may adopt them."""
    given = [parameters(profile) for profile in PROFILES]
    asleep = {rule for rule in RULES if not any(runs(rule, one) for one in given)}
    assert asleep == {"BRW-8", "BRW-11", "CLS-7", "CLS-17", "STO-2"}


def test_rules_of_one_regulation_run_under_it():
    """The rules that stand in one regulation alone, and the profile that has it."""
    for rule, profile in (
        ("RCV-4", "university"), ("PER-2", "university"), ("BRW-4", "university"), ("RET-3", "university"), ("NUM-4", "university"),
        ("STO-3", "university"), ("CPY-6", "university"), ("CPY-3", "coop"), ("MRK-6", "coop"), ("PER-1", "coop"), ("INV-4", "coop"),
        ("NUM-3", "coop"), ("INV-7", "npc_office"), ("INV-8", "npc_office"), ("MTG-2", "npc_office"), ("RET-7", "npc_office"),
        ("CMP-8", "npc_office"), ("CMP-10", "npc_office"), ("CIR-4", "township"), ("RCV-5", "township"), ("RCV-6", "township"),
        ("MED-1", "township"), ("MED-3", "township"), ("MED-8", "township"), ("INV-3", "township"), ("RET-1", "township"),
        ("ISS-6", "township"), ("PUB-2", "township"), ("CLS-11", "national"), ("LEK-2", "national"),
    ):  # fmt: skip
        assert runs(rule, parameters(profile)), (rule, profile)
    for rule, profile in (
        ("CLS-11", "township"), ("RCV-3", "township"), ("CIR-4", "university"), ("MED-1", "university"),
        ("INV-3", "coop"), ("CPY-3", "township"), ("RET-3", "npc_office"), ("PER-2", "township"), ("LEK-2", "township"),
    ):  # fmt: skip
        assert not runs(rule, parameters(profile)), (rule, profile)


def test_contradictions_are_settled_openly():
    """Where the regulations disagree, the file says what was chosen, and that there was a choice."""
    for profile, parameter, value in (
        ("township", "mark.positions", ["top_left"]), ("township", "leak.clock", ["discovered"]), ("township", "contact.from", ["绝密"]),
        ("national", "contact.from", ["机密"]), ("university", "copy.top_secret", ["never"]), ("national", "copy.top_secret", ["consent"]),
        ("university", "copy.self_destroy", ["no"]), ("university", "places.lend.绝密", ["confidential_office"]),
        ("township", "keep.reader", ["1mo"]), ("township", "every.clearing", ["3mo"]), ("township", "keep.dispersed", ["6mo"]),
        ("university", "every.issuer_return", ["1y"]), ("coop", "min.supervisors", ["2"]), ("national", "strict.CLS-11", ["yes"]),
    ):  # fmt: skip
        assert parameters(profile)[parameter] == value
    for profile, pattern in (
        ("township", "右上角"), ("township", "原始定密权"), ("township", "谁批准销毁"), ("township", "三个周期"), ("coop", "专人负责监销"),
        ("university", "用后自行销毁"), ("university", "谁批准复制"), ("npc_office", "return_required"),
    ):  # fmt: skip
        assert re.search(pattern, profile_text(profile)), (profile, pattern)


def test_who_reads_a_parameter_is_known_from_the_rules():
    assert readers("within.urge") == ["BRW-3"]
    assert readers("places.read.绝密") == ["RDG-1", "RDG-2"]
    assert readers("strict.CLS-11") == ["CLS-11"]
    assert readers("severity.DES-3") == ["DES-3"]
    assert readers("holidays.major") == ["INV-3"]
    assert readers("series.会议记录.readers") == ["RDG-4", "RDG-5", "RDG-6", "RDG-7"]
    assert readers("seal.fields") == readers("rules.without") == readers("what.is.this") == []
    assert {"TRN-4", "CIR-1", "HND-1"} <= set(readers("custody.office"))


def test_they_are_read_where_the_locale_is_not_utf_8():
    """As on a Chinese Windows, or in a service that is started with no locale at all."""
    code = (
        "import sys; from chainlog.rules.profiles import profile_text; sys.exit('绝密' not in profile_text('township'))"
    )
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    bare = {
        **plain,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    encoded = code.encode("unicode_escape").decode("ascii").replace("\\n", "\n")
    subprocess.run([sys.executable, "-c", encoded], env=bare, check=True, timeout=60)
