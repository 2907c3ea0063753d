"""Registers into a log: which events, what a second import adds, what is left out."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from chainlog.canon import codec
from chainlog.errors import LedgerError, RefusedError, UsageError
from chainlog.event.catalogue import KINDS
from chainlog.event.compose import name_positions
from chainlog.event.model import unverified_body
from chainlog.facade import Log
from chainlog.interchange import importing
from chainlog.interchange.import_report import report_json
from chainlog.interchange.importing import import_registers, names_template
from chainlog.interchange.mapping import NameMap, is_names_file
from chainlog.log.drafting import whole_of
from chainlog.log.genesis import Policy
from chainlog.log.handle import LogHandle
from chainlog.log.reader import Entry
from chainlog.projection.custody import Custody
from chainlog.projection.standard import standard_projections
from chainlog.record.keys import ReaderKey
from tests.builders import SmallLog, small_log
from tests.registers import RECEIVED, SHARED, csv_bytes, put, received, xlsx
from tests.signers import signer

LOANS = [
    "序号",
    "借阅日期",
    "借阅人",
    "部门",
    "文件名称",
    "文件编号",
    "份号",
    "借阅事由",
    "批准人",
    "应还日期",
    "实际归还日期",
    "归还状况",
    "备注",
]
SLIPS = ["文件编号", "份号", "姓名", "送阅时间", "退回时间", "阅读地点", "经手人"]
LISTED = ["序号", "文件标题", "文号", "密级", "份数", "份号", "销毁理由"]
TITLE = "关于河道清淤的通知"


def loan(serial: int, **cells: Any) -> list[Any]:
    row = {"序号": serial, "借阅日期": "2019-04-01", "借阅人": "周立", "部门": "水利站", "文件名称": TITLE, "文件编号": "市水发〔2019〕1号",
           "份号": "", "借阅事由": "汛前检查", "批准人": "", "应还日期": "2019-04-10", "实际归还日期": "", "归还状况": "", "备注": "", **cells}  # fmt: skip
    return [row[title] for title in LOANS]


def slip(person: str, hour: int, *, back: str = "", **cells: Any) -> list[Any]:
    row = {"文件编号": "市水发〔2019〕1号", "份号": "", "姓名": person, "送阅时间": f"2019-03-05 {hour:02}:00", "退回时间": back,
           "阅读地点": "阅文室", "经手人": "马春兰", **cells}  # fmt: skip
    return [row[title] for title in SLIPS]


def destroyed(*rows: list[Any], number: str = "X-2019-01", **cover: str) -> list[list[Any]]:
    lines = {"批准人": "何长河", "批准时间": "2019-12-01", "监销人": "马春兰、周立", "销毁时间": "2019-12-03", "销毁地点": "县销毁中心",
             "销毁方式": "化浆", **cover}  # fmt: skip
    return [
        ["销毁登记清册（2019年）"], [f"清册编号：{number}"] if number else ["单位：水利站"],
        *([f"{label}：{value}"] for label, value in lines.items() if value), LISTED, *rows,
    ]  # fmt: skip


def item(serial: int, number: str = "", doc: int = 1, copies: int = 1) -> list[Any]:
    return [serial, TITLE, f"市水发〔2019〕{doc}号", "秘密", copies, number, "日常不再使用"]


class Office(NamedTuple):
    log: SmallLog
    folder: Any

    def book(self, rows: list[list[Any]], name: str) -> Any:
        content = xlsx({"2019年": rows}) if name.endswith("xlsx") else csv_bytes(rows)
        return put(self.folder, name, content)

    def bring(self, *paths: Any, **rest: Any) -> Any:
        return import_registers(
            self.log.handle, paths, **{"registrar": "p/L", "signers": {"p/L": signer("p/L")}, **rest}
        )

    def entries(self) -> list[Entry]:
        return [entry for entry in self.log.handle.reader.read_range(0, 100_000) if "source" in bodies(entry)]

    def kinds(self) -> list[str]:
        return [entry.event.kind for entry in self.entries()]

    def only(self, kind: str) -> Entry:
        (found,) = [entry for entry in self.entries() if entry.event.kind == kind]
        return found

    def custody(self) -> Custody:
        projections = standard_projections(self.log.handle.reader)
        projections.catch_up("custody")
        return Custody(projections.kv)


def bodies(entry: Entry) -> dict[str, Any]:
    return name_positions(KINDS[entry.event.kind], entry.event.subjects, codec.decode(bytes(entry.event.body)))


def others(entry: Entry) -> list[str]:
    return [subject for subject in entry.event.subjects if not subject.startswith("p/")]


@pytest.fixture
def office(tmp_path):
    return Office(small_log(), tmp_path)


def received_book(*rows: list[Any]) -> list[list[Any]]:
    return [["收文登记簿（2019年）"], RECEIVED, *rows]


class TestReceived:
    def test_a_row_arrives_and_is_registered(self, office):
        path = office.book(received_book(received(1, 份号="000007-000008", 份数=2, 备注="需清退")), "收文.xlsx")
        (book,) = office.bring(path).books
        assert (book.kind, book.rows, book.events, book.skipped, book.problems) == ("received", 1, 2, 0, [])
        arrival, entry = office.only("created.received"), office.only("registered.document")
        copies = ["c/市水发〔2019〕1号/000007", "c/市水发〔2019〕1号/000008"]
        assert others(arrival) == others(entry) == ["d/市水发〔2019〕1号", *copies]
        body = bodies(arrival)
        assert (body["sender"], body["level"], body["listed"], body["found"], body["channel"], body["seal"]) == (
            "u/市水利局", "秘密", 2, 2, "by_hand", "none"
        )  # fmt: skip
        assert "来文方式" in body["note"]
        assert [(i["carrier"], i["copy_no"]) for i in body["items"]] == [(copies[0], "000007"), (copies[1], "000008")]
        # 4 March in the log's zone, the whole day.
        assert arrival.event.occurred == (1_551_628_800_000_000, 86_399_999_999)
        assert entry.event.occurred == ()
        document = bodies(entry)["document"]
        assert document == {
            "title": TITLE, "issuer": "u/市水利局", "level": "秘密", "doc_no": "市水发〔2019〕1号", "term": "3年", "copies": 2,
            "urgency": "ordinary", "return_required": True,
        }  # fmt: skip
        assert (bodies(entry)["register"], bodies(entry)["serial"]) == ("收文2019", 1)
        for event in (arrival, entry):
            assert event.event.people == (("registrar", "p/L", 1),)
            source = bodies(event)["source"]
            assert (source["row"], source["sheet"], len(source["cells"]), len(source["sha256"])) == (
                3,
                "2019年",
                32,
                32,
            )
        assert body["stated"] == [["receiver", "马春兰"]]

    def test_copies_without_numbers_move_nothing(self, office):
        office.bring(office.book(received_book(received(1, 份数=3)), "收文.csv"))
        arrival = office.only("created.received")
        assert others(arrival) == ["d/市水发〔2019〕1号"]
        assert (bodies(arrival)["copies_unnumbered"], bodies(arrival)["items"]) == (3, [])
        assert bodies(arrival)["source"]["sheet"] == "CSV"

    def test_the_remark_tells_of_channel_and_late_entry(self, office):
        office.bring(office.book(received_book(received(1, 备注="会议带回"), received(2, 备注="补登")), "收文.xlsx"))
        first, second = [bodies(e) for e in office.entries() if e.event.kind == "created.received"]
        assert (first["channel"], second["channel"]) == ("meeting", "by_hand")
        assert "late_reason" not in first
        assert second["late_reason"] == "补登"

    def test_a_document_without_a_number_is_known_by_its_entry(self, office):
        office.bring(
            office.book(
                received_book(received(1, 来文字号="", 份号="9"), received(2, 来文字号="无", 份号="9")), "收文.xlsx"
            )
        )
        assert [others(e) for e in office.entries() if e.event.kind == "created.received"] == [
            ["d/收文2019/1", "c/收文2019/1/9"], ["d/收文2019/2", "c/收文2019/2/9"]
        ]  # fmt: skip

    @pytest.mark.parametrize("cells", [{"文件标题": "另一份文件"}, {"来文机关": "市农业局"}])
    def test_one_number_for_two_documents(self, office, cells):
        rows = received_book(received(1), received(2, 来文字号="市水发[2019]1号", **cells), received(3))
        for _ in range(2):
            (book,) = office.bring(office.book(rows, "收文.xlsx")).books
            (problem,) = book.problems
            assert (problem.row, problem.title, problem.found) == (4, "来文字号", "市水发[2019]1号")
            assert "另一份文件" in problem.reason_zh
        assert (book.rows, book.skipped, len(office.entries())) == (2, 2, 4)

    def test_more_copies_of_one_document(self, office):
        rows = received_book(received(1, 份号="1"), received(2, 来文字号="市水发〔2019〕1号", 份号="2"))
        (book,) = office.bring(office.book(rows, "收文.xlsx")).books
        assert (book.events, book.problems) == (4, [])

    def test_more_copies_than_an_event_holds(self, office):
        rows = received_book(received(1, 份号="000001-000300", 份数=300))
        (book,) = office.bring(office.book(rows, "收文.xlsx")).books
        assert (book.events, book.problems) == (6, [])
        assert [bodies(e)["found"] for e in office.entries() if e.event.kind == "created.received"] == [128, 128, 44]
        assert office.bring(office.book(rows, "收文.xlsx")).books[0].skipped == 1

    def test_in_the_order_of_time(self, office):
        rows = received_book(
            received(1, 收文日期="2019-06-01"), received(2, 收文日期="2019-02-01"), received(3, 收文日期="2019-04-01")
        )
        office.bring(office.book(rows, "收文.xlsx"))
        assert [bodies(e)["source"]["row"] for e in office.entries()] == [4, 4, 5, 5, 3, 3]


class TestLoans:
    def test_permit_loan_and_return(self, office):
        papers = office.book(received_book(received(1, 份号="7")), "收文.xlsx")
        loans = office.book(
            [["借阅登记簿（2019年）"], LOANS, loan(1, 批准人="何长河", 实际归还日期="2019-04-08", 归还状况="完好")],
            "借阅.csv",
        )
        report = office.bring(loans, papers)
        assert [(book.kind, book.events) for book in report.books] == [("loans", 3), ("received", 2)]
        permit, lend, back = (office.only(k) for k in ("decided.permit", "transferred.lend", "returned.to_keeper"))
        # The book names no copy, and only one is known.
        assert others(permit) == others(lend) == others(back) == ["c/市水发〔2019〕1号/7"]
        assert (bodies(permit)["act"], bodies(permit)["step"], permit.event.occurred) == ("lend", "approved", ())
        assert (bodies(lend)["purpose"], bodies(lend)["depth"]) == ("汛前检查", "read")
        # The end of 10 April.
        assert bodies(lend)["due"] == 1_554_911_999_999_999
        assert (bodies(back)["reason"], bodies(back)["condition"]) == ("loan", "intact")
        assert bodies(back)["stated"] == [["giver", "周立"], ["receiver", "簿中未记载"]]
        assert [ref[0] for ref in lend.event.refs] == [permit.event.id]
        assert [ref[0] for ref in back.event.refs] == [lend.event.id]
        assert office.kinds()[-3:] == ["decided.permit", "transferred.lend", "returned.to_keeper"]
        state = office.custody().carrier("c/市水发〔2019〕1号/7")
        assert state.phase == "in_stock"

    def test_several_copies_and_no_number(self, office):
        papers = office.book(received_book(received(1, 份号="7-8", 份数=2)), "收文.xlsx")
        office.bring(papers, office.book([LOANS, loan(1)], "借阅登记簿.csv"))
        lend = office.only("transferred.lend")
        assert others(lend) == ["d/市水发〔2019〕1号"]
        assert bodies(lend)["copies_unnumbered"] == 1

    def test_a_copy_that_was_gone_by_then_is_not_meant(self, office):
        papers = office.book(received_book(received(1, 份号="7-8", 份数=2)), "收文.xlsx")
        gone = office.book(destroyed(item(1, "7"), 销毁时间="2019-03-20", 批准时间="2019-03-19"), "清册.xlsx")
        loans = office.book([LOANS, loan(1), loan(2, 借阅日期="2019-03-10")], "借阅登记簿.csv")
        office.bring(papers, gone, loans)
        found = {bodies(e)["source"]["row"]: others(e) for e in office.entries() if e.event.kind == "transferred.lend"}
        assert found == {2: ["c/市水发〔2019〕1号/8"], 3: ["d/市水发〔2019〕1号"]}

    def test_zeros_before_a_copy_number(self, office):
        papers = office.book(received_book(received(1, 份号="000007-000008", 份数=2)), "收文.xlsx")
        office.bring(papers, office.book([LOANS, loan(1, 份号="7")], "借阅登记簿.csv"))
        assert others(office.only("transferred.lend")) == ["c/市水发〔2019〕1号/000007"]

    def test_zeros_that_only_the_later_book_writes(self, office):
        office.bring(office.book(received_book(received(1, 份号="7-8", 份数=2)), "收文.xlsx"))
        office.bring(office.book([LOANS, loan(1, 份号="000007")], "借阅登记簿.csv"))
        lend = office.only("transferred.lend")
        assert others(lend) == ["c/市水发〔2019〕1号/7"]
        # The log knows the title, so the loan doesn't repeat it.
        assert TITLE not in bodies(lend)["note"]

    @pytest.mark.parametrize("together", [True, False])
    def test_copies_that_nobody_counted_may_be_meant(self, office, *, together):
        rows = received_book(received(1, 份号="7"), received(2, 来文字号="市水发〔2019〕1号", 份数=2))
        papers, loans = office.book(rows, "收文.xlsx"), office.book([LOANS, loan(1)], "借阅登记簿.csv")
        for paths in [[papers, loans]] if together else [[papers], [loans]]:
            office.bring(*paths)
        assert others(office.only("transferred.lend")) == ["d/市水发〔2019〕1号"]

    def test_what_the_log_knows_of_copies_counts(self, office):
        office.bring(office.book(received_book(received(1, 份号="7-8", 份数=2)), "收文.xlsx"))
        office.bring(office.book(destroyed(item(1, "7"), 销毁时间="2019-03-20", 批准时间="2019-03-19"), "清册.xlsx"))
        office.bring(office.book([LOANS, loan(1), loan(2, 借阅日期="2019-03-10")], "借阅登记簿.csv"))
        found = {bodies(e)["source"]["row"]: others(e) for e in office.entries() if e.event.kind == "transferred.lend"}
        assert found == {2: ["c/市水发〔2019〕1号/8"], 3: ["d/市水发〔2019〕1号"]}

    def test_a_row_goes_in_whole_or_not_at_all(self, office):
        """Its label makes a remark too long; the same row elsewhere, with a shorter one, is taken whole."""
        head = [["借阅登记簿（2019年）"], LOANS]
        bad = office.book([*head, loan(1, 批准人="何长河", 备注="水" * 340)], "甲.csv")
        good = office.book([*head, loan(1, 批准人="何长河")], "乙.csv")
        first, second = office.bring(bad, good).books
        assert (first.events, [problem.row for problem in first.problems]) == (0, [3])
        assert (second.events, second.problems) == (2, [])

    def test_a_loan_of_something_never_received(self, office):
        (book,) = office.bring(office.book([LOANS, loan(1, 份号="3")], "借阅登记簿.csv")).books
        assert (book.events, book.problems) == (1, [])
        lend = office.only("transferred.lend")
        assert others(lend) == ["c/市水发〔2019〕1号/3"]
        assert TITLE in bodies(lend)["note"]

    def test_a_loan_of_another_document_than_is_registered(self, office):
        papers = office.book(received_book(received(1, 份号="7")), "收文.xlsx")
        report = office.bring(papers, office.book([LOANS, loan(1, 文件名称="另一份文件")], "借阅登记簿.csv"))
        assert [problem.row for problem in report.problems] == [2]
        assert "transferred.lend" not in office.kinds()

    def test_no_document_number(self, office):
        (book,) = office.bring(office.book([LOANS, loan(1, 文件编号=""), loan(2)], "借阅登记簿.csv")).books
        assert [(p.row, p.title) for p in book.problems] == [(2, "文件编号")]
        assert (book.rows, book.events) == (1, 1)

    def test_a_condition_without_a_date_is_no_return(self, office):
        rows = [LOANS, loan(1, 归还状况="完好"), loan(2, 实际归还日期="不详", 归还状况="完好")]
        (book,) = office.bring(office.book(rows, "借阅登记簿.csv")).books
        assert [(p.row, p.title) for p in book.problems] == [(2, "实际归还日期")]
        back = office.only("returned.to_keeper")
        assert (bodies(back)["source"]["row"], back.event.occurred) == (3, ())

    def test_lent_again_on_the_day_of_return(self, office):
        papers = office.book(received_book(received(1, 份号="7")), "收文.xlsx")
        rows = [LOANS, loan(1, 借阅日期="2019-04-08"), loan(2, 实际归还日期="2019-04-08")]
        office.bring(papers, office.book(rows, "借阅登记簿.csv"))
        rows = [bodies(e)["source"]["row"] for e in office.entries()][2:]
        assert (rows, office.kinds()[2:]) == ([3, 3, 2], ["transferred.lend", "returned.to_keeper", "transferred.lend"])
        assert office.custody().carrier("c/市水发〔2019〕1号/7").phase == "on_loan"

    def test_a_refused_request_is_no_permit(self, office):
        titles = [*LOANS, "审批意见"]
        office.bring(office.book([titles, [*loan(1, 批准人="何长河"), "不同意"]], "借阅登记簿.csv"))
        assert bodies(office.only("decided.permit"))["step"] == "rejected"


class TestCirculation:
    def test_handed_out_and_taken_back(self, office):
        papers = office.book(received_book(received(1, 份号="7")), "收文.xlsx")
        rows = [SLIPS, slip("周立", 9, back="2019-03-05 10:00"), slip("何长河", 11)]
        office.bring(papers, office.book(rows, "传阅登记单2019.csv"))
        assert office.kinds()[2:] == ["transferred.circulate", "returned.to_keeper", "transferred.circulate"]
        given, back, last = office.entries()[2:]
        assert others(given) == others(back) == others(last) == ["c/市水发〔2019〕1号/7"]
        assert (bodies(given)["place"], bodies(given)["mode"]) == ("w/阅文室", "other")
        assert bodies(given)["stated"] == [["giver", "马春兰"], ["receiver", "周立"]]
        assert bodies(back)["reason"] == "reading"
        assert given.event.occurred == (1_551_747_600_000_000, 59_999_999)
        assert office.custody().carrier("c/市水发〔2019〕1号/7").phase == "in_circulation"

    def test_a_return_that_is_written_later(self, office):
        rows = [SLIPS, slip("周立", 9), slip("何长河", 11)]
        office.bring(office.book(rows, "传阅登记单2019.csv"))
        rows[1] = slip("周立", 9, back="2019-03-05 10:00")
        (book,) = office.bring(office.book(rows, "传阅登记单2019.csv")).books
        assert (book.events, book.skipped, book.problems) == (1, 1, [])
        rows[1] = slip("周立", 9, back="2019-03-05 10:30")
        (book,) = office.bring(office.book(rows, "传阅登记单2019.csv")).books
        assert (book.events, [problem.row for problem in book.problems]) == (0, [2])

    def test_equal_rows_are_two_acts(self, office):
        rows = [SLIPS, slip("周立", 9), slip("周立", 9)]
        path = office.book(rows, "传阅登记单2019.csv")
        assert office.bring(path).events == 2
        assert office.bring(path).events == 0


class TestDestruction:
    def test_listed_permitted_destroyed(self, office):
        papers = office.book(received_book(received(1, 份号="7-8", 份数=2)), "收文.xlsx")
        path = office.book(destroyed(item(1, "7"), item(2, "8")), "清册.xlsx")
        report = office.bring(papers, path)
        assert not report.problems
        assert office.kinds()[2:] == ["listed.added"] * 2 + ["decided.permit"] + ["destroyed.carriers"] * 2
        permit = office.only("decided.permit")
        assert others(permit) == ["l/X-2019-01"]
        copies = [f"c/市水发〔2019〕1号/{number}" for number in (7, 8)]
        assert bodies(permit)["whole"] == whole_of(copies)
        assert bodies(permit)["stated"] == [["approver", "何长河"]]
        listed = office.entries()[2]
        assert (bodies(listed)["total"], bodies(listed)["items"]) == (
            2,
            [{"carrier": copies[0], "reason": "no_longer_needed"}],
        )
        deed = office.entries()[-1]
        assert others(deed) == ["l/X-2019-01", "d/市水发〔2019〕1号", copies[1]]
        assert (bodies(deed)["method"], bodies(deed)["place"]) == ("pulp", "w/县销毁中心")
        assert bodies(deed)["stated"] == [["supervisor", "马春兰"], ["supervisor", "周立"]]
        assert permit.event.id in {ref[0] for ref in deed.event.refs}
        custody = office.custody()
        assert {custody.carrier(copy).phase for copy in copies} == {"destroyed"}
        (book,) = office.bring(path).books
        assert (book.events, book.skipped, book.problems) == (0, 2, [])

    def test_one_known_copy_or_none_told_apart(self, office):
        papers = office.book(received_book(received(1, 份号="7"), received(2, 份数=2)), "收文.xlsx")
        office.bring(papers, office.book(destroyed(item(1), item(2, doc=2)), "清册.xlsx"))
        first, second = [e for e in office.entries() if e.event.kind == "destroyed.carriers"]
        assert "c/市水发〔2019〕1号/7" in others(first)
        assert others(second) == ["l/X-2019-01", "d/市水发〔2019〕2号"]
        assert bodies(second)["copies_unnumbered"] == 1
        assert "whole" not in bodies(office.only("decided.permit"))

    def test_approved_afterwards(self, office):
        office.bring(office.book(destroyed(item(1, "7"), 批准时间="2019-12-05"), "清册.xlsx"))
        assert office.kinds() == ["listed.added", "destroyed.carriers", "decided.permit"]
        assert office.only("decided.permit").event.id not in {
            r[0] for r in office.only("destroyed.carriers").event.refs
        }

    def test_drawn_up_first_and_done_later(self, office):
        open_list = {"批准人": "", "批准时间": "", "监销人": "", "销毁时间": "", "销毁方式": "", "销毁地点": ""}
        office.bring(office.book(destroyed(item(1, "7"), **open_list), "清册.xlsx"))
        assert office.kinds() == ["listed.added"]
        (book,) = office.bring(office.book(destroyed(item(1, "7")), "清册.xlsx")).books
        assert (book.events, book.problems) == (2, [])

    def test_one_number_of_two_offices_and_two_years(self, office):
        for place, (unit, year) in enumerate([("水利站", 2019), ("农技站", 2019), ("水利站", 2018), ("", 2018)]):
            day = f"{year}-12-03"
            rows = destroyed(item(1, "7", doc=place), number="清册3", 批准时间=day, 销毁时间=day, 单位=unit)
            rows[0] = [f"销毁登记清册（{year}年）"]
            report = office.bring(put(office.folder, f"清册{place}.xlsx", xlsx({"Sheet1": rows})))
            assert report.problems == []
        lists = [s for e in office.entries() for s in others(e) if s.startswith("l/")]
        assert list(dict.fromkeys(lists)) == [
            "l/水利站/2019/清册3", "l/农技站/2019/清册3", "l/水利站/2018/清册3", "l/2018/清册3",
        ]  # fmt: skip
        assert set(Counter(lists).values()) == {3}

    def test_a_date_without_a_method(self, office):
        (book,) = office.bring(office.book(destroyed(item(1, "7"), 销毁方式=""), "清册.xlsx")).books
        assert [(p.row, p.title) for p in book.problems] == [(book.problems[0].row, "销毁方式")]
        assert "destroyed.carriers" not in office.kinds()


class TestAgain:
    ROWS = received_book(received(1, 份号="7"), received(2, 份号="8", 备注="需清退"), received(3, 份数=2))

    def test_the_same_book_adds_nothing(self, office):
        columns = [row if len(row) == 1 else row[::-1] for row in self.ROWS]
        assert office.bring(office.book(self.ROWS, "收文.xlsx")).events == 6
        size = office.log.handle.reader.size
        for rows, name in (
            (self.ROWS, "收文.xlsx"),
            (self.ROWS, "改名.csv"),
            (columns, "收文.csv"),
            (columns, "收文2.xlsx"),
        ):
            (book,) = office.bring(office.book(rows, name)).books
            assert (book.rows, book.events, book.skipped, book.problems) == (3, 0, 3, [])
        assert office.log.handle.reader.size == size

    def test_a_longer_book_adds_its_new_rows(self, office):
        office.bring(office.book(self.ROWS, "收文.xlsx"))
        (book,) = office.bring(office.book([*self.ROWS, received(4)], "收文.xlsx")).books
        assert (book.rows, book.events, book.skipped, book.problems) == (4, 2, 3, [])

    def test_a_changed_row_is_told(self, office):
        office.bring(office.book(self.ROWS, "收文.xlsx"))
        changed = received_book(received(1, 份号="9"), *self.ROWS[3:], received(4))
        (book,) = office.bring(office.book(changed, "收文.xlsx")).books
        (problem,) = book.problems
        assert (problem.row, book.events, book.skipped) == (3, 2, 2)
        assert "内容不同" in problem.reason_zh
        assert "with other content" in problem.reason_en
        assert "第 4 条" in problem.reason_zh

    def test_when_a_row_was_imported_is_said_to_the_second(self):
        event = SimpleNamespace(kind="created.received")
        standing = SimpleNamespace(recorded_at_us=1_700_000_000_123_456, index=4, event=event)
        problem = importing._imported_before(standing, 480)
        assert "2023-11-15T06:13:20+08:00" in problem.zh
        assert "2023-11-15T06:13:20+08:00" in problem.en

    def test_remarks_and_handling_may_go_on(self, office):
        office.bring(office.book(self.ROWS, "收文.xlsx"))
        noted = received_book(received(1, 份号="7", 备注="已归档", 承办单位="党政办"), *self.ROWS[3:])
        (book,) = office.bring(office.book(noted, "收文.xlsx")).books
        assert (book.events, book.skipped, book.problems) == (0, 3, [])

    def test_a_mended_row_is_taken(self, office):
        (book,) = office.bring(office.book([*self.ROWS, received(4, 收文日期="13月5日")], "收文.xlsx")).books
        assert (book.rows, len(book.problems)) == (3, 1)
        (book,) = office.bring(office.book([*self.ROWS, received(4)], "收文.xlsx")).books
        assert (book.events, book.problems) == (2, [])

    @pytest.mark.parametrize("serial", [1, ""])
    def test_a_loan_that_came_back_since(self, office, serial):
        before = [["借阅登记簿（2019年）"], LOANS, loan(serial, 批准人="何长河")]
        office.bring(office.book(before, "借阅.csv"))
        lend = office.only("transferred.lend").event.id
        after = [*before[:2], loan(serial, 批准人="何长河", 实际归还日期="2019-04-08", 归还状况="破损", 备注="已催还")]
        (book,) = office.bring(office.book(after, "借阅.csv")).books
        assert (book.events, book.skipped, book.problems) == (1, 0, [])
        back = office.only("returned.to_keeper")
        assert [ref[0] for ref in back.event.refs] == [lend]
        assert bodies(back)["condition"] == "damaged"

    def test_a_return_is_of_what_was_lent(self, office):
        """Which copy it was is said once: later copies don't make the return doubtful."""
        papers = received_book(received(1, 份号="7"))
        before = [["借阅登记簿（2019年）"], LOANS, loan(1)]
        office.bring(office.book(papers, "收文.xlsx"), office.book(before, "借阅.csv"))
        more = [*papers, received(2, 来文字号="市水发〔2019〕1号", 份号="8")]
        after = [*before[:2], loan(1, 实际归还日期="2019-04-08")]
        office.bring(office.book(more, "收文.xlsx"), office.book(after, "借阅.csv"))
        assert others(office.only("returned.to_keeper")) == ["c/市水发〔2019〕1号/7"]

    def test_books_of_two_offices(self, office):
        def book(unit, doc):
            rows = [["收文登记簿（2019年）"], [f"单位：{unit}"], RECEIVED, received(1, 来文字号=doc)]
            return office.book(rows, f"{unit}.xlsx")

        report = office.bring(book("水利站", "市水发〔2019〕1号"), book("农业站", "市水发〔2019〕2号"))
        assert [(b.book, b.events) for b in report.books] == [("收文2019·水利站", 2), ("收文2019·农业站", 2)]
        assert not report.problems

    def test_two_books_that_say_they_are_one(self, office):
        paths = [office.book(received_book(received(1, 份号=number)), f"{number}.xlsx") for number in ("7", "8")]
        first, second = office.bring(*paths).books
        assert (first.events, first.problems) == (2, [])
        assert (second.events, second.rows) == (0, 0)
        assert "本次导入" in second.problems[0].reason_zh
        again = office.bring(paths[0], paths[0])
        assert [(b.events, b.skipped) for b in again.books] == [(0, 1), (0, 1)]


