from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chainlog.event.catalogue import KINDS
from chainlog.interchange.cells import parse_count, parse_doc_no, parse_pages, parse_serial, parse_text, parse_total
from chainlog.interchange.copy_numbers import parse_copy_numbers
from chainlog.interchange.levels import Level, parse_level, parse_term
from chainlog.interchange.names import parse_names
from chainlog.interchange.numerals import chinese_number
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.texts import no_formula, outer_label, without_apostrophe
from chainlog.interchange.words import (
    CHANNELS,
    CONDITIONS,
    DEPTHS,
    FORMS,
    METHODS,
    REASONS,
    URGENCIES,
    Reason,
    parse_channel,
    parse_condition,
    parse_depth,
    parse_form,
    parse_method,
    parse_reason,
    parse_urgency,
    parse_yes_no,
)
from chainlog.limits import COPY_NUMBERS_MAX, TEXT_BYTES_MAX


def vocabulary(kind: str) -> Any:
    return KINDS[kind].own


def refused(parse, value) -> CellProblem:
    with pytest.raises(CellProblem) as caught:
        parse(value)
    problem = caught.value
    assert problem.zh
    assert problem.en
    assert problem.write_zh
    assert problem.write_en
    return problem


class TestCopyNumbers:
    @pytest.mark.parametrize(
        ("value", "numbers"),
        [
            ("000087", ["000087"]),
            (87, ["87"]),
            ("87.0", ["87"]),
            ("000087-000090", ["000087", "000088", "000089", "000090"]),
            ("000087-90", ["000087", "000088", "000089", "000090"]),
            ("000087 — 000089", ["000087", "000088", "000089"]),
            ("98-102", ["98", "99", "100", "101", "102"]),
            ("098-102", ["098", "099", "100", "101", "102"]),
            ("87—89、95", ["87", "88", "89", "95"]),
            ("000045、000046", ["000045", "000046"]),
            ("000045，000046；000048", ["000045", "000046", "000048"]),
            ("000045 000046", ["000045", "000046"]),
            ("０００４５至０００４６", ["00045", "00046"]),
            ("45～46", ["45", "46"]),
            ("45到46号", ["45", "46"]),
            ("第45号-第46号", ["45", "46"]),
            ("No.45", ["45"]),
            ("复004-005", ["复004", "复005"]),
            ("复004-复005", ["复004", "复005"]),
            ("A001-A002", ["A001", "A002"]),
            ("A-12", ["A-12"]),
            ("45-45", ["45"]),
            ("无", []),
            ("未编号", []),
        ],
    )
    def test_read(self, value, numbers):
        assert list(parse_copy_numbers(value)) == numbers

    @pytest.mark.parametrize(
        "value",
        [
            "92-87", "000187-92", "87-", "-87", "87-92-95", "87等", "约87", "共6份", "87.5", 87.5, -5, 0, "0", "0-5", date(2019, 3, 4), True, "A1-B3",
            "00087-000092", "87、87", "87-92、90", "八十七", "87(缺)", "、", "★", "1" * 13, "87一92",
        ],
    )  # fmt: skip
    def test_refused(self, value):
        refused(parse_copy_numbers, value)

    def test_a_range_that_runs_backwards_is_told_from_nonsense(self):
        assert "大于" in refused(parse_copy_numbers, "000187-92").zh
        assert "两次" in refused(parse_copy_numbers, "87、87").zh
        assert "位数" in refused(parse_copy_numbers, "00087-000092").zh

    def test_bounded(self):
        assert len(parse_copy_numbers(f"1-{COPY_NUMBERS_MAX}")) == COPY_NUMBERS_MAX
        refused(parse_copy_numbers, f"1-{COPY_NUMBERS_MAX + 1}")
        refused(parse_copy_numbers, f"1-{COPY_NUMBERS_MAX}、2000")
        refused(parse_copy_numbers, "1-999999999999")
        refused(parse_copy_numbers, "、".join(f"{n}-{n + 600}" for n in (1, 1000)))


