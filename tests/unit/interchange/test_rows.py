"""Whole registers, of other years, offices and layouts than any sample."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest

from chainlog.digest import file_digest
from chainlog.errors import LedgerError
from chainlog.interchange.dates import Moment
from chainlog.interchange.rows import read_register, read_registers
from chainlog.interchange.words import Reason
from tests.registers import RECEIVED, csv_bytes, numbers, put, received, where, xlsx

TITLE = ["涉密文件收文登记簿（2019年）"]
UNIT = ["单位：青石乡人民政府"]


@pytest.fixture
def book(tmp_path):
    """Reads rows as one sheet, .xlsx unless named otherwise."""

    def read(rows, name="登记.xlsx", *, merges=(), default_year=None, encoding="utf-8"):
        content = (
            xlsx({"Sheet1": rows}, merges=[("Sheet1", cells) for cells in merges])
            if name.endswith("xlsx")
            else csv_bytes(rows, encoding=encoding)
        )
        return read_register(put(tmp_path, name, content), default_year=default_year)

    return read


def body(*rows):
    return [TITLE, UNIT, RECEIVED, *rows]


class TestReceived:
    def test_a_good_row(self, book):
        register = book(body(received(1, 份号="000087-000088", 份数="贰", 签收人="马 春兰、李敏", 备注="会议带回")))
        assert (register.kind, register.year, register.unit) == ("received", 2019, "青石乡人民政府")
        assert register.book == "收文2019·青石乡人民政府"
        assert not register.problems
        assert not register.unread
        assert register.skipped == 0
        (row,) = register.rows
        assert row.number == 4
        assert row.sheet == "Sheet1"
        assert row.n == 0
        assert row.cells == {
            "serial": 1, "received_on": Moment(date(2019, 3, 4)), "issuer": "市水利局", "doc_no": "市水发〔2019〕1号", "title": "关于河道清淤的通知",
            "level": "秘密", "term": "3年", "copy_no": ("000087", "000088"), "copies": 2, "urgency": "ordinary", "receiver": ("马春兰", "李敏"),
            "handler": "水利站", "note": "会议带回",
        }  # fmt: skip
        assert row.raw["level"] == "秘密★3年"
        assert row.raw["copies"] == "贰"

    def test_the_digest_of_the_file(self, tmp_path):
        content = xlsx({"s": body(received(1))})
        assert read_register(put(tmp_path, "a.xlsx", content)).sha256 == file_digest(content)

    @pytest.mark.parametrize(
        ("cells", "column"),
        [
            ({"收文日期": "13月5日"}, "B"), ({"收文日期": "2019-02-30"}, "B"), ({"收文日期": ""}, "B"), ({"收文日期": "——"}, "B"), ({"收文日期": "2025-03-04"}, "B"),
            ({"收文日期": 3.1}, "B"), ({"来文机关": ""}, "C"), ({"来文字号": "甲〔2019〕1号、2号"}, "D"), ({"文件标题": " "}, "E"), ({"文件标题": "乙" * 400}, "E"),
            ({"密级": "绝蜜"}, "F"), ({"密级": "解密"}, "F"), ({"密级": "/"}, "F"), ({"份号": "92-87"}, "G"), ({"份号": "1-5000", "份数": ""}, "G"), ({"份号": date(2019, 8, 9)}, "G"),
            ({"份数": 0}, "H"), ({"份数": "若干"}, "H"), ({"份数": ""}, "H"), ({"份数": 2, "份号": "87"}, "H"), ({"份数": 1, "份号": "87-88"}, "H"), ({"缓急": "快"}, "I"),
            ({"签收人": "李 敏 赵 强"}, "J"), ({"签收人": 5}, "J"), ({"备注": "\ue000"}, "L"), ({"收文号": ""}, "A"), ({"收文号": "一"}, "A"), ({"承办单位": "=1/0"}, None),
        ],
    )  # fmt: skip
    def test_a_bad_cell_keeps_its_row_out_and_no_other(self, book, cells, column):
        register = book(body(received(1), received(2, **cells), received(3)))
        if column is None:
            # A formula's stored result is a value like any other.
            assert numbers(register) == [4, 5, 6]
            return
        assert numbers(register) == [4, 6]
        assert where(register.problems) == [(5, column)]
        assert register.skipped == 1
        (problem,) = register.problems
        assert problem.file == "登记.xlsx"
        assert problem.sheet == "Sheet1"
        assert problem.title == RECEIVED[ord(column) - ord("A")]
        assert problem.reason_zh
        assert problem.reason_en
        assert problem.instead_zh
        assert problem.instead_en

    def test_all_problems_of_a_row_are_named(self, book):
        register = book(body(received(1, 收文日期="13月5日", 密级="绝蜜", 份数="若干")))
        assert where(register.problems) == [(4, "B"), (4, "F"), (4, "H")]
        assert register.skipped == 1

    def test_a_mismatch_names_both(self, book):
        (problem,) = book(body(received(1, 份数="贰", 份号="000142"))).problems
        assert "贰" in problem.found
        assert "000142" in problem.found
        assert "2" in problem.reason_zh
        assert "1" in problem.reason_zh

    @pytest.mark.parametrize(
        "cells",
        [
            {"份号": "", "份数": 6},
            {"份号": "87-92", "份数": ""},
            {"份号": "无", "份数": 6},
            {"收文日期": "不详"},
            {"密级": ""},
            {"来文字号": "/"},
            {"签收人": "—"},
        ],
    )
    def test_what_may_be_left_out(self, book, cells):
        register = book(body(received(1, **cells)))
        assert not register.problems
        assert len(register.rows) == 1

    def test_a_blank_level_is_unmarked(self, book):
        assert book(body(received(1, 密级=""))).rows[0].cells["level"] == "未标"

    def test_unknown_date_is_absent(self, book):
        assert "received_on" not in book(body(received(1, 收文日期="不详"))).rows[0].cells

    def test_a_date_of_the_following_january_belongs(self, book):
        assert not book(body(received(1, 收文日期="2020-01-03"))).problems

    def test_date_cells_and_counts_of_days(self, book):
        register = book(
            body(
                received(1, 收文日期=date(2019, 3, 4)),
                received(2, 收文日期=43528),
                received(3, 收文日期="3月4日"),
                received(4, 收文日期=datetime.fromisoformat("2019-03-04T09:10")),
            )
        )
        assert [row.cells["received_on"].text() for row in register.rows] == ["2019-03-04"] * 3 + ["2019-03-04T09:10"]


class TestDittoMarks:
    def test_the_cell_above_across_page_feet(self, book):
        rows = body(
            received(1),
            received(2, 来文机关="〃", 密级="同上"),
            ["本页小计", *[""] * 6, 2],
            received(3, 来文机关='"', 收文日期="″"),
        )
        register = book(rows)
        assert not register.problems
        assert [row.cells["issuer"] for row in register.rows] == ["市水利局"] * 3
        assert [row.cells["level"] for row in register.rows] == ["秘密"] * 3
        assert register.rows[1].raw["issuer"] == "〃"

    def test_nothing_above(self, book):
        assert where(book(body(received(1, 来文机关="〃"))).problems) == [(4, "C")]
        assert where(book(body(received(1, 承办单位=""), received(2, 承办单位="同上"))).problems) == [(5, "K")]

    def test_a_problem_above_is_repeated(self, book):
        assert where(book(body(received(1, 密级="绝蜜"), received(2, 密级="〃"))).problems) == [(4, "F"), (5, "F")]

    def test_no_ditto_in_titles(self, book):
        register = book([["同上乡收文登记簿2019"], RECEIVED, received(1)])
        assert len(register.rows) == 1

    def test_merged_downwards_is_the_same(self, book):
        rows = body(received(1), received(2, 来文机关=None), received(3, 来文机关=None))
        register = book(rows, merges=["C4:C6"])
        assert [row.cells["issuer"] for row in register.rows] == ["市水利局"] * 3


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


class TestSerials:
    def test_the_same_number_with_other_content(self, book):
        register = book(body(received(1), received(1, 文件标题="关于防火的通知"), received(2)))
        assert numbers(register) == [4, 6]
        assert where(register.problems) == [(5, "A")]

    def test_the_same_row_twice_is_counted(self, book):
        register = book(body(received(1), received(1), received(1)))
        assert [row.n for row in register.rows] == [0, 1, 2]
        assert len({row.cells_digest for row in register.rows}) == 1

    def test_a_bad_row_holds_its_number(self, book):
        register = book(body(received(1, 密级="绝蜜"), received(1)))
        assert where(register.problems) == [(4, "F"), (5, "A")]


class TestDigests:
    def test_form_changes_nothing(self, book, tmp_path):
        plain = body(received(1, 份号="000087-000088", 份数=2, 收文日期=date(2019, 3, 4), 签收人="马春兰"), received(2))
        wanted = [row.cells_digest for row in book(plain).rows]
        order = list(range(len(RECEIVED)))
        random.Random(3).shuffle(order)
        turned = [TITLE, UNIT, *([row[position] for position in order] for row in plain[2:])]
        assert [row.cells_digest for row in book(turned).rows] == wanted
        written = body(
            received(
                "1",
                份号="０００８７".rjust(6, "0") + "、000088",
                份数="两份",
                收文日期="3月4日",
                签收人="马 春兰",
                来文机关=" 市水利局",
                密级="秘密 ☆ 3年",
            ),
            received("002", 来文机关="同上", 来文字号="市水发[2019]2号"),
        )
        for encoding in ("utf-8-sig", "gb18030"):
            assert [row.cells_digest for row in book(written, "b.csv", encoding=encoding).rows] == wanted
        two = [[*RECEIVED[:6], "保密期限", *RECEIVED[6:]], *([*row[:5], "秘密", "3年", *row[6:]] for row in plain[3:])]
        assert [row.cells_digest for row in book([TITLE, UNIT, *two]).rows] == wanted

    @pytest.mark.parametrize(
        "cells",
        [
            {"文件标题": "关于河道清淤的函"},
            {"份数": 3},
            {"密级": "秘密"},
            {"密级": "秘密★4年"},
            {"收文日期": "2019-03-05"},
            {"备注": "补登"},
            {"签收人": "李敏"},
            {"份号": "87"},
            {"收文号": 2},
            {"收文日期": "2019-03-04 09:10"},
        ],
    )
    def test_content_changes_it(self, book, cells):
        first, second = (
            book(body(received(1, **changed))).rows[0].cells_digest for changed in (dict[str, str](), cells)
        )
        assert first != second

    def test_width_and_blanks_of_texts_change_nothing(self, book):
        wide, thin = (
            book(body(received(1, 备注=note))).rows[0].cells_digest for note in ("附件ＡB　１份", "附件AB1份")
        )
        assert wide == thin

    def test_two_terms_that_differ(self, book):
        rows = [TITLE, [*RECEIVED, "保密期限"], [*received(1), "3年"], [*received(2), "5年"]]
        register = book(rows)
        assert numbers(register) == [3]
        assert where(register.problems) == [(4, "M")]


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
