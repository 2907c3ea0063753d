"""Registers that are recognised by name, so that they are not taken for another kind, but not read yet. Pure data."""

from __future__ import annotations

from typing import Final

from chainlog.interchange.cells import parse_text
from chainlog.interchange.ledger_model import Column, Ledger, plain

_COMMON: Final = ("序号", "顺序号", "文件标题", "文号", "密级", "保密期限", "份数", "份号", "备注", "批准人", "经办人")


def _known(kind: str, *, title: str, names: str, marks: str, others: str = "") -> Ledger:
    """names, marks, others: words parted by blanks; of the marks written a/b, each means the same column."""
    columns = [
        Column(
            key=f"{kind}{number}",
            title=words.split("/")[0],
            aliases=tuple(words.split("/")[1:]),
            parse=plain(parse_text),
            mark=mark,
        )
        for number, (words, mark) in enumerate(
            [*((words, True) for words in marks.split()), *((words, False) for words in others.split())]
        )
    ]
    taken = {word for column in columns for word in (column.title, *column.aliases)}
    columns += [Column(key=word, title=word, parse=plain(parse_text)) for word in _COMMON if word not in taken]
    return Ledger(
        kind=kind, title=title, short=title, names=tuple(names.split()), columns=tuple(columns), supported=False
    )


KNOWN: Final = (
    _known(
        "issued", title="发文登记簿", names="发文登记 发文簿 发文台账",
        marks="发文日期/登记日期 发文字号/发文号 发放范围/主送/发往机关 签发领导/签发人 份号区间 存档份数 余存份数 拟稿部门/拟稿人 发送方式 封号/封皮号",
        others="签收人 签收时间 归卷情况/归卷日期 归入卷号",
    ),
    _known("sent", title="送文登记簿", names="送文登记 送文簿", marks="封号 发往机关 文别 签收日时", others="日期 发送方式 签收人"),
    _known(
        "distributed", title="发文明细登记", names="分发登记 分发表 发文明细", marks="姓名或机关 收回日期 分发份数 分发对象", others="签收"
    ),
    _known(
        "copied", title="复制登记簿", names="复制登记 复印登记 复制台账",
        marks="原件标题 原件份号 复制份数 复制件编号 复制人 使用设备 加盖戳记 去向/分发对象 销毁编号 复制日期 复制数量",
        others="日期 用途 收回日期",
    ),
    _known(
        "cleared", title="清退清单", names="清退清单 清退登记 清退单 清退表 清退台账",
        marks="应退份数/应交份数/应退 实退份数/已收份数/实退 未退/还差 清退日期 清退人 接收人 留用说明 领导审核签字",
        others="单位公章",
    ),
    _known(
        "media", title="涉密存储介质登记表", names="存储介质登记 介质登记 介质台账 存储介质台账",
        marks="保密编号/介质编号 类型/种类 型号/品牌 容量 序列号 责任人 使用人 放置地点/存放地点 启用时间 停用时间 使用情况/状态 报废时间",
        others="科室/单位/部门/课题组 用途 使用范围 移交时间",
    ),
    _known(
        "media_use", title="涉密存储介质使用情况登记表", names="介质使用情况 介质使用登记",
        marks="介质编号 拷入信息名称 信息密级 最高密级 拷入时间 操作人 来源设备 清除时间",
    ),
    _known(
        "taken_out", title="移动介质外出携带登记表", names="外出携带 携带外出 外带审批 外带登记",
        marks="外出地点 携带人 同行人 携出时间 返回日期 返回检查情况 保密措施 介质密级 申请日期 责任部门",
    ),
    _known(
        "carriers", title="涉密载体管理台账", names="涉密载体管理台账 涉密载体台账 载体台账",
        marks="类别 名称 知悉范围 责任人 传递 复制 借阅 维修 销毁", others="编号",
    ),
    _known(
        "devices", title="涉密信息设备台账", names="信息设备台账 设备台账 涉密设备登记 涉密计算机台账",
        marks="设备编号 硬盘序列号 型号 责任人 启用时间", others="名称 放置地点 使用情况",
    ),
    _known(
        "matters", title="国家秘密事项登记表", names="国家秘密事项 秘密事项登记 定密登记",
        marks="事项名称 载体形式 产生时间 定密依据 知悉范围 承办人 审批意见", others="日期",
    ),
    _known(
        "moved", title="载体流转（移交）审批单", names="流转审批 移交审批 移交登记 移交清单 流转登记",
        marks="数据密级 申请人 申请人密级 接收人密级 移交人 移交日期 监交人", others="接收人 联系方式 时间 编号",
    ),
    _known(
        "repairs", title="维修登记", names="维修登记 维修台账 维修记录",
        marks="故障现象 故障原因 维修内容 维修前后状况 维修人 监修人", others="设备编号 审批人 日期",
    ),
    _known(
        "published", title="公网信息发布登记", names="信息发布登记 上网登记 信息上网",
        marks="信息采集人 保密审查人 上网时间 操作员",
    ),
    _known(
        "mixed", title="收发文登记簿", names="收发文登记 收发文簿 收发登记", marks="收发日期 收发类别 收/发"),
)  # fmt: skip
