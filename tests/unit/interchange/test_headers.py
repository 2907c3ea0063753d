from __future__ import annotations

import random
import unicodedata

import pytest

from chainlog.errors import LedgerError
from chainlog.interchange.headers import find_column
from chainlog.interchange.ledgers import LEDGERS
from chainlog.interchange.rows import read_register
from tests.registers import csv_bytes, put, xlsx

SUPPORTED = [ledger for ledger in LEDGERS if ledger.supported]
OTHERS = [ledger for ledger in LEDGERS if not ledger.supported]


@pytest.fixture
def kind(tmp_path):
    """The kind that a table of one header row is taken for, or the Chinese text of the refusal."""

    def read(headers, title=None, name="a.csv", sheet=None):
        rows = [*([[title]] if title else []), headers, ["x"] * len(headers)]
        if sheet is not None:
            name = name.replace(".csv", ".xlsx")
        content = csv_bytes(rows) if sheet is None else xlsx({sheet: rows})
        try:
            return read_register(put(tmp_path, name, content)).kind
        except LedgerError as error:
            return error.text("zh")

    return read


@pytest.mark.parametrize("ledger", SUPPORTED, ids=lambda ledger: ledger.kind)
class TestSupported:
    def test_by_headers_alone_in_any_order(self, ledger, kind):
        headers = [column.title for column in ledger.columns]
        for seed in range(3):
            random.Random(seed).shuffle(headers)
            assert kind(headers) == ledger.kind

    def test_every_alias_is_found_however_it_is_typed(self, ledger):
        for column in ledger.columns:
            for word, weak in [
                (column.title, False),
                *((word, False) for word in column.aliases),
                *((word, True) for word in column.weak),
            ]:
                spaced = " ".join(word)
                for typed in (
                    word,
                    spaced,
                    f"{word}：",
                    f"（{word}）",
                    f"{word}（必填）",
                    f"*{word}",
                    f"{word[0]}\n{word[1:]}",
                    word.upper(),
                ):
                    assert find_column(ledger, typed) == (column.key, weak), typed
                wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in word)
                assert unicodedata.normalize("NFKC", wide) == word
                assert find_column(ledger, wide) == (column.key, weak)

    def test_a_missing_column_is_named(self, ledger, kind):
        required = [column for column in ledger.columns if column.required]
        for absent in required:
            headers = [column.title for column in ledger.columns if column is not absent]
            answer = kind(headers, title=f"某乡{ledger.title}")
            assert absent.title in answer
            assert ledger.title in answer

    def test_the_title_decides_between_kinds_that_the_headers_allow(self, ledger, kind):
        assert kind([column.title for column in ledger.columns], title=ledger.names[0]) == ledger.kind


@pytest.mark.parametrize("ledger", OTHERS, ids=lambda ledger: ledger.kind)
def test_registers_that_are_not_read_yet_are_named(ledger, kind):
    marks = [column.title for column in ledger.columns if column.mark]
    others = [column.title for column in ledger.columns if not column.mark]
    assert f"《{ledger.title}》" in kind([*marks, *others])
    assert f"《{ledger.title}》" in kind([*marks, *others], title=ledger.names[0])


LOAN_OR_SLIP = ["文号", "姓名", "领取时间", "归还时间"]


class TestDoubt:
    def test_two_kinds_are_named(self, kind):
        for answer in (kind(LOAN_OR_SLIP, sheet="借阅登记"), kind(LOAN_OR_SLIP, name="借阅登记簿.csv")):
            assert "借阅登记簿" in answer
            assert "传阅登记单" in answer

    def test_a_title_or_a_name_that_agrees_settles_it(self, kind):
        assert kind(LOAN_OR_SLIP) == "circulation"
        assert kind(LOAN_OR_SLIP, title="文件传阅单") == "circulation"
        assert kind(LOAN_OR_SLIP, title="借阅登记簿") == "loans"
        assert kind(LOAN_OR_SLIP, sheet="传阅登记") == "circulation"
        assert kind(LOAN_OR_SLIP, name="借阅登记簿.csv", sheet="传阅登记") == "circulation"

    def test_a_list_without_any_mark_is_no_register(self, kind):
        plain = ["序号", "文件标题", "文号", "密级", "份数", "备注"]
        assert "找不到" in kind(plain, name="销毁登记清册.csv")
        assert kind(plain, title="涉密载体销毁清册") == "destruction"

    def test_of_two_names_the_longer_counts(self, kind):
        assert "《收发文登记簿》，目前" in kind(["甲", "乙", "丙"], title="收发文登记簿")
        assert "《发文登记簿》，目前" in kind(["甲", "乙", "丙"], title="发文登记簿")

    def test_names_never_overrule_headers(self, kind):
        received = ["收文号", "收文日期", "来文机关", "文件标题", "密级", "份数", "签收人"]
        assert kind(received, name="销毁登记清册.csv") == "received"
        assert kind(received, sheet="借阅登记簿") == "received"

    def test_a_title_that_contradicts_the_headers(self, kind):
        answer = kind(["收文号", "收文日期", "来文机关", "文件标题", "密级", "份数", "签收人"], title="销毁登记清册")
        assert "销毁登记清册" in answer
        assert "收文登记簿" in answer

    def test_a_column_left_out_is_named_even_if_another_kind_would_do(self, kind):
        shared = ["密级", "来文机关", "文件名称", "发文字号", "收到日期", "页数", "份数", "份号", "备注"]
        assert "缺少栏目：收文号" in kind(shared, title="某局收文登记表")

    def test_two_columns_of_one_meaning(self, kind):
        answer = kind(["收文号", "收文日期", "收到时间", "来文机关", "文件标题", "密级", "份数"])
        assert "B 栏" in answer
        assert "C 栏" in answer

    def test_a_general_header_gives_way_to_a_special_one(self, tmp_path):
        rows = [
            ["序号", "收文编号", "日期", "来文单位", "标题", "密级", "份数"],
            [1, 31, "2019-03-04", "甲", "乙", "秘密", 1],
        ]
        register = read_register(put(tmp_path, "a.csv", csv_bytes(rows)))
        assert register.rows[0].cells["serial"] == 31
        assert [column.title for column in register.unread] == ["序号"]

    @pytest.mark.parametrize(
        "headers", [["甲", "乙", "丙"], ["日期", "金额", "摘要", "借方", "贷方"], ["姓名", "电话"], ["标题"]]
    )
    def test_no_register_at_all(self, headers, kind):
        assert "找不到" in kind(headers) or "缺少栏目" in kind(headers)


def test_keys_and_words_are_unique():
    assert len({ledger.kind for ledger in LEDGERS}) == len(LEDGERS)
    for ledger in LEDGERS:
        assert len(ledger.by_key) == len(ledger.columns)
        # Building the tables refuses a word with two meanings.
        assert ledger.headers
        assert set(ledger.inherited) <= set(ledger.by_key)
        for group in (*ledger.one_of, *ledger.order):
            assert set(group) <= set(ledger.by_key)


def test_where_no_header_is_found_some_are_named(tmp_path):
    with pytest.raises(LedgerError) as found:
        read_register(put(tmp_path, "其他.csv", csv_bytes([["甲", "乙"], ["1", "2"]])))
    for lang in ("zh", "en"):
        text = found.value.text(lang)
        for ledger in SUPPORTED:
            assert ledger.title in text
            assert sum(column.title in text for column in ledger.columns if column.mark) >= 3
        assert not any(ledger.title in text for ledger in OTHERS)
