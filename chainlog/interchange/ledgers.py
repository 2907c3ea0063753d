"""The registers that are read: received, loans, circulation, destruction. Pure data.

Columns, names and aliases follow the public forms of such books. To support another header, add it here.
"""

from __future__ import annotations

from typing import Final

from chainlog.interchange.cells import parse_count, parse_doc_no, parse_pages, parse_serial, parse_text, parse_total
from chainlog.interchange.copy_numbers import parse_copy_numbers
from chainlog.interchange.dates import parse_due, parse_moment, parse_text_or_date
from chainlog.interchange.ledger_model import Column, CoverLine, Ledger, plain
from chainlog.interchange.ledgers_known import KNOWN
from chainlog.interchange.levels import UNMARKED, Level, parse_level, parse_term
from chainlog.interchange.names import parse_names
from chainlog.interchange.words import (
    parse_channel,
    parse_condition,
    parse_depth,
    parse_form,
    parse_method,
    parse_reason,
    parse_urgency,
)

_TEXT: Final = plain(parse_text)
_NAMES: Final = plain(parse_names)
_DOC_NO: Final = plain(parse_doc_no)

_TITLES: Final = (
    "题名",
    "文件题名",
    "文件名称",
    "题目",
    "标题",
    "文件题目",
    "文件名",
    "载体名称",
    "公文标题",
    "名称",
    "文件标题",
)
_DOC_NOS: Final = (
    "文号",
    "发文字号",
    "发文编号",
    "文件字号",
    "文件编号",
    "文件号",
    "字号",
    "文件文号",
    "公文字号",
    "来文字号",
)
_LEVELS: Final = (
    "秘密等级",
    "涉密等级",
    "密级等级",
    "文件密级",
    "保密级别",
    "密级保密期限",
    "密级期限",
    "密级及期限",
    "密级及保密期限",
    "密级和保密期限",
    "载体密级",
)
_COPY_NOS: Final = ("份号区间", "文件份号", "份数序号", "份序号", "份号起止", "起止份号", "份数编号")
_REMARKS: Final = ("说明", "附注", "备考", "备注说明")


def _level(*, needed: bool) -> Column:
    # Where the book is the one that states the level, a blank says that the paper bears none.
    return Column(
        key="level", title="密级", parse=plain(parse_level), aliases=_LEVELS, needed=needed,
        blank=Level(UNMARKED) if needed else None, print_width=12,
    )  # fmt: skip


def _term(*weak: str) -> Column:
    return Column(
        key="term", title="保密期限", parse=plain(parse_term), aliases=("保密期", "保密年限"), weak=weak, print_width=10
    )


_COPY_NO: Final = Column(
    key="copy_no", title="份号", parse=plain(parse_copy_numbers), aliases=_COPY_NOS, print_width=16
)
_PAGES: Final = Column(
    key="pages", title="页数", parse=plain(parse_pages), aliases=("页码数", "文件页数", "每份页数"), print_width=6
)
_NOTE: Final = Column(key="note", title="备注", parse=_TEXT, aliases=_REMARKS, print_width=14)


def _copies(*aliases: str) -> Column:
    return Column(
        key="copies",
        title="份数",
        parse=plain(parse_count),
        aliases=("文件份数", *aliases),
        weak=("数量", "件数"),
        print_width=6,
    )