class TestLevels:
    @pytest.mark.parametrize(
        ("value", "level", "term"),
        [
            ("绝密", "绝密", None), ("机密★10年", "机密", "10年"), ("机密*10年", "机密", "10年"), ("机密☆10年", "机密", "10年"), ("机密＊10年", "机密", "10年"),
            ("秘密 ★ 5 年", "秘密", "5年"), ("机密10年", "机密", "10年"), ("机密（10年）", "机密", "10年"), ("机密★十年", "机密", "10年"),
            ("秘密★6个月", "秘密", "6个月"), ("机密★长期", "机密", "长期"), ("绝密★启用前", "绝密", "启用前"), ("机密★2030.12.31", "机密", "2030-12-31"),
            ("机密★1年6个月", "机密", "1年6个月"), ("机密级", "机密", None), ("秘密件", "秘密", None), ("内", "内部", None), ("内部文件", "内部", None),
            ("工作秘密", "内部", None), ("普", "无密", None), ("无", "无密", None), ("普通", "无密", None), ("公开", "无密", None), ("未标", "未标", None),
            ("机\n密", "机密", None), ("机密★", "机密", None), ("秘", "秘密", None),
        ],
    )  # fmt: skip
    def test_read(self, value, level, term):
        assert parse_level(value) == Level(level, term)

    @pytest.mark.parametrize(
        "value",
        [
            "解密",
            "已解密",
            "密",
            "密件",
            "机密/秘密",
            "10年",
            "★10年",
            "机密★10",
            "机密★x年",
            "机密★6月",
            "机密★2030.2.30",
            3,
            "—",
            "甲",
            "商密",
            date(2019, 1, 1),
            "普密",
            True,
        ],
    )
    def test_refused(self, value):
        refused(parse_level, value)

    def test_a_later_change_is_no_level(self):
        assert "变更" in refused(parse_level, "已解密").zh

    @pytest.mark.parametrize(
        ("typo", "meant"),
        [("绝蜜", "绝密"), ("绝蜜★30年", "绝密"), ("机蜜", "机密"), ("密秘", "秘密"), ("内布", "内部")],
    )
    def test_a_slip_is_named_but_not_mended(self, typo, meant):
        problem = refused(parse_level, typo)
        assert meant in problem.write_zh
        assert meant in problem.write_en

    @pytest.mark.parametrize(
        ("value", "term"),
        [
            ("10年", "10年"), ("十年", "10年"), ("6个月", "6个月"), ("长期", "长期"), ("2030年12月31日", "2030-12-31"), (date(2030, 12, 31), "2030-12-31"),
            ("至2030-1-1止", "2030-01-01"), ("解密条件:成果公布", "解密条件:成果公布"), ("60年", "60年"),
        ],
    )  # fmt: skip
    def test_terms(self, value, term):
        assert parse_term(value) == term

    @pytest.mark.parametrize("value", ["10", 10, "6月", 1.5, "2030-02-30", True])
    def test_terms_refused(self, value):
        refused(parse_term, value)


class TestCounts:
    @pytest.mark.parametrize(
        ("value", "count"),
        [
            (6, 6), ("6", 6), ("６", 6), ("6份", 6), ("6 份", 6), ("共6份", 6), ("6.0", 6), ("贰", 2), ("二", 2), ("两", 2), ("两份", 2), ("十", 10), ("十二", 12),
            ("二十", 20), ("拾贰", 12), ("玖拾玖", 99), ("九十九份", 99), (1000, 1000), ("6套", 6),
        ],
    )  # fmt: skip
    def test_read(self, value, count):
        assert parse_count(value) == count

    @pytest.mark.parametrize(
        "value",
        [
            0,
            -1,
            1001,
            6.5,
            "零",
            "一百",
            "一二",
            "6+1",
            "6页",
            "6-8",
            "若干",
            "",
            True,
            date(2019, 1, 1),
            "二十十",
            "6份2份",
            float("nan"),
            "十零",
        ],
    )
    def test_refused(self, value):
        refused(parse_count, value)

    def test_every_numeral_up_to_99(self):
        digits = "零一二三四五六七八九"
        for number in range(1, 100):
            tens, ones = divmod(number, 10)
            text = ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")
            assert chinese_number(text) == number, text
            formal = text.translate(str.maketrans("一二三四五六七八九十", "壹贰叁肆伍陆柒捌玖拾"))
            assert chinese_number(formal) == number, formal

    def test_pages_and_totals(self):
        assert parse_pages("29页") == parse_pages(29) == 29
        refused(parse_pages, "29份")
        refused(parse_pages, "1-3")
        assert parse_total("7份") == parse_total(7) == parse_total("3件7份") == parse_total("共7份") == 7
        assert parse_total(0) == 0
        refused(parse_total, "3件7本")


