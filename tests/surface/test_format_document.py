"""schemas/FORMAT.md against the code: numbers, codes, sections that the code cites, words that have no place in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chainlog import digest, limits
from chainlog.codes import CODES
from chainlog.event.kind import ROLES
from chainlog.event.subject import PREFIXES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "schemas" / "FORMAT.md").read_text(encoding="utf-8")
BEFORE_APPENDICES = TEXT[: TEXT.index("## Appendix A")]
BY_HAND = re.sub(r"<!-- gen:.*?<!-- /gen -->", "", BEFORE_APPENDICES, flags=re.DOTALL)
HEADINGS = re.findall(r"^#{2,3} (?:Appendix )?([0-9A-E](?:[0-9]*)(?:\.[0-9]+)?)\.? ", TEXT, re.MULTILINE)

# What the text says of a limit, written by hand, and the limit.
NUMBERS = [
    (r"nest at most (\d+) deep", limits.NESTING_MAX),
    (r"keys are `str` of 1 to (\d+) characters", limits.MAP_KEY_BYTES_MAX),
    (r"`signatures` has 1 to (\d+) elements", limits.SIGNATURES_MAX),
    (r"it has at most (\d+) bytes and the form", limits.KIND_BYTES_MAX),
    (r"A body has at most ([\d,]+) bytes", limits.BODY_BYTES_MAX),
    (r"every text in it at most ([\d,]+)", limits.TEXT_BYTES_MAX),
    (r"`refs` names up to (\d+) earlier acts", limits.REFS_MAX),
    (r"1 to (\d+) elements, sorted; a pair of role and person stands once", limits.PEOPLE_MAX),
    (r"the sum of `signs` is at most (\d+)", limits.SIGNATURES_MAX),
    (r"`signs` is 0 \(stated only\), 1 or (\d)\.", limits.SIGNS_PER_PERSON_MAX),
    (r"An event id is (\d+) opaque bytes", limits.EVENT_ID_BYTES),
    (r"a span of ([\d,]+); `\[\]` means", limits.DAY_SPAN_US),
    (r"If there are more than ([\d,]+) of them above the base", limits.WALK_STEPS_MAX),
    (r"At most ([\d,]+) bytes; at most 16 signatures, sorted, one for each pair", limits.DRAFT_FILE_BYTES_MAX),
    (r"takes at most (\d+) bytes, equals its fold", limits.SUBJECT_BYTES_MAX),
    (r"1 to (\d+) subjects, sorted, at most 224", limits.SUBJECTS_MAX),
    (r"at most (\d+) of them not persons", limits.SUBJECTS_NOT_PERSONS_MAX),
    (r"`administrators` has 2 to (\d+) elements", limits.ADMINISTRATORS_MAX),
    (r"`threshold` is at least (\d)", limits.THRESHOLD_MIN),
    (r"`recovery`, if there, has 2 to (\d+) keys", limits.RECOVERY_KEYS_MAX),
    (r"`name` is 1 to (\d+) of", limits.LOG_NAME_BYTES_MAX),
    (r"`label` is text by 1.2, at most (\d+) bytes", limits.KEY_LABEL_BYTES_MAX),
    (r"has at most ([\d,]+) bytes of UTF-8, which are what is hashed", limits.PASSPHRASE_BYTES_MAX),
    (r"`passes` is 2 to (\d)", limits.KDF_PASSES_MAX),
    (r"the base isn't the record before, and lies more than ([\d,]+) records", limits.BASE_DISTANCE_MAX),
    (r"fits the ([\d,]+) of a C2SP entry bundle", limits.C2SP_ENTRY_BYTES_MAX),
]


@pytest.mark.parametrize(("pattern", "value"), NUMBERS)
def test_a_number_in_the_text_is_the_limit(pattern: str, value: int):
    found = re.findall(pattern, BY_HAND)
    assert [int(number.replace(",", "")) for number in found] == [value]


def test_days_are_what_the_limits_say():
    days = {int(number) for number in re.findall(r"(\d+) days", BY_HAND)}
    day_us = limits.DAY_SPAN_US + 1
    assert days == {limits.EXPIRY_MAX_US // day_us} == {limits.BASE_AGE_MAX_US // day_us}


def test_prefixes_of_hashes_are_those_of_the_code():
    used = {
        name: getattr(digest, name).hex()
        for name in ("RECORD", "NODE", "SEALED", "EVENT", "MAP_PATH", "MAP_LEAF", "MAP_INNER", "LIST", "IMPORT")
    }
    assert set(re.findall(r"\bH\(([0-9a-f]{2}) ‖", TEXT)) == set(used.values())


@pytest.mark.parametrize("code", CODES)
def test_the_text_says_when_a_code_is_reported(code: str):
    assert f"`{code}`" in BY_HAND


def test_roles_and_prefixes_stand_in_it():
    for word in [*ROLES, *(f"{prefix}/" for prefix in PREFIXES)]:
        assert f"| `{word}` |" in TEXT


def test_the_sections_that_the_code_cites_are_there():
    cited: set[str] = set()
    for path in (ROOT / "chainlog").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for match in re.finditer(
            r"FORMAT\.md,? (?:section|sections|appendix) ([0-9A-E.]+)(?: (?:and|to) ([0-9A-E.]+))?", source
        ):
            cited |= {part.rstrip(".") for part in match.groups() if part}
    assert cited
    assert cited - set(HEADINGS) == set()


def test_sections_are_numbered_without_gaps():
    top = [int(number) for number in re.findall(r"^## (\d+)\. ", TEXT, re.MULTILINE)]
    assert top == list(range(len(top)))
    letters = re.findall(r"^## Appendix ([A-Z])\.", TEXT, re.MULTILINE)
    assert letters == list("ABCDE")[: len(letters)]
    steps = [
        int(number)
        for number in re.findall(r"^(\d+)\. ", TEXT[TEXT.index("### 14.2") : TEXT.index("## 15.")], re.MULTILINE)
    ]
    assert steps == list(range(1, len(steps) + 1))


def test_references_inside_the_text_lead_somewhere():
    for number in re.findall(
        r"\b(?:section|by|of|to|and|in|pass(?:es)?|fails|see) (\d+\.\d+)\b(?!\.\d)", BEFORE_APPENDICES
    ):
        known = number in HEADINGS or number in {"14.0", "1.0", "15.0", "15.1"}
        assert known, number
    steps = TEXT[TEXT.index("### 14.2") : TEXT.index("## 15.")]
    last = max(int(number) for number in re.findall(r"^(\d+)\. ", steps, re.MULTILINE))
    assert all(int(number) <= last for number in re.findall(r"\bsteps? (\d+)", steps))


def test_modules_are_named_in_the_footnote_alone():
    before, footnote = TEXT.split("*Implementation.*")
    assert re.findall(r"`?chainlog\.[a-z]+|[a-z_]+\.py\b", before.replace("tools/gen_format.py", "")) == []
    assert "`chainlog`" in footnote
