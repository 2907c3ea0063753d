"""Rows of a register, of other years and offices than any sample."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest

from chainlog.digest import file_digest
from chainlog.interchange.dates import Moment
from chainlog.interchange.rows import read_register
from tests.registers import RECEIVED, numbers, put, received, where, xlsx

TITLE = ["涉密文件收文登记簿（2019年）"]
UNIT = ["单位：青石乡人民政府"]


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
