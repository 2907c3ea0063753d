"""Loans, circulation and destruction, each in the shapes that offices use."""

from __future__ import annotations

from datetime import date

import pytest

from chainlog.errors import LedgerError
from chainlog.interchange.dates import Moment
from chainlog.interchange.rows import read_register
from chainlog.interchange.words import Reason
from tests.registers import numbers, put, where, xlsx


class TestLoans:
    HEADERS = [
        "编号",
        "借阅时间",
        "借用人",
        "单位",
        "档案名称",
        "档号",
        "秘密等级",
        "目的",
        "审批人",
        "借阅期限",
        "归还时间",
        "是否完好",
    ]

    def row(self, serial, **cells):
        row = {
            "编号": serial, "借阅时间": "2019-12-28", "借用人": "马春兰", "单位": "水利站", "档案名称": "河道图", "档号": "市水发[2019]1号", "秘密等级": "秘密",
            "目的": "施工", "审批人": "李敏", "借阅期限": "1月5日", "归还时间": "1月3日", "是否完好": "是", **cells,
        }  # fmt: skip
        return [row[title] for title in self.HEADERS]

    def book(self, book, *rows, title="青石乡借阅登记簿（2019年度）"):
        return book([[title], self.HEADERS, *rows], name="a.csv")

    def test_a_loan_over_new_year(self, book):
        register = self.book(book, self.row(1), self.row(2, 借阅期限="7天", 归还时间=""))
        assert register.kind == "loans"
        assert register.unit == "青石乡"
        assert not register.problems
        first, second = register.rows
        assert first.cells["due_on"] == Moment(date(2020, 1, 5))
        assert first.cells["returned_on"] == Moment(date(2020, 1, 3))
        assert second.cells["due_on"] == Moment(date(2020, 1, 4))
        assert "returned_on" not in second.cells
        assert first.cells["condition"] == "intact"
        assert first.cells["borrower"] == ("马春兰",)

    @pytest.mark.parametrize(
        ("cells", "columns"),
        [
            ({"归还时间": "2019-12-27"}, ["K"]), ({"借阅期限": "2019-12-01"}, ["J"]), ({"借阅期限": "12月1日"}, ["J"]), ({"借用人": ""}, ["C"]), ({"是否完好": "否"}, ["L"]),
            ({"借阅期限": "长期"}, ["J"]), ({"档案名称": "", "档号": ""}, ["F"]), ({"借阅时间": "12月45日"}, ["B", "J", "K"]), ({"借阅时间": "2019-12-28", "归还时间": "还"}, ["K"]),
        ],
    )  # fmt: skip
    def test_bad_rows(self, book, cells, columns):
        register = self.book(book, self.row(1), self.row(2, **cells))
        assert numbers(register) == [3]
        found = [problem.column for problem in register.problems]
        assert found[: len(columns)] == columns[: len(found)]
        assert set(found) <= set(columns)

    @pytest.mark.parametrize(
        "cells",
        [
            {"审批人": ""},
            {"是否完好": ""},
            {"档号": ""},
            {"档案名称": ""},
            {"秘密等级": ""},
            {"目的": ""},
            {"借阅期限": ""},
            {"编号": ""},
        ],
    )
    def test_what_may_be_left_out(self, book, cells):
        assert not self.book(book, self.row(1, **cells)).problems

    def test_a_blank_level_says_nothing_here(self, book):
        assert "level" not in self.book(book, self.row(1, 秘密等级="")).rows[0].cells

    def test_a_date_without_year_that_its_return_contradicts(self, book):
        register = self.book(
            book,
            self.row(1, 借阅时间="1月5日", 借阅期限="1月12日", 归还时间="2020-01-09"),
            self.row(2, 借阅时间="1月5日", 借阅期限="1月12日", 归还时间="2019-01-09"),
        )
        assert where(register.problems) == [(3, "B")]


