"""What is said of many carriers is said once, in the text; nothing is put together that differs in more than whom it concerns."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chainlog.cli.alike import ALIKE_MIN, alike, alike_matters
from chainlog.cli.finding_lines import ALIKE_SHOWN, show_findings, show_matters
from chainlog.cli.session import Session
from chainlog.rules.finding import Finding
from chainlog.rules.incidents import incidents


def finding(number: int, code: str = "DES-3", **more) -> Finding:
    fields = {
        "code": code, "severity": "high", "subject": f"c/{number}", "evidence": (number + 1,), "origin": number + 1, "since_us": number,
        "article": "甲制度第三条", "parameters": {"min.supervisors": "2"}, "as_of_us": 0, "state": "open",
        "message_zh": f"c/{number} 监销签名1人", "message_en": f"c/{number}: 1 of 2 signed", "grade": "imported", **more,
    }  # fmt: skip
    return Finding(**fields)


def shown(show, capsys, lang: str, ones) -> list[str]:
    show(Session(lang=lang, as_json=False, debug=False), ones, lambda one: [f"c/{one.origin}a", "c/b", "c/c", "c/d"])
    return capsys.readouterr().out.splitlines()


def test_a_fault_of_many_rows_is_told_once(capsys):
    ones = [finding(number) for number in range(30)]
    assert shown(show_findings, capsys, "zh", ones) == [
        "较重  DES-3  同样的 30 项  据登记簿",
        "    … 监销签名1人",
        "    依据：甲制度第三条；min.supervisors = 2",
        *(f"      c/{number}  第 {number + 1} 条记录" for number in range(ALIKE_SHOWN)),
        "      另有 20 项（--json 列出全部）",
    ]
    assert shown(show_findings, capsys, "en", ones[:4]) == [
        "high  DES-3  4 alike  from a register",
        "    …: 1 of 2 signed",
        "    basis: 甲制度第三条; min.supervisors = 2",
        *(f"      c/{number}  record {number + 1}" for number in range(4)),
    ]


def test_the_carriers_of_a_list_are_named(capsys):
    ones = [
        finding(number, subject=f"l/{number}", message_zh="监销签名1人", message_en="1 of 2 signed")
        for number in range(4)
    ]
    assert shown(show_findings, capsys, "zh", ones)[-1] == "      l/3  第 4 条记录  c/4a、c/b、c/c 等 4 件"
    assert shown(show_findings, capsys, "en", ones)[-1] == "      l/3  record 4  c/4a, c/b, c/c and 1 more"


def test_matters_that_are_alike_are_told_once(capsys):
    ones = [finding(number, code) for number in range(12) for code in ("DES-3", "DES-7")]
    lines = shown(show_matters, capsys, "zh", incidents([*ones, finding(50, "RET-1")]))
    assert lines[0] == "第 1 至 12 起：同样的 12 起，每起 2 项"
    assert [line for line in lines if "DES-" in line] == ["  较重  DES-3  据登记簿", "  较重  DES-7  据登记簿"]
    assert lines.count("      c/0  第 1 条记录") == 1
    assert "      另有 2 项（--json 列出全部）" in lines
    assert "第 13 起：1 项，第 51 条记录" in lines
    english = shown(show_matters, capsys, "en", incidents(ones))
    assert english[0] == "matters 1 to 12: 12 alike, 2 findings each"


@pytest.mark.parametrize(
    "more",
    [
        {"code": "DES-7"}, {"severity": "low"}, {"state": "closed"}, {"grade": "signed"}, {"article": "乙"}, {"subject": "d/1"},
        {"parameters": {"min.supervisors": "3"}}, {"message_zh": "监销签名0人"}, {"message_en": "none signed"},
    ],
)  # fmt: skip
def test_what_differs_stands_by_itself(more):
    ones = [finding(number) for number in range(5)]
    other = replace(finding(9), **more)
    assert alike([*ones[:2], other, *ones[2:]]) == [ones, [other]]
    assert [len(group) for group in alike_matters(incidents([*ones, other]))] == [5, 1]


def test_a_few_stand_by_themselves_in_their_order():
    few = [finding(number) for number in range(ALIKE_MIN - 1)]
    others = [finding(number, "RET-1") for number in range(10, 12)]
    mixed = [few[0], others[0], few[1], others[1], few[2]]
    assert alike(mixed) == [[one] for one in mixed]