class TestNames:
    def test_a_mapped_name_is_a_person(self, office):
        names = NameMap([("周立", "水利站", "p/zhouli"), ("周立", "农业站", "p/Z2"), ("马春兰", "", "p/L")])
        rows = [["借阅登记簿（2019年）"], [*LOANS, "经手人"],
                [*loan(1), "马春兰"], [*loan(2, 部门="农业站"), "马春兰"], [*loan(3, 部门="财政所"), "何某"]]  # fmt: skip
        office.bring(office.book(rows, "借阅.csv"), names=names)
        first, second, third = office.entries()
        assert first.event.people == (("giver", "p/L", 0), ("receiver", "p/ZHOULI", 0), ("registrar", "p/L", 1))
        assert ("receiver", "p/Z2", 0) in second.event.people
        assert "stated" not in bodies(first)
        assert bodies(third)["stated"] == [["giver", "何某"], ["receiver", "周立"]]
        assert third.event.people == (("registrar", "p/L", 1),)

    def test_the_importer_as_the_one_who_entered_it(self, office):
        titles = [*RECEIVED, "登记人"]
        rows = [["收文登记簿（2019年）"], titles, [*received(1), "马春兰"]]
        office.bring(office.book(rows, "收文.xlsx"), names=NameMap([("马春兰", "", "p/L")]))
        assert office.only("registered.document").event.people == (("registrar", "p/L", 1),)

    def test_one_person_named_twice(self, office):
        names = NameMap([("马春兰", "", "p/m")])
        rows = destroyed(item(1, "7"), 监销人="马春兰、马春兰")
        office.bring(office.book(rows, "清册.xlsx"), names=names)
        deed = office.only("destroyed.carriers")
        assert [entry for entry in deed.event.people if entry[0] == "supervisor"] == [("supervisor", "p/M", 0)]

    def test_template_and_back(self, office):
        papers = office.book(received_book(received(1), received(2)), "收文.xlsx")
        loans = office.book([LOANS, loan(1, 实际归还日期="2019-04-08")], "借阅登记簿2019.csv")
        text = names_template([papers, loans])
        assert text.splitlines() == ["姓名,部门,人员", "周立,水利站,", "马春兰,,"]
        path = put(office.folder, "names.csv", text.replace("马春兰,,", "马春兰,,p/m").encode("gb18030"))
        names = NameMap.read(path)
        assert (names.person("马 春兰"), names.person("周立", "水利站")) == ("p/M", None)

    def test_toml(self, tmp_path):
        path = put(tmp_path, "names.toml", '[[name]]\nname = "周立"\nunit = "水利站"\nperson = "p/z"\n'.encode())
        names = NameMap.read(path)
        assert names.person("周立") == names.person("周立", "水利站") == "p/Z"
        assert names.person("周立", "农业站") is None

    @pytest.mark.parametrize(
        ("name", "content"),
        [("a.csv", "姓名,部门\n周立,水利站\n"), ("a.csv", "姓名,人员\n周立,p/1\n周立,p/2\n"), ("a.toml", 'name = ["周立"]'), ("a.toml", "[[name"),
         ("a.toml", '[[name]]\nname = "周立"\nperson = "p/1"\nwho = "x"'), ("a.toml", 'profile = "township"'), ("a.toml", ""),
         ("a.toml", 'profile = "township"\n[[name]]\nname = "周立"\nperson = "p/1"')],
    )  # fmt: skip
    def test_files_that_are_refused(self, tmp_path, name, content):
        with pytest.raises(LedgerError):
            NameMap.read(put(tmp_path, name, content.encode()))

    def test_a_names_file_is_told_from_a_register(self, office):
        papers = office.book(received_book(received(1), received(2)), "收文.xlsx")
        names = {
            "a.csv": "姓名,部门,人员\n", "b.csv": "\ufeff人员;姓名\r\np/1;周立\r\n", "c.txt": "name\tunit\tperson\n",
            "d.toml": '[[name]]\nname = "周立"\nperson = "p/1"\n',
        }  # fmt: skip
        others = {
            "e.csv": "姓名,部门\n周立,水利站\n", "f.csv": "姓名,人员,文号\n周立,p/1,1\n", "g.csv": "", "h.csv": "清溪镇\n姓名,人员\n",
            "i.toml": 'profile = "township"\n', "j.toml": "[[name", "k.csv": "\0\0",
        }  # fmt: skip
        for content, expected in ((names, True), (others, False)):
            for name, text in content.items():
                assert is_names_file(put(office.folder, name, text.encode())) is expected, name
        assert not is_names_file(papers)
        assert not is_names_file(office.folder)
        assert not is_names_file(office.folder / "none.csv")