class TestCirculation:
    def test_a_bare_table(self, book):
        rows = [
            ["文号", "姓名", "领取时间", "归还时间", "阅文地点"],
            ["市水发〔2019〕1号", "马春兰", "2019-04-01 09:10", "09:30", "阅文室"],
            ["同上", "李敏", "2019-04-01 10:00", "", "阅文室"],
            ["同上", "赵强", "2019-04-02 10:00", "2019-04-01 10:00", "阅文室"],
            ["同上", "", "2019-04-02 10:00", "", "阅文室"],
        ]
        register = book(rows, name="传阅.csv")
        assert (register.kind, register.year, register.book) == ("circulation", 2019, "传阅2019")
        assert numbers(register) == [2, 3]
        assert register.rows[0].cells["returned_at"].text() == "2019-04-01T09:30"
        assert where(register.problems) == [(4, "D"), (5, "B")]

    def test_a_title_between_pages(self, book):
        rows = [
            ["文号", "姓名", "领取时间", "归还时间"],
            ["水〔1〕号", "马春兰", "2019-04-01", ""],
            ["绝密文件接触记录"],
            ["水〔1〕号", "李敏", "2019-04-02", ""],
            ["水〔1〕号"],
        ]
        register = book(rows, name="a.csv")
        assert numbers(register) == [2, 4]
        # A document number alone is no title, but a row with all else missing.
        assert {problem.row for problem in register.problems} == {5}

    def test_slips_one_below_the_other(self, book):
        rows = [
            ["文件传阅单"], ["文号：市水发〔2019〕1号  密级：机密★10年"], ["标题：", "关于河道清淤的通知"], ["序号", "阅文人", "送阅时间", "退阅时间", "签名"],
            [1, "马春兰", "2019-04-01", "2019-04-02", "马春兰"], [2, "李敏", "2019-04-02", "", ""],
            ["文件传阅单"], ["文号：市水发〔2019〕2号"], ["序号", "阅文人", "送阅时间", "退阅时间", "签名"], [3, "马春兰", "2019-05-01", "", ""],
        ]  # fmt: skip
        register = book(rows)
        assert not register.problems
        assert [row.cells["doc_no"] for row in register.rows] == ["市水发〔2019〕1号"] * 2 + ["市水发〔2019〕2号"]
        assert [row.cells.get("title") for row in register.rows] == ["关于河道清淤的通知"] * 2 + [None]
        assert [(row.cells.get("level"), row.cells.get("term")) for row in register.rows] == [("机密", "10年")] * 2 + [
            (None, None)
        ]

    def test_a_slip_without_a_document(self, book):
        with pytest.raises(LedgerError, match="lacks"):
            book([["文件传阅单"], ["阅文人", "送阅时间", "退阅时间", "签名"], ["马春兰", "2019-05-01", "", ""]])