RECEIVED: Final = Ledger(
    kind="received",
    title="收文登记簿",
    short="收文",
    names=("收文登记", "收文簿", "收文台账", "来文登记", "收件登记", "收文清单", "收文目录", "文件接收登记"),
    one_of=(("copies", "copy_no"),),
    order=(("received_on", "signed_at"), ("received_on", "filed_on")),
    columns=(
        Column(
            key="serial", title="收文号", parse=plain(parse_serial), required=True, mark=True, print_width=8,
            aliases=("收文编号", "收文序号", "收文顺序号", "收文登记号", "登记号", "登记编号", "收文流水号", "收件编号"),
            weak=("顺序号", "编号", "序号", "号码", "No", "流水号"),
        ),
        Column(
            key="received_on", title="收文日期", parse=parse_moment, required=True, mark=True, dated="main", print_width=12,
            aliases=("收文时间", "收到日期", "收到时间", "收文年月日", "收件日期", "收件时间", "接收日期", "接收时间"),
            weak=("日期", "登记日期", "登记时间", "时间"),
        ),
        Column(
            key="issuer", title="来文机关", parse=_TEXT, required=True, mark=True, print_width=16,
            aliases=("来文单位", "发文单位", "发文机关", "起草单位", "来文部门", "发文部门", "制发机关", "制发单位", "来文处", "来件单位", "来文机关单位"),
        ),
        Column(key="doc_no", title="来文字号", parse=_DOC_NO, aliases=(*_DOC_NOS, "来文文号", "来文号", "来文编号", "原文号"), print_width=18),
        Column(
            key="title", title="文件标题", parse=_TEXT, required=True, print_width=34,
            aliases=(*_TITLES, "来文标题", "来文题名", "来文名称", "收文标题", "标题或事由", "文件标题或事由"), weak=("事由", "内容"),
        ),
        Column(key="issued_on", title="成文日期", parse=parse_moment, aliases=("发文日期", "发文时间", "印发日期", "成文时间", "落款日期"), dated="before"),
        _level(needed=True), _term("期限"), _COPY_NO, _copies("收文份数", "来文份数", "收到份数"), _PAGES,
        Column(key="attachments", title="附件", parse=_TEXT, aliases=("附件数", "附件名称", "附件数量"), print_width=8),
        Column(
            key="urgency", title="缓急", parse=plain(parse_urgency), print_width=6,
            aliases=("紧急程度", "缓急程度", "急缓", "紧急", "急缓程度", "文件缓急"),
        ),
        Column(
            key="channel", title="来文方式", parse=plain(parse_channel), print_width=10,
            aliases=("传递方式", "收文方式", "来文渠道", "收文渠道", "送达方式", "接收方式"),
        ),
        Column(
            key="receiver", title="签收人", parse=_NAMES, mark=True, print_width=10,
            aliases=("收文人", "收件人", "接收人", "签收", "签收人签字", "收文人签字", "经收人", "签收者", "领取人"),
        ),
        Column(key="signed_at", title="签收时间", parse=parse_moment, aliases=("签收日期", "签收日时", "签收年月日"), dated="after", print_width=12),
        Column(key="registrar", title="登记人", parse=_NAMES, aliases=("经手人", "经办人", "登记员"), print_width=10),
        Column(
            key="handler", title="承办单位", parse=_TEXT, mark=True, print_width=12,
            aliases=("主办", "主办单位", "承办部门", "承办科室", "承办", "承办人", "主办科室", "主办部门", "分送单位", "分办单位"),
        ),
        Column(
            key="handling", title="处理情况", parse=_TEXT, mark=True, print_width=12,
            aliases=("办理情况", "办理结果", "处理结果", "办结情况", "批办情况", "处理意见", "领导批示", "拟办意见"),
        ),
        Column(key="reply", title="复文号", parse=plain(parse_text_or_date), aliases=("复文字号", "答复时间", "复文日期", "复文"), print_width=12),
        Column(key="filed_on", title="归卷日期", parse=parse_moment, aliases=("归档日期", "归卷时间", "归档时间", "立卷日期"), dated="after"),
        Column(key="file_no", title="归入卷号", parse=_TEXT, aliases=("归卷号", "卷号", "案卷号", "归档号", "归档卷号"), print_width=10),
        _NOTE,
    ),
)  # fmt: skip