class TestRefusals:
    def test_a_column_that_nobody_knows_is_named(self, office):
        rows = received_book(received(1))
        rows = [rows[0], [*rows[1], "柜号"], [*rows[2], "A3"]]
        (book,) = report_json(office.bring(office.book(rows, "收文.xlsx")))
        assert [(one["sheet"], one["title"]) for one in book["unread"]] == [("2019年", "柜号")]
        assert book["events"] == 2

    def test_a_dry_run_writes_nothing_and_says_the_same(self, office):
        path = office.book(
            received_book(received(1), received(2, 来文字号="市水发〔2019〕1号", 文件标题="另一份")), "收文.xlsx"
        )
        size = office.log.handle.reader.size
        dry = office.bring(path, dry_run=True)
        assert office.log.handle.reader.size == size
        assert report_json(dry) == report_json(office.bring(path))
        (book,) = report_json(dry)
        assert (book["kind"], book["rows"], book["events"], book["skipped"]) == ("received", 1, 2, 0)
        assert {
            "file",
            "sheet",
            "row",
            "column",
            "title",
            "found",
            "reason",
            "reason_en",
            "instead_zh",
            "instead_en",
        } == set(book["problems"][0])

    def test_a_dry_run_makes_no_sealed_values(self, office):
        class Sealing(LogHandle):
            def prepare(self, kind: str, **_rest: Any) -> Any:
                raise AssertionError(kind)

        handle = Sealing(office.log.store, log_signer=signer("log"), clock=office.log.clock)
        path = office.book(received_book(received(1)), "收文.xlsx")
        assert office._replace(log=office.log._replace(handle=handle)).bring(path, dry_run=True).events == 2

    def test_a_bad_file_stops_all(self, office):
        good = office.book(received_book(received(1)), "收文.xlsx")
        with pytest.raises(LedgerError):
            office.bring(good, put(office.folder, "x.csv", b"a,b\r\n1,2\r\n"))
        assert not office.entries()

    def test_a_row_that_can_t_be_recorded(self, office):
        """A document's number that is too long for a subject."""
        path = office.book(received_book(received(1, 来文字号="水" * 60), received(2)), "收文.xlsx")
        (book,) = office.bring(path).books
        assert [problem.row for problem in book.problems] == [3]
        assert (book.rows, book.events) == (1, 2)

    def test_what_is_refused_on_append_is_the_row_s_alone(self, tmp_path):
        """A guard stands for anything that a writer refuses a single record for."""
        log = small_log()

        def guard(checked, _authority, _view):
            if "d/市水发〔2019〕2号" in checked.event.event.subjects:
                raise RefusedError("not this one", finding="malformed")

        handle = LogHandle(log.store, log_signer=signer("log"), clock=log.clock, guard=guard)
        path = put(tmp_path, "收文.xlsx", xlsx({"a": received_book(*(received(n) for n in range(1, 8)))}))
        (book,) = import_registers(handle, [path], registrar="p/L", signers={"p/L": signer("p/L")}).books
        assert [problem.row for problem in book.problems] == [4]
        assert (book.rows, book.events) == (6, 12)

    def test_a_key_that_doesn_t_count_is_no_row_s_fault(self, office):
        path = office.book(received_book(received(1)), "收文.xlsx")
        with pytest.raises(RefusedError):
            office.bring(path, registrar="p/X", signers={"p/X": signer("p/X")})
        with pytest.raises(UsageError):
            office.bring(path, signers={})
        assert not office.entries()

    def test_titles_that_are_sealed_stand_nowhere(self, tmp_path):
        reader_key = ReaderKey.from_seed(bytes(range(32)))
        seals = {"seal.fields": ["title"], "seal.readers": [reader_key.public_key.hex()]}
        log = small_log(policy=Policy("township", "1", 0, seals))
        sealing = Log(log.store, log_signer=signer("log"), clock=log.clock)
        office = Office(log._replace(handle=sealing), tmp_path)
        papers = office.book(received_book(received(1, 份号="7")), "收文.xlsx")
        loans = office.book([LOANS, loan(1), loan(2, 文件编号="市水发〔2019〕9号")], "借阅登记簿.csv")
        assert office.bring(papers, loans).events == 4
        assert set(bodies(office.only("registered.document"))["document"]["title"]) == {"sealed"}
        assert not any(TITLE.encode() in entry.record.event for entry in office.entries())
        assert (office.bring(papers, loans).events, office.bring(papers, loans).problems) == (0, [])

    def test_a_deed_that_can_t_be_recorded_leaves_the_list(self, office):
        rows = destroyed([*item(1, "7"), "县销毁中心"], [*item(2, "8"), "水" * 50], 销毁地点="")
        rows[-3] = [*LISTED, "销毁地点"]
        (book,) = office.bring(office.book(rows, "清册.xlsx")).books
        assert [problem.row for problem in book.problems] == [len(rows)]
        assert Counter(office.kinds()) == {"listed.added": 2, "decided.permit": 1, "destroyed.carriers": 1}
        assert (book.rows, book.events) == (1, 4)

    def test_a_log_that_seals_document_numbers(self, tmp_path):
        policy = Policy("township", "1", 0, {"seal.fields": ["doc_no"]})
        office = Office(small_log(policy=policy), tmp_path)
        with pytest.raises(UsageError, match="seals"):
            office.bring(office.book(received_book(received(1)), "收文.xlsx"))

    def test_a_carrier_that_the_log_has_under_another_document(self, office):
        body = {"level": "秘密", "sender": "u/a", "channel": "by_hand", "listed": 1, "found": 1, "seal": "none",
                "items": [{"carrier": "c/市水发〔2019〕1号/7", "form": "document", "document": "d/别的"}]}  # fmt: skip
        office.log.record("created.received", {"receiver": "p/L", "giver": "p/Z"}, body=body)
        (book,) = office.bring(office.book(received_book(received(1, 份号="7")), "收文.xlsx")).books
        assert [(p.row, p.title) for p in book.problems] == [(3, "份号")]
        assert not office.entries()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared material is not here")
