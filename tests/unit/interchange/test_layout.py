"""What in a register is no row of it, and what only looks so."""

from __future__ import annotations

import random
from datetime import date

import pytest

from chainlog.interchange.dates import Moment
from tests.registers import RECEIVED, numbers, received, where

TITLE = ["涉密文件收文登记簿（2019年）"]
UNIT = ["单位：青石乡人民政府"]


def body(*rows):
    return [TITLE, UNIT, RECEIVED, *rows]


class TestLayout:
    def test_rows_that_are_none(self, book):
        page = [
            ["本页小计", *[""] * 6, 2], ["", "", "", "", "合计", "", "", 2], ["累计：12份"], ["过次页"], ["承前页", *[""] * 6, 2], ["第1页 共6页"], ["第1页", "", "共 6 页"], ["1/6"],
            ["— 1 —"], ["填表人：马春兰", "", "", "审核人：李敏"], ["以下空白"], [], ["", " "], [17], ["注：本簿由机要室保管。"], TITLE, UNIT, RECEIVED, ["（续表）"],
            ["二季度"], ["本簿共 12 份，核对无误；特此说明。"], ["负责人（签字）：", "", "年  月  日"], ["总计", "", "", "", "", "", "", "贰份"], ["保密员：", "马春兰"],
        ]  # fmt: skip
        register = book([*body(received(1)), *page, received(2)])
        assert numbers(register) == [4, 5 + len(page)]
        assert not register.problems
        assert {row.number for row in register.layout} >= set(range(5, 5 + len(page))) - {11 + 5, 12 + 5}

    @pytest.mark.parametrize(
        "row",
        [
            ["", "", "市水利局"], ["", "", "", "", "关于河道清淤的通知"], [5, "2019-03-04"], ["合计", "2019-03-04", "市水利局", "", "关于合计的通知"][1:], received(""), received("合计数"),
            [5, "", "", "", "关于河道清淤的通知"], ["", *[""] * 13, "旁注"], ["一", "二"],
        ],
    )  # fmt: skip
    def test_rows_that_lack_something_are_problems(self, book, row):
        register = book(body(received(1), row, received(3)))
        assert numbers(register) == [4, 6]
        assert {problem.row for problem in register.problems} == {5}

    def test_a_void_number(self, book):
        register = book(body(received(1), [2, "", "", "", "作废"], received(3)))
        assert numbers(register) == [4, 6]
        assert [problem.found for problem in register.problems] == ["作废"]

    def test_a_title_that_speaks_of_a_sum_is_a_row(self, book):
        assert len(book(body(received(1, 文件标题="合计"), received(2, 备注="小计"))).rows) == 2

    def test_a_cell_beside_the_table(self, book):
        register = book(body(received(1), [*received(2), "", "附记"]))
        assert where(register.problems) == [(5, "N")]

    def test_unread_columns_are_said(self, book):
        rows = [TITLE, [*RECEIVED, "传达范围"], [*received(1), "全体"]]
        register = book(rows)
        assert len(register.rows) == 1
        assert [(column.column, column.title) for column in register.unread] == [("M", "传达范围")]

    def test_a_further_page_with_other_columns(self, book):
        order = [1, 0, *range(2, len(RECEIVED))]
        turned = [[row[position] for position in order] for row in (RECEIVED, received(2))]
        register = book([*body(received(1)), *turned])
        assert [row.cells["serial"] for row in register.rows] == [1, 2]

    def test_headers_of_two_rows(self, book):
        upper = ["收文", "", "来文", "", "文件标题", "密级", "份号", "份数", "归卷", ""]
        lower = ["编号", "日期", "机关", "字号", "", "", "", "", "日期", "卷号"]
        row = [1, "2019-03-04", "市水利局", "市水发〔2019〕1号", "关于河道清淤的通知", "秘密", "", 1, "2019-12-01", "7"]
        for merges in ((), ("A3:B3", "C3:D3", "E3:E4", "I3:J3")):
            register = book([TITLE, UNIT, upper, lower, row], merges=merges)
            assert not register.problems
            assert not register.unread
            assert register.rows[0].cells["received_on"] == Moment(date(2019, 3, 4))
            assert register.rows[0].cells["filed_on"] == Moment(date(2019, 12, 1))
            assert register.rows[0].cells["file_no"] == "7"

    def test_a_line_above_is_no_part_of_the_header(self, book):
        above = ["单位：青石乡", "", "2019年度", "", "册号：1", "", "第一册"]
        register = book([TITLE, above, RECEIVED, received(1, 收文日期="13月5日")])
        assert [problem.title for problem in register.problems] == ["收文日期"]

    def test_every_row_of_a_file_is_accounted_for(self, book):
        pool = [received(n) for n in range(1, 9)] + [
            received(9, 密级="绝蜜"),
            ["本页小计"],
            [],
            ["合计", 5],
            [7],
            ["x"],
            ["注：甲"],
            ["", "乙"],
            RECEIVED,
        ]
        for seed in range(20):
            rows = random.Random(seed).sample(pool, 12)
            register = book(body(*rows), name="a.csv")
            said = (
                {row.number for row in register.rows}
                | {row.number for row in register.layout}
                | {problem.row for problem in register.problems}
            )
            assert said >= {
                number for number, row in enumerate(body(*rows), start=1) if any(str(cell).strip() for cell in row)
            }
            assert len(register.rows) + register.skipped + len({row.number for row in register.layout}) == len(said)