class TestDestruction:
    HEADERS = ["序号", "载体名称", "编号", "密级", "份数", "份号", "页数", "形成时间", "销毁原因"]

    def rows(self, *cover):
        return [
            ["青石乡涉密载体销毁清册"], ["清册编号：QS-2019-03", "", "", "2019年度"], self.HEADERS,
            [1, "关于河道清淤的通知", "市水发〔2019〕1号", "秘密", 1, "000087", 3, 2018, "会议清退"],
            [2, "关于防火的通知", "市水发〔2019〕2号", "", "两份", "", "", date(2018, 3, 4), "超过保管期限"],
            *cover,
        ]  # fmt: skip

    def test_cover_lines_in_any_shape(self, book):
        register = book(
            self.rows(
                ["合计", "", "", "", 3, "", 3], ["批准人：", "周立新", "批准日期：", "11月4日"], ["监销人（签字）：李敏、赵强    销毁时间：2019年11月6日"],
                ["销毁地点", "市保密局销毁中心", "销毁方式", "化浆"], ["承销单位：市保密局", "", "经办人：马 春兰", "（签字）", "    年   月   日"],
            )
        )  # fmt: skip
        assert not register.problems
        assert len(register.rows) == 2
        assert (register.number, register.book, register.year) == ("QS-2019-03", "销毁QS-2019-03·青石乡", 2019)
        assert register.cover == {
            "number": "QS-2019-03", "total": 3, "approver": ("周立新",), "approved_at": Moment(date(2019, 11, 4)), "supervisors": ("李敏", "赵强"),
            "destroyed_at": Moment(date(2019, 11, 6)), "place": "市保密局销毁中心", "method": "pulp", "contractor": "市保密局", "operator": ("马春兰",),
        }  # fmt: skip
        first, second = (row.cells for row in register.rows)
        assert first["reason"] == Reason("meeting", "会议清退")
        assert first["made"] == "2018"
        assert second["reason"] == Reason("other", "超过保管期限")
        assert second["level"] == "未标"
        assert second["made"] == "2018-03-04"

    def test_what_compliance_judges_is_no_problem(self, book):
        register = book(
            self.rows(
                ["批准时间：", "2019-12-01"],
                ["监销人：", "李敏", "监销人：", "李敏"],
                ["销毁时间：", "2019-11-06", "销毁方式：", "焚烧"],
            )
        )
        assert not register.problems
        assert register.cover["supervisors"] == ("李敏", "李敏")
        assert "approver" not in register.cover

    @pytest.mark.parametrize(
        "line",
        [
            ["批准时间：", "13月4日"], ["销毁方式：", "不知"], ["监销人：", "李 敏 赵 强"], ["销毁时间：2019-11-31"], ["合计", "若干"], ["批准人：", "周立新", "2019-11-04"],
            ["销毁地点：", "甲", "销毁地点：", "乙"],
        ],
    )  # fmt: skip
    def test_a_bad_cover_line_keeps_all_rows_out(self, book, line):
        register = book(self.rows(line))
        assert register.rows == ()
        assert register.skipped == 2
        (problem,) = register.problems
        assert problem.row == 6
        assert problem.title

    @pytest.mark.parametrize(
        ("total", "said"),
        [
            (["合计：3份"], 3),
            (["合计", "3份"], 3),
            (["", "合计", "", "", "叁"], 3),
            (["总数", 3], 3),
            (["共计3件3份"], 3),
            (["合计"], None),
        ],
    )
    def test_totals(self, book, total, said):
        register = book(self.rows(total))
        assert not register.problems
        assert register.cover.get("total") == said

    def test_the_number_in_the_title(self, tmp_path):
        for title, number in (
            ("销毁登记清册（X-2019-01）", "X-2019-01"),
            ("销毁登记清册(镇销〔2019〕3号)", None),
            ("销毁登记清册 2019-02", "2019-02"),
            ("2019年销毁登记清册", None),
        ):
            rows = [[title], self.HEADERS, *self.rows()[3:]]
            register = read_register(put(tmp_path, "a.xlsx", xlsx({"s": rows})))
            assert register.number == number or (number is None and title.startswith("销毁登记清册("))
            assert register.year == 2019

    def test_flat_tables_with_two_supervisor_columns(self, book):
        rows = [
            [
                "序号",
                "文件名称",
                "文号",
                "密级",
                "份数",
                "销毁理由",
                "监销人1",
                "监销人2",
                "销毁时间",
                "销毁方式",
                "批准人",
            ],
            [
                1,
                "关于河道清淤的通知",
                "市水发〔2019〕1号",
                "秘密",
                1,
                "淘汰",
                "李敏",
                "赵强",
                "2019-11-06",
                "粉碎",
                "周立新",
            ],
        ]
        register = book(rows, name="销毁清单.csv")
        assert register.rows[0].cells["supervisors"] == ("李敏", "赵强")
        assert register.rows[0].cells["method"] == "shred"

    def test_a_cover_sheet(self, tmp_path):
        content = xlsx(
            {
                "封面": [["销毁登记清册（X-2019-01）"], ["批准人：", "周立新"], ["监销人：", "李敏、赵强"]],
                "清单": [self.HEADERS, *self.rows()[3:]],
            }
        )
        register = read_register(put(tmp_path, "a.xlsx", content))
        assert register.number == "X-2019-01"
        assert register.cover["supervisors"] == ("李敏", "赵强")
        assert not register.problems
