"""Years, units and sheets of a book."""

from __future__ import annotations

from datetime import date

import pytest

from chainlog.errors import LedgerError
from chainlog.interchange.dates import Moment
from chainlog.interchange.rows import read_register, read_registers
from tests.registers import RECEIVED, put, received, where, xlsx


class TestYears:
    HEADERS = ["收文号", "收文日期", "来文单位", "文号", "题目", "密级", "数量", "归卷日期"]

    def rows(self, *dates):
        return [
            self.HEADERS,
            *([n, day, "市水利局", f"水〔{n}〕号", "通知", "秘密", 1, ""] for n, day in enumerate(dates, start=1)),
        ]

    @pytest.mark.parametrize(
        ("above", "name", "dates", "year"),
        [
            ([["收文登记簿"], ["单位：甲", "2017年度"]], "2018.csv", ["3月4日"], 2017),
            ([["二〇一七年收文登记簿"]], "a.csv", ["3月4日"], 2017),
            ([["年度：", "2017"]], "a.csv", ["3月4日"], None),
            ([["年度：2017"]], "a.csv", ["3月4日"], 2017),
            ([["青石乡2017年度收文登记簿"]], "2018.csv", ["3月4日"], 2017),
            ([["收文登记簿"]], "收文-2018.csv", ["3月4日"], 2018),
            ([["收文登记簿"]], "收文-2018.csv", ["2017-03-04", "3月4日"], 2017),
            ([["收文登记簿"]], "收文20180312.csv", ["2017-03-04", "2017-05-04", "2018-01-02"], 2017),
            ([], "a.csv", ["2017-03-04"], 2017),
            ([], "a.csv", ["3月4日"], None),
            ([], "a.csv", ["2016-03-04", "2017-03-04"], None),
        ],
    )
    def test_where_it_is_said(self, book, above, name, dates, year):
        register = book([*above, *self.rows(*dates)], name=name)
        assert register.year == year
        assert book([*above, *self.rows(*dates)], name=name, default_year=2011).year == (year or 2011)

    def test_without_a_year_nothing_is_guessed(self, book):
        register = book(self.rows("3月4日", "2016-03-04", "2017-03-04"), name="a.csv")
        assert where(register.problems) == [(2, "B")]
        assert not book(self.rows("3月4日"), name="a.csv", default_year=2016).problems

    def test_two_years_atop(self, book):
        with pytest.raises(LedgerError, match="two years"):
            book([["2016年收文登记簿"], ["2017年度"], *self.rows("3月4日")])

    def test_filed_in_the_next_year(self, book):
        rows = self.rows("12月4日", "12月5日")
        rows[1][7], rows[2][7] = "3月1日", "2020-03-01"
        register = book([["2017年度收文登记簿"], *rows])
        assert register.rows[0].cells["filed_on"] == Moment(date(2018, 3, 1))
        rows[2][7] = "2017-03-01"
        assert where(book([["2017年度收文登记簿"], *rows]).problems) == [(4, "H")]


class TestSeveralSheets:
    def test_months_of_one_book(self, tmp_path):
        content = xlsx(
            {
                "1月": [["2019年度收文登记簿"], RECEIVED, received(1)],
                "2月": [RECEIVED, received(2, 收文日期="2月3日"), received(1)],
                "空": [],
            }
        )
        register = read_register(put(tmp_path, "a.xlsx", content))
        assert register.sheets == ("1月", "2月")
        assert [(row.sheet, row.cells["serial"], row.n) for row in register.rows] == [
            ("1月", 1, 0),
            ("2月", 2, 0),
            ("2月", 1, 1),
        ]
        assert register.rows[1].cells["received_on"] == Moment(date(2019, 2, 3))

    def test_a_sheet_without_a_year_is_of_its_siblings_year(self, tmp_path):
        second = [RECEIVED, received(2, 收文日期="2月3日")]
        content = xlsx({"1月": [["2019年度收文登记簿"], RECEIVED, received(1)], "2月": second})
        register = read_register(put(tmp_path, "a.xlsx", content), default_year=2011)
        assert register.rows[1].cells["received_on"] == Moment(date(2019, 2, 3))

    def test_years_are_books_of_their_own(self, tmp_path):
        content = xlsx(
            {"2018年": [RECEIVED, received(1, 收文日期="3月4日")], "2019年": [RECEIVED, received(1, 收文日期="3月4日")]}
        )
        path = put(tmp_path, "a.xlsx", content)
        assert [register.book for register in read_registers(path)] == ["收文2018", "收文2019"]
        with pytest.raises(LedgerError, match="收文2018"):
            read_register(path)

    def test_a_sheet_that_is_no_register_is_said(self, tmp_path):
        content = xlsx(
            {
                "收文": [["2019年收文登记簿"], RECEIVED, received(1)],
                "说明": [["填写说明"], ["一律用黑色钢笔"]],
                "发文": [["发文登记簿"], ["顺序号", "发文日期", "发文字号", "发放范围"], [1, 2, 3, 4]],
            }
        )
        register = read_register(put(tmp_path, "a.xlsx", content))
        assert len(register.rows) == 1
        assert [(problem.sheet, problem.row, problem.column) for problem in register.problems] == [
            ("说明", None, ""),
            ("发文", None, ""),
        ]
        assert "发文登记簿" in register.problems[1].reason_zh