class TestSerials:
    @pytest.mark.parametrize(
        "value",
        [
            31,
            "31",
            "031",
            "31号",
            "第31号",
            "收31",
            "收文31号",
            "2019-031",
            "收〔2019〕31号",
            "收[2019]第31号",
            "20190031",
            "SW-2019-031",
            "No.31",
            "31.0",
            "３１",
        ],
    )
    def test_read(self, value):
        assert parse_serial(value) == 31

    @pytest.mark.parametrize(
        "value", [0, -31, 31.5, "31-1", "31、32", "三十一", "", True, date(2019, 1, 1), "1234567", "合计"]
    )
    def test_refused(self, value):
        refused(parse_serial, value)


class TestDocumentNumbers:
    @pytest.mark.parametrize(
        "value",
        [
            "市水发〔2019〕5号",
            "市水发[2019]5号",
            "市水发(2019)5号",
            "市水发（2019）5号",
            "市水发【2019】5号",
            "市水发〖2019〗 5 号",
            "市水发〔２０１９〕５号",
        ],
    )
    def test_one_form(self, value):
        assert parse_doc_no(value) == "市水发〔2019〕5号"

    @pytest.mark.parametrize(
        "value",
        [
            "市水发〔2019〕5号、6号",
            "市水发〔2019〕5、6号",
            "市水发〔2019〕5号/市农发〔2019〕6号",
            date(2019, 5, 1),
            True,
        ],
    )
    def test_refused(self, value):
        refused(parse_doc_no, value)

    def test_others_stay(self):
        assert parse_doc_no("X12-3/4") == "X12-3/4"
        assert parse_doc_no(5) == "5"


class TestNames:
    @pytest.mark.parametrize(
        ("value", "names"),
        [
            ("李敏", ["李敏"]), ("李 敏", ["李敏"]), ("李　敏", ["李敏"]), ("李\n敏", ["李敏"]), ("欧 阳 修", ["欧阳修"]), ("王 建国", ["王建国"]),
            ("李敏、赵强", ["李敏", "赵强"]), ("李敏/赵强", ["李敏", "赵强"]), ("李敏，赵强", ["李敏", "赵强"]), ("李敏;赵强", ["李敏", "赵强"]),
            ("李敏 赵强", ["李敏", "赵强"]), ("李敏\n赵强", ["李敏", "赵强"]), ("李 敏、赵 强", ["李敏", "赵强"]), ("李敏 欧阳建国", ["李敏", "欧阳建国"]),
            ("县委机要室 王", ["县委机要室 王"]), ("县委机要室 王建国", ["县委机要室 王建国"]), ("县委机要室 王 建国", ["县委机要室 王建国"]), ("党政办 李敏", ["党政办 李敏"]),
            ("市保密局销毁中心 王", ["市保密局销毁中心 王"]), ("省交换员", ["省交换员"]), ("王（代）", ["王（代）"]), ("买买提·吐尔逊", ["买买提·吐尔逊"]), ("John Smith", ["John Smith"]),
            ("郑和", ["郑和"]), ("无", []),
        ],
    )  # fmt: skip
    def test_read(self, value, names):
        assert list(parse_names(value)) == names

    @pytest.mark.parametrize(
        "value",
        [
            "李 敏 赵 强",
            "李敏 王",
            "李敏和赵强",
            "李敏。赵强",
            "李敏 Tom",
            "党政办 李敏 赵强",
            12,
            "12",
            "、",
            "—",
            date(2019, 1, 1),
            "何文斌2019年3月4日",
            "李敏-赵强",
            True,
        ],
    )
    def test_refused(self, value):
        refused(parse_names, value)