LOANS: Final = Ledger(
    kind="loans",
    title="借阅登记簿",
    short="借阅",
    names=("借阅登记", "借阅台账", "借阅簿", "借阅记录", "借阅情况登记", "借用登记", "借阅清单", "借阅审批登记"),
    one_of=(("doc_no", "title"),),
    order=(("lent_on", "due_on"), ("lent_on", "returned_on")),
    columns=(
        Column(
            key="serial", title="序号", parse=plain(parse_serial), print_width=6,
            aliases=("借阅序号", "借阅编号", "登记号", "登记编号", "顺序号", "借阅登记号"), weak=("编号", "No", "流水号"),
        ),
        Column(
            key="lent_on", title="借阅日期", parse=parse_moment, required=True, mark=True, dated="main", print_width=12,
            aliases=("借阅时间", "借出日期", "借出时间", "借用日期", "借用时间", "借阅年月日", "借件日期", "借件时间"),
            weak=("日期", "登记日期", "领取时间", "领取日期", "时间"),
        ),
        Column(
            key="borrower", title="借阅人", parse=_NAMES, required=True, mark=True, print_width=10,
            aliases=("借阅人姓名", "借用人", "借阅者", "借件人", "借阅人员"), weak=("姓名", "领取人", "领用人"),
        ),
        Column(
            key="unit", title="部门", parse=_TEXT, print_width=12,
            aliases=("单位", "借阅部门", "借阅单位", "借阅人部门", "借阅人单位", "所在部门", "所在单位", "所在科室", "工作单位", "科室", "单位部门", "部门单位"),
        ),
        Column(key="phone", title="联系电话", parse=_TEXT, aliases=("电话", "联系方式", "手机", "手机号", "电话号码"), print_width=12),
        Column(
            key="title", title="文件名称", parse=_TEXT, mark=False, print_width=32,
            aliases=(*(title for title in _TITLES if title != "文件名称"), "借阅文件名称", "借阅文件", "借阅内容", "借阅文件标题", "档案名称", "借阅载体名称"),
        ),
        Column(
            key="doc_no", title="文件编号", parse=_DOC_NO, print_width=18,
            aliases=(*(number for number in _DOC_NOS if number != "文件编号"), "档号", "档案号", "载体编号"),
        ),
        _level(needed=False), _term(), _COPY_NO, _copies("借阅份数", "借出份数"), _PAGES,
        Column(key="depth", title="借阅方式", parse=plain(parse_depth), aliases=("借阅类型", "利用方式"), print_width=8),
        Column(
            key="purpose", title="借阅事由", parse=_TEXT, mark=True, print_width=14,
            aliases=("目的", "用途", "借阅目的", "借阅用途", "借阅原因", "借阅理由", "事由", "利用目的", "借用事由", "借用用途"),
        ),
        Column(
            key="approver", title="批准人", parse=_NAMES, print_width=10,
            aliases=("审批人", "审批领导", "批准领导", "批准人签字", "审批人签字", "审批", "领导签字", "批准"),
        ),
        Column(key="approval", title="批准意见", parse=_TEXT, aliases=("审批意见", "领导意见", "领导批示"), print_width=10),
        Column(
            key="due_on", title="应还日期", parse=parse_due, mark=True, dated="after", within_days=184, print_width=12,
            aliases=("预计归还日期", "借阅期限", "应归还日期", "应还时间", "应归还时间", "拟归还日期", "拟还日期", "归还期限", "约定归还日期", "约定归还时间", "约定归还", "预计归还时间", "预计归还", "预还日期", "到期日期"), weak=("期限",),
        ),
        Column(
            key="returned_on", title="实际归还日期", parse=parse_moment, mark=True, dated="after", within_days=184, print_width=12,
            aliases=("归还日期", "归还时间", "实还日期", "实际归还时间", "实际还期", "退还日期", "退还时间", "还回日期", "归还年月日", "实还时间", "还件日期"),
        ),
        Column(
            key="condition", title="归还状况", parse=plain(parse_condition), mark=True, print_width=8,
            aliases=("是否完好", "归还情况", "归还时状况", "完好情况", "完好状况", "归还时是否完好", "归还状态"),
        ),
        Column(key="borrower_signature", title="借阅人签字", parse=_NAMES, aliases=("借阅人签名", "借阅签字", "借阅签名", "借出签字"), print_width=10),
        Column(key="return_signature", title="归还签字", parse=_NAMES, aliases=("归还人", "归还人签字", "归还签名", "归还人签名", "还件人"), print_width=10),
        Column(key="keeper", title="经手人", parse=_NAMES, aliases=("经办人", "保管人", "登记人", "接收人", "保密员"), print_width=10),
        Column(key="urged", title="催还记录", parse=_TEXT, aliases=("催还情况", "催还"), print_width=10),
        Column(key="status", title="借阅状态", parse=_TEXT, aliases=("状态", "当前状态"), print_width=8),
        _NOTE,
    ),
)  # fmt: skip

