"""The sample registers of a township office; each expectation was read off the files by eye."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from chainlog.errors import LedgerError
from chainlog.interchange.dates import Moment
from chainlog.interchange.rows import Register, read_register
from tests.registers import SHARED, where

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared material is not here")


@cache
def read(name: str) -> Register:
    return read_register(SHARED / name)


def shown(cell: Any) -> Any:
    return cell.text() if isinstance(cell, Moment) else cell


class TestReceived:
    def test_what_is_refused(self):
        register = read("收文登记簿-2025.xlsx")
        assert (register.kind, register.year, register.unit) == ("received", 2025, "临河镇党政办公室")
        # 13月5日; 绝蜜★30年; 份数“贰”，份号 000142.
        assert where(register.problems) == [(11, "B"), (19, "F"), (27, "H")]
        assert (len(register.rows), register.skipped) == (146, 3)
        assert [row.number for row in register.layout] == [1, 2, 3, 29, 55, 81, 107, 133]
        assert not register.unread

    def test_no_serial_is_lost(self):
        register = read("收文登记簿-2025.xlsx")
        assert {row.cells["serial"] for row in register.rows} == set(range(1, 150)) - {8, 16, 24}

    @pytest.mark.parametrize(
        ("number", "key", "value"),
        [
            (4, "received_on", "2025-01-05"), (13, "received_on", "2025-02-01"), (47, "received_on", "2025-04-23"), (20, "received_on", "2025-02-15"),
            (61, "issuer", "县保密局"), (61, "received_on", "2025-05-27"), (4, "copy_no", ("484", "485", "486", "487", "488", "489")), (39, "copy_no", ("72", "73", "74")),
            (8, "copy_no", tuple(f"{n:06}" for n in range(45, 51))), (52, "receiver", ("李敏",)), (16, "receiver", ("李敏", "赵强")), (15, "level", "内部"), (6, "level", "无密"),
            (122, "filed_on", "2026-03-07"), (157, "filed_on", "2026-02-24"), (16, "filed_on", "2025-03-22"), (84, "level", "绝密"), (84, "term", "30年"), (15, "urgency", "urgent"),
        ],
    )  # fmt: skip
    def test_cells_read_by_eye(self, number, key, value):
        (row,) = [row for row in read("收文登记簿-2025.xlsx").rows if row.number == number]
        assert shown(row.cells[key]) == value


def test_loans():
    register = read("借阅登记簿-2025.csv")
    assert (register.kind, register.year, register.unit, len(register.rows)) == ("loans", 2025, "临河镇", 40)
    assert not register.problems
    assert [row.number for row in register.layout] == [1, 2]
    due = {row.number: (shown(row.cells["lent_on"]), shown(row.cells["due_on"])) for row in register.rows}
    assert due[8] == ("2026-01-13", "2026-01-18")
    assert due[15] == ("2025-06-30", "2025-07-07")
    assert due[17] == ("2025-03-02", "2025-03-12")
    assert due[41] == ("2026-01-05", "2026-01-15")
    assert [row.number for row in register.rows if "returned_on" not in row.cells] == [7, 20, 30, 39, 41]


def test_circulation_without_a_title():
    register = read("传阅登记单-2025.csv")
    assert (register.kind, register.year, len(register.rows)) == ("circulation", 2025, 24)
    assert not register.problems
    assert [row.number for row in register.rows if "returned_at" not in row.cells] == [19, 20]


@pytest.mark.parametrize(
    ("name", "rows", "supervisors", "approved", "destroyed", "method"),
    [
        ("销毁登记清册-X-2025-01.xlsx", 7, ("李敏", "赵强"), "2025-11-04", "2025-11-06", "pulp"),
        # One supervisor twice and approved afterwards: for rules to judge, not for the reader to refuse.
        ("销毁登记清册-X-2025-02.xlsx", 5, ("赵强", "赵强"), "2025-12-21", "2025-12-20", "burn"),
    ],
)
def test_destruction(name, rows, supervisors, approved, destroyed, method):
    register = read(name)
    assert register.kind == "destruction"
    assert register.number == name[7:16]
    assert not register.problems
    assert len(register.rows) == register.cover["total"] == rows
    cover = register.cover
    assert (cover["approver"], cover["supervisors"], cover["operator"]) == (("何文斌",), supervisors, ("李敏",))
    assert (shown(cover["approved_at"]), shown(cover["destroyed_at"]), cover["method"]) == (approved, destroyed, method)
    assert {row.cells["reason"] for row in register.rows} == {("other", "超过保管期限")}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("发文登记簿-2025.xlsx", "发文登记簿"),
        ("复制登记簿-2025.xlsx", "复制登记簿"),
        ("清退清单-2025.csv", "清退清单"),
        ("涉密存储介质登记表.xlsx", "涉密存储介质登记表"),
    ],
)
def test_others_are_named(name, title):
    with pytest.raises(LedgerError) as caught:
        read(name)
    assert f"《{title}》" in caught.value.text("zh")


def test_every_row_is_accounted_for():
    from chainlog.interchange.sheets import read_file, read_sheets

    for path in sorted(SHARED.iterdir()):
        try:
            register = read_register(path)
        except LedgerError:
            continue
        (sheet,) = read_sheets(read_file(path), name=path.name)
        said = [
            *(row.number for row in register.rows),
            *(row.number for row in register.layout),
            *{problem.row for problem in register.problems if problem.row},
        ]
        assert sorted(said) == [row.number for row in sheet.rows], path.name