class TestSharedRegisters:
    NAMES = (
        "收文登记簿-2025.xlsx",
        "传阅登记单-2025.csv",
        "借阅登记簿-2025.csv",
        "销毁登记清册-X-2025-01.xlsx",
        "销毁登记清册-X-2025-02.xlsx",
    )

    @pytest.fixture
    def filled(self, tmp_path):
        office = Office(small_log(), tmp_path)
        return office, office.bring(*(SHARED / name for name in self.NAMES))

    def test_counts(self, filled):
        office, report = filled
        # 149 rows; three can't be read, five bear a number of another document.
        assert [(b.rows, b.events, b.skipped) for b in report.books] == [
            (141, 282, 0), (24, 24 + 22, 0), (40, 25 + 40 + 35, 0), (6, 6 + 1 + 6, 0), (5, 5 + 1 + 5, 0)
        ]  # fmt: skip
        assert [sorted({p.row for p in b.problems}) for b in report.books] == [
            [11, 19, 27, 35, 100, 110, 119, 130], [], [20, 39], [5], []
        ]  # fmt: skip
        assert Counter(office.kinds()) == {
            "created.received": 141, "registered.document": 141, "transferred.circulate": 24, "transferred.lend": 40,
            "returned.to_keeper": 57, "decided.permit": 27, "listed.added": 11, "destroyed.carriers": 11,
        }  # fmt: skip
        assert office.bring(*(SHARED / name for name in self.NAMES)).events == 0

    def test_custody_afterwards(self, filled):
        office, _ = filled
        custody = office.custody()
        assert custody.carrier("c/县政发〔2025〕76号/000469").phase == "destroyed"
        assert custody.carrier("c/市政办发〔2025〕130号/000425").phase == "in_circulation"
        assert custody.carrier("c/县组发〔2025〕98号/000652").phase == "in_stock"
        unnumbered = [e for e in office.entries() if unverified_body(e.event).copies_unnumbered]
        assert all(not any(s.startswith("c/") for s in e.event.subjects) for e in unnumbered)