CIRCULATION: Final = Ledger(
    kind="circulation",
    title="传阅登记单",
    short="传阅",
    names=("传阅登记", "传阅单", "传阅记录", "传阅登记表", "绝密接触记录", "接触记录", "接触登记", "阅文登记", "文件传阅", "传阅签", "阅读登记"),
    one_of=(("doc_no", "title"),),
    order=(("sent_at", "returned_at"),),
    inherited=("doc_no", "title", "level", "copy_no", "issuer"),
    columns=(
        Column(key="serial", title="序号", parse=plain(parse_serial), aliases=("顺序号", "传阅序号"), weak=("No", "编号"), print_width=6),
        Column(
            key="doc_no", title="文件编号", parse=_DOC_NO, print_width=18,
            aliases=(*(number for number in _DOC_NOS if number != "文件编号"), "载体编号"),
        ),
        Column(key="title", title="文件标题", parse=_TEXT, aliases=(*_TITLES, "传阅文件", "传阅文件名称"), print_width=32),
        _level(needed=False), _term(), _COPY_NO,
        Column(key="issuer", title="来文单位", parse=_TEXT, aliases=("来文机关", "发文单位", "发文机关"), print_width=14),
        Column(
            key="person", title="姓名", parse=_NAMES, required=True, mark=True, print_width=10,
            aliases=("阅文人", "传阅人", "阅读人", "阅件人", "签阅人", "阅文人姓名", "接触人", "接触人员", "知悉人", "传阅对象", "阅文领导", "传阅领导", "阅者", "阅知人", "接触人姓名"),
        ),
        Column(key="unit", title="部门", parse=_TEXT, aliases=("单位", "所在部门", "所在单位", "科室", "单位部门", "部门单位", "单位及职务"), print_width=12),
        Column(key="post", title="职务", parse=_TEXT, aliases=("职位", "岗位"), print_width=10),
        Column(
            key="sent_at", title="签领时间", parse=parse_moment, required=True, mark=True, dated="main", print_width=16,
            aliases=("送阅时间", "领取时间", "送阅日期", "领阅时间", "签领日期", "领取日期", "送达时间", "送出时间", "领文时间", "送件时间", "接触时间", "签收时间", "阅文时间", "传阅时间", "送阅日时"),
            weak=("时间", "日期"),
        ),
        Column(
            key="returned_at", title="退回时间", parse=parse_moment, mark=True, dated="after", within_days=92, print_width=16,
            aliases=("归还时间", "退还时间", "收回时间", "交回时间", "退阅时间", "退回日期", "归还日期", "退还日期", "收回日期", "退件时间", "阅毕时间", "交还时间", "退文时间"),
        ),
        Column(key="place", title="阅读地点", parse=_TEXT, mark=True, aliases=("阅文地点", "地点", "阅读场所", "阅文场所"), print_width=10),
        Column(
            key="reader_signature", title="阅文人签名", parse=_NAMES, print_width=10,
            aliases=("阅文人签字", "签名", "签字", "阅件人签字", "领取人签字", "签阅", "阅读人签字", "本人签字"),
        ),
        Column(key="return_signature", title="退回签收人", parse=_NAMES, aliases=("收回人", "退回签字", "收件人签字", "退件签收"), print_width=10),
        Column(key="keeper", title="经手人", parse=_NAMES, aliases=("经办人", "送阅人", "保密员", "机要员", "登记人", "管理员", "送件人"), print_width=10),
        Column(key="opinion", title="阅文意见", parse=_TEXT, aliases=("批示", "批示意见", "传阅意见", "阅示意见", "意见", "领导批示"), print_width=14),
        _NOTE,
    ),
    cover=(
        CoverLine(key="doc_no", title="文件编号", parse=_DOC_NO, aliases=_DOC_NOS),
        CoverLine(key="title", title="文件标题", parse=_TEXT, aliases=_TITLES),
        CoverLine(key="level", title="密级", parse=plain(parse_level), aliases=_LEVELS),
        CoverLine(key="copy_no", title="份号", parse=plain(parse_copy_numbers), aliases=_COPY_NOS),
        CoverLine(key="issuer", title="来文单位", parse=_TEXT, aliases=("来文机关", "发文单位", "发文机关")),
    ),
)  # fmt: skip

_APPROVERS: Final = ("批准领导", "审批人", "审批领导", "批准人签字", "批准", "领导签字")
_APPROVED: Final = ("批准日期", "审批时间", "审批日期")
_SUPERVISORS: Final = ("监销员", "监销", "监督销毁人", "监销人签字", "监销人员", "监销人甲", "监销人乙")
_DESTROYED: Final = ("销毁日期", "监销时间", "监销日期")
_OPERATORS: Final = ("销毁人", "承办人", "经手人", "销毁经办人", "造册人", "填表人", "制表人")