class TestWords:
    @pytest.mark.parametrize(
        ("parse", "value", "code"),
        [
            (parse_channel, "机要", "confidential_post"), (parse_channel, "机要交通", "confidential_traffic"), (parse_channel, "专人送达", "by_hand"),
            (parse_channel, "快递", "courier"), (parse_channel, "平信", "ordinary_post"), (parse_channel, "挂号", "ordinary_post"), (parse_channel, "交换", "exchange"),
            (parse_channel, "传真", "fax"), (parse_channel, "电子邮件", "email"), (parse_channel, "互联网", "internet"), (parse_channel, "涉密网", "classified_network"),
            (parse_channel, "会议带回", "meeting"), (parse_channel, "微 信", "messaging"), (parse_channel, "ems", "courier"),
            (parse_urgency, "特急", "urgent"), (parse_urgency, "加急", "urgent"), (parse_urgency, "急", "urgent"), (parse_urgency, "平件", "ordinary"), (parse_urgency, "无", None),
            (parse_method, "化浆", "pulp"), (parse_method, "碎浆", "pulp"), (parse_method, "粉碎", "shred"), (parse_method, "烧毁", "burn"), (parse_method, "消磁", "degauss"), (parse_method, "熔炼", "smelt"),
            (parse_condition, "完好", "intact"), (parse_condition, "是", "intact"), (parse_condition, "缺2页", "missing_pages"), (parse_condition, "破损", "damaged"),
            (parse_form, "U盘", "usb_stick"), (parse_form, "Ｕ盘", "usb_stick"), (parse_form, "移动硬盘", "hard_disk"), (parse_form, "光盘", "optical_disc"), (parse_depth, "摘抄", "excerpt"),
            (parse_yes_no, "√", True), (parse_yes_no, "是", True), (parse_yes_no, True, True), (parse_yes_no, "×", False), (parse_yes_no, "否", False), (parse_yes_no, 0, False),
            (parse_reason, "会议清退", Reason("meeting", "会议清退")), (parse_reason, "超过保管期限", Reason("other", "超过保管期限")), (parse_reason, "淘汰", Reason("scrapped", "淘汰")),
        ],
    )  # fmt: skip
    def test_read(self, parse, value, code):
        assert parse(value) == code

    @pytest.mark.parametrize(
        ("parse", "value"),
        [
            (parse_channel, "飞鸽"),
            (parse_urgency, "快"),
            (parse_condition, "否"),
            (parse_condition, "一般"),
            (parse_method, "扔进河里"),
            (parse_form, "石碑"),
            (parse_yes_no, "或许"),
            (parse_channel, 3),
        ],
    )
    def test_refused(self, parse, value):
        refused(parse, value)

    @pytest.mark.parametrize(
        ("words", "kind", "field"),
        [
            (CHANNELS, "created.received", "channel"),
            (METHODS, "destroyed.carriers", "method"),
            (CONDITIONS, "returned.to_keeper", "condition?"),
            (DEPTHS, "transferred.lend", "depth"),
        ],
    )
    def test_codes_are_those_of_the_vocabulary(self, words, kind, field):
        assert set(words) <= set(vocabulary(kind)[field].values)

    def test_codes_within_items_are_those_of_the_vocabulary(self):
        assert set(FORMS) == set(vocabulary("created.received")["items"].item.fields["form"].values)
        assert set(REASONS) == set(vocabulary("listed.added")["items"].item.fields["reason?"].values)
        assert set(URGENCIES) == set(vocabulary("registered.document")["document?"].fields["urgency?"].values)


class TestTexts:
    def test_form_is_tidied(self):
        assert parse_text("  关于\n防汛\u200b工作 \t的通知 ") == "关于防汛工作 的通知"
        assert parse_text("\u2f42件") == "文件"
        assert parse_text("a\nb") == "a b"
        assert parse_text("★\ufe0f") == "★"
        assert parse_text(2019) == "2019"
        assert parse_text(date(2019, 3, 4)) == "2019-03-04"

    @pytest.mark.parametrize("value", ["\ue000", "a\x00b", "\u202e" + "\ud800", "字" * (TEXT_BYTES_MAX // 3 + 1)])
    def test_what_a_record_may_not_hold(self, value):
        refused(parse_text, value)


def test_what_stands_outside_brackets():
    assert outer_label("签收人（签字）") == outer_label("签收人") == "签收人"
    assert outer_label("（甲）乙（丙") == "乙丙"
    assert outer_label("(" * 20_000 + "甲") == "甲"
    assert outer_label("甲(乙)" + "(" * 20_000) == "甲"


def test_a_cell_of_names_is_no_longer_than_a_text():
    with pytest.raises(CellProblem) as caught:
        parse_names("县委 " * 20_000)
    assert "too long" in caught.value.en
    assert len(parse_names("、".join(["李敏"] * 300))) == 300


@pytest.mark.parametrize("text", ["=1", "＝1", " @x", "\ufeff-1", "'=1", "李敏", "'", ""])
def test_an_apostrophe_before_a_formula_is_taken_away_again(text: str):
    assert without_apostrophe(no_formula(text)) in (text, text.removeprefix("'"))
    assert (no_formula(text) == text) == (text in ("李敏", "'", "", "'=1"))
