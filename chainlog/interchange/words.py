"""Cells whose words stand for a code of the event vocabulary: channels, urgency, conditions, methods, forms. Pure.

A word that isn't listed is refused with the words that are, except reasons of destruction: there the vocabulary has
`other`, and the text is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from chainlog.interchange.cells import parse_text
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.texts import label, outer_label
from chainlog.interchange.values import Value, shown

_Words = Mapping[str, str]

CHANNELS: Final[_Words] = {
    "by_hand": "专人送达 专人 专人送 专送 专人递送 直送 自取 派人送",
    "confidential_post": "机要 机要通信 机要邮件 机要件",
    "confidential_traffic": "机要交通",
    "exchange": "机要交换 交换 文件交换 交换箱 交换站 公文交换",
    "classified_network": "涉密网 涉密网络 涉密内网",
    "coded": "密码传输 密码电报 密传 密电",
    "meeting": "会议带回 会议 会议发放 会议领取 参会带回",
    "phone": "电话",
    "ordinary_post": "邮寄 平信 挂号 挂号信 普通邮政 邮局 邮政 普邮",
    "courier": "快递 快件 顺丰 邮政快递 特快专递 EMS",
    "freight": "托运 货运 物流",
    "internet": "互联网 外网 网盘",
    "email": "电子邮件 邮件 电子邮箱 邮箱",
    "fax": "传真 普通传真",
    "messaging": "微信 QQ 即时通讯 短信 钉钉",
}
URGENCIES: Final[_Words] = {
    "urgent": "特急 急 加急 急件 特急件 特提 紧急 加急件",
    "soon": "平急 较急 限期 限时",
    "ordinary": "平件 平 一般 普通 缓 缓件 常规 不急",
}
CONDITIONS: Final[_Words] = {
    "intact": "完好 是 完整 良好 正常 完好无损 无损 完整无缺 无缺损 齐全",
    "missing_pages": "缺页 少页 缺张 缺页缺张",
    "damaged": "破损 损坏 污损 破旧 撕毁",
    "altered": "涂改 有涂改 被涂改",
    "unbound": "拆散 散页 脱页 被拆散 拆开",
}
METHODS: Final[_Words] = {
    "pulp": "碎浆 化浆 打浆 制浆 化浆销毁 碎浆销毁",
    "shred": "粉碎 碎纸 碎纸机粉碎 切碎 粉碎销毁",
    "burn": "焚烧 烧毁 焚毁 火烧 焚化 焚烧销毁",
    "crush": "物理粉碎 介质粉碎 砸毁 物理破坏 压碎",
    "smelt": "熔炼 熔化 熔毁",
    "degauss": "消磁",
    "disintegrate": "粉化 高温粉化",
    "delete": "删除 软件删除",
    "format": "格式化",
    "sell": "出售 变卖 卖废品",
    "give_away": "赠送 转赠",
    "discard": "丢弃 扔掉 抛弃",
}
FORMS: Final[_Words] = {
    "document": "文件 纸质 纸质文件 纸介质 公文 纸",
    "material": "资料",
    "drawing": "图纸 图件 地图",
    "periodical": "内部刊物 刊物 简报 内刊",
    "cipher_telegram": "密码电报 密电 电报 明传",
    "audio_video": "录音录像 录音 录像 录音带 录像带 磁带 胶片 照片",
    "optical_disc": "光盘 CD DVD 光碟",
    "floppy": "软盘",
    "hard_disk": "移动硬盘 硬盘 固态硬盘",
    "usb_stick": "U盘 优盘 闪存盘 USB盘",
    "memory_card": "存储卡 SD卡 TF卡 CF卡",
    "computer": "计算机 台式机 台式计算机 电脑 台式电脑",
    "laptop": "便携机 笔记本 笔记本电脑 便携式计算机 笔记本计算机",
    "office_machine": "打印机 复印机 传真机 扫描仪 一体机 多功能一体机 办公自动化设备 碎纸机",
    "volume": "卷宗 案卷",
    "register_book": "登记簿 登记本 台账",
    "exam_paper": "试卷 试题",
    "draft": "过程稿 草稿 废页 废稿 清样",
    "other": "其他 其它",
}
DEPTHS: Final[_Words] = {
    "read": "阅览 阅读 查阅 现场阅览 室内阅览 阅",
    "excerpt": "摘抄 摘录",
    "copy": "复制 复印",
    "take_away": "外借 借出 带走 借用 借阅",
}
REASONS: Final[_Words] = {
    "no_longer_needed": (
        "日常不再使用 不再使用 日常工作不再使用 日常工作中不再使用 工作任务完成 无保存价值 失去保存价值 无继续保存价值"
        " 失去使用价值 无使用价值 不再需要 工作不再需要"
    ),
    "scrapped": "淘汰 报废 设备淘汰 淘汰设备介质 介质报废 设备报废 更新淘汰",
    "meeting": "会议清退 会议文件清退 会后清退 会议文件",
    "leaver": "离岗清退 离职清退 离岗离职清退 离岗离职 人员离岗",
    "declassified_unpublished": "解密不宜公开 已解密不宜公开 解密后不宜公开",
    "copy": "批准复制件 复制件 经批准的复制件 复印件",
    "other": "其他 其它",
}
YES_NO: Final[_Words] = {
    "yes": "是 有 已 √ ✓ ✔ ☑ Y YES TRUE 1 对 已盖 已加盖",
    "no": "否 无 未 × ✗ ✘ ☒ N NO FALSE 0 错 没有 未盖 未加盖",
}


class Reason(NamedTuple):
    """Why something is destroyed: the vocabulary's code, and the book's own words."""

    code: str
    text: str


def _table(words: _Words) -> dict[str, str]:
    """Word to code. Signs such as √ have no letters, so they stand for themselves."""
    table: dict[str, str] = {}
    for code, text in words.items():
        for word in text.split():
            key = label(word) or word
            if table.setdefault(key, code) != code:
                raise AssertionError(f"{word} stands for {code} and {table[key]}")
    return table


def _look_up(value: Value, table: Mapping[str, str]) -> str | None:
    text = shown(value)
    bare = text.strip()
    return table.get(bare) or table.get(label(text)) or table.get(outer_label(text))


def one_of(words: _Words, *, zh: str, en: str) -> Callable[[Value], str]:
    """A parser that gives the code of a listed word and refuses others, naming what is known."""
    table = _table(words)
    known = "、".join(text.split()[0] for text in words.values())

    def parse(value: Value) -> str:
        code = _look_up(value, table)
        if code is None:
            raise CellProblem(
                zh=f"不认识的{zh}",
                en=f"unknown {en}",
                write_zh=f"写其中之一：{known}",
                write_en=f"one of {known}",
            )
        return code

    return parse


parse_channel: Final = one_of(CHANNELS, zh="传递方式", en="channel")
_urgency: Final = one_of(URGENCIES, zh="缓急程度", en="urgency")
parse_method: Final = one_of(METHODS, zh="销毁方式", en="method of destruction")
parse_form: Final = one_of(FORMS, zh="载体形式", en="form of carrier")
parse_depth: Final = one_of(DEPTHS, zh="借阅方式", en="kind of loan")
_condition: Final = one_of(CONDITIONS, zh="归还状况", en="condition")
_yes_no: Final = one_of(YES_NO, zh="是否", en="yes or no")
_reasons: Final = _table(REASONS)
_missing: Final = frozenset("缺少")


def parse_urgency(value: Value) -> str | None:
    """
    How soon a paper is to be handled; None where the cell says 无.

    Raises:
        CellProblem: an unknown word.
    """
    return None if shown(value).strip() == "无" else _urgency(value)


def parse_condition(value: Value) -> str:
    """
    The condition at return; 缺2页 is missing pages.

    Raises:
        CellProblem: an unknown word, 否 among them: it doesn't say what is wrong.
    """
    text = label(shown(value))
    if len(text) > 2 and text[0] in _missing and text[-1] in "页张" and text[1:-1].isalnum():
        return "missing_pages"
    return _condition(value)


def parse_yes_no(value: Value) -> bool:
    """
    Yes or no: 是, 否, √, ×, 有, 无.

    Raises:
        CellProblem: anything else.
    """
    return _yes_no(value) == "yes"


def parse_reason(value: Value) -> Reason:
    """
    A reason of destruction; `other` with the book's words where the vocabulary has no code.

    Raises:
        CellProblem: the text can't be recorded.
    """
    return Reason(_look_up(value, _reasons) or "other", parse_text(value))