DESTRUCTION: Final = Ledger(
    kind="destruction",
    title="销毁登记清册",
    short="销毁",
    names=("销毁登记", "销毁清册", "销毁清单", "销毁台账", "销毁登记簿", "销毁登记表", "销毁审批", "销毁目录"),
    one_of=(("copies", "copy_no"),),
    columns=(
        Column(key="serial", title="序号", parse=plain(parse_serial), aliases=("顺序号", "销毁序号"), weak=("No",), print_width=6),
        Column(key="title", title="文件标题", parse=_TEXT, aliases=(*_TITLES, "销毁文件名称", "载体标题", "案卷题名"), required=True, print_width=34),
        Column(key="doc_no", title="文号", parse=_DOC_NO, aliases=(*_DOC_NOS, "档号", "载体编号", "文件编号"), weak=("编号",), print_width=18),
        _level(needed=True), _term(), _copies("销毁份数"), _COPY_NO, _PAGES,
        Column(key="form", title="载体形式", parse=plain(parse_form), aliases=("载体类型", "载体种类", "介质类型", "载体类别"), weak=("类型", "种类"), print_width=8),
        Column(key="made", title="所属年度", parse=plain(parse_text_or_date), aliases=("形成时间", "年度", "形成年度", "形成日期", "文件年度", "产生时间"), print_width=8),
        Column(key="keeper_unit", title="保管部门", parse=_TEXT, aliases=("保管单位", "保管科室", "所属部门", "移交部门"), print_width=12),
        Column(key="reason", title="销毁理由", parse=plain(parse_reason), aliases=("销毁原因", "销毁事由"), weak=("理由", "原因"), mark=True, print_width=14),
        Column(key="approver", title="批准人", parse=_NAMES, aliases=_APPROVERS, print_width=10),
        Column(key="approved_at", title="批准时间", parse=parse_moment, aliases=_APPROVED, print_width=12),
        Column(key="supervisors", title="监销人", parse=_NAMES, aliases=_SUPERVISORS, mark=True, many=True, print_width=14),
        Column(key="destroyed_at", title="销毁时间", parse=parse_moment, aliases=_DESTROYED, mark=True, print_width=12),
        Column(key="place", title="销毁地点", parse=_TEXT, aliases=("销毁场所",), mark=True, print_width=14),
        Column(key="method", title="销毁方式", parse=plain(parse_method), aliases=("销毁方法",), mark=True, print_width=8),
        Column(key="operator", title="经办人", parse=_NAMES, aliases=_OPERATORS, print_width=10),
        _NOTE,
    ),
    cover=(
        CoverLine(key="number", title="清册编号", parse=_TEXT, aliases=("清单编号", "编号", "清册号", "销毁编号", "登记编号", "清单号")),
        CoverLine(key="total", title="合计", parse=plain(parse_total), aliases=("总数", "销毁总数", "总计", "共计", "份数合计", "合计份数", "总份数", "销毁数量")),
        CoverLine(key="approver", title="批准人", parse=_NAMES, aliases=_APPROVERS),
        CoverLine(key="approved_at", title="批准时间", parse=parse_moment, aliases=_APPROVED),
        CoverLine(key="supervisors", title="监销人", parse=_NAMES, aliases=_SUPERVISORS, many=True),
        CoverLine(key="destroyed_at", title="销毁时间", parse=parse_moment, aliases=_DESTROYED),
        CoverLine(key="place", title="销毁地点", parse=_TEXT, aliases=("销毁场所",)),
        CoverLine(key="method", title="销毁方式", parse=plain(parse_method), aliases=("销毁方法",)),
        CoverLine(key="contractor", title="承销单位", parse=_TEXT, aliases=("承办销毁单位", "承销机构", "承销厂家")),
        CoverLine(key="operator", title="经办人", parse=_NAMES, aliases=_OPERATORS, many=True),
    ),
)  # fmt: skip

LEDGERS: Final = (RECEIVED, LOANS, CIRCULATION, DESTRUCTION, *KNOWN)
"""All that are recognised; those with `supported` are read."""
