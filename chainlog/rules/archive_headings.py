"""What stands behind the four qualities that archives ask of electronic records: 真实性, 完整性, 可用性, 安全性. Pure.

Each check says yes, no, or that the log can't say. The headings are those of DA/T 70; the checks are what a log of this format
can show, no official list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from chainlog.rules.figures_of_log import LogFigures

Verdict = Literal["yes", "no", "not_judged"]

# Findings of the audit by what they speak against. What is in none of them speaks against authenticity.
_LACKING: Final = frozenset({"missing", "truncated", "false-map", "index-mismatch", "seal-lost"})
_UNUSABLE: Final = frozenset({"page-corrupt", "unreadable", "unknown-kind", "seal-lost"})
_ALIEN: Final = frozenset({"foreign-data"})
_REMARKED: Final = frozenset({"old-base", "clock", "document-not-named"})
_KEYS: Final = frozenset({"doubtful", "break-glass"})


class AuditFinding(msgspec.Struct, frozen=True):
    """One finding of the integrity audit, as in `forensics.report`."""

    code: str
    index: int | None
    subject: str
    detail: str


class Integrity(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the integrity audit said; all empty where it did not run.

    verdict: `not_verified` then. trust: `pinned` if it was told the log's id, else `self-consistent`. size, root: of what it
    read. findings: remarks included. not_checked: (what, reason).
    """

    verdict: Literal["intact", "broken", "unreadable", "not_verified"]
    trust: Literal["", "pinned", "self-consistent"] = ""
    size: int | None = None
    root: bytes | None = None
    findings: tuple[AuditFinding, ...] = ()
    not_checked: tuple[tuple[str, str], ...] = ()


class Check(NamedTuple):
    """One check under a heading. detail: what the verdict rests on."""

    zh: str
    en: str
    verdict: Verdict
    detail_zh: str = ""
    detail_en: str = ""


class Heading(NamedTuple):
    """One of the four qualities."""

    id: str
    zh: str
    en: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """`no` if any check failed, `yes` if all that were judged held and one was judged."""
        verdicts = {check.verdict for check in self.checks}
        return "no" if "no" in verdicts else "yes" if "yes" in verdicts else "not_judged"


def archive_headings(
    integrity: Integrity,
    figures: LogFigures,
    *,
    gaps: int,
    open_balance: int,
    parameters: Mapping[str, Sequence[str]],
    refused: int,
) -> tuple[Heading, ...]:
    """
    The four headings.

    Args:
        gaps: open findings on completeness. open_balance: those of them on the balance of copies. parameters: of the policy in
            force. refused: rules by which it refuses records.
    """
    return (
        Heading("authenticity", "真实性", "authenticity", _authentic(integrity, figures)),
        Heading("completeness", "完整性", "completeness", _complete(integrity, figures, gaps, open_balance)),
        Heading("usability", "可用性", "usability", _usable(integrity, figures)),
        Heading("security", "安全性", "security", _secure(integrity, parameters, refused)),
    )


def _audited(integrity: Integrity, codes: frozenset[str]) -> tuple[Verdict, str, str]:
    """Whether the audit found nothing under these codes, and what it rests on."""
    if integrity.verdict == "not_verified":
        return "not_judged", "未核验", "not verified"
    found = [one.code for one in integrity.findings if one.code in codes]
    if found:
        listed = ", ".join(dict.fromkeys(found))
        return "no", f"{len(found)} 处：{listed}", f"{len(found)}: {listed}"
    return "yes", "核验未发现", "the audit found none"


def _authentic(integrity: Integrity, figures: LogFigures) -> tuple[Check, ...]:
    known = {one.code for one in integrity.findings}
    against = frozenset(known - _LACKING - _UNUSABLE - _ALIEN - _REMARKED - _KEYS)
    given = integrity.trust == "pinned"
    signed = max(sum(figures.acts.values()) - figures.imported, 0)
    return (
        Check("记录与当时签名时一致，未被改动、调换", "records are what was signed, neither changed nor reordered", *_audited(integrity, against)),
        Check("已与外部保存的日志编号对照，确系本日志", "compared with the log's id as kept outside: it is this log",
              "yes" if given else "not_judged", "" if given else "未给出日志编号", "" if given else "no id was given"),
        Check("签名密钥没有存疑，没有动用应急恢复密钥", "no signing key in doubt, no recovery key used", *_audited(integrity, _KEYS)),
        Check("经手人签名", "the people who acted signed", "yes" if signed and not figures.imported else "not_judged",
              f"{signed} 条由经手人签名，{figures.imported} 条据纸质登记簿补录，只由录入人签名",
              f"{signed} signed by those who acted, {figures.imported} from paper registers, signed by who entered them"),
    )  # fmt: skip


def _complete(integrity: Integrity, figures: LogFigures, gaps: int, open_balance: int) -> tuple[Check, ...]:
    lost = figures.missing
    committed = figures.committed
    balance: Verdict = "not_judged" if not figures.stated else "no" if open_balance or figures.unbalanced else "yes"
    return (
        Check("记录没有缺失，索引与记录一致", "no record is missing, the indexes are those of the records", *_audited(integrity, _LACKING)),
        Check("份数平衡", "copies add up", balance,
              f"{figures.stated} 个文件载明份数，{figures.unbalanced} 个不平", f"{figures.stated} documents state copies, {figures.unbalanced} don't add up"),
        Check("载体都有下落", "every carrier is accounted for", "not_judged" if not figures.carriers else "no" if lost else "yes",
              f"在册 {figures.carriers} 件，下落不明或遗失 {lost} 件", f"{figures.carriers} on the books, {lost} missing or lost"),
        Check("登记、清查方面没有未纠正的问题", "nothing open about registration and stock-taking",
              "no" if gaps else "yes" if figures.carriers else "not_judged", f"{gaps} 项未纠正", f"{gaps} open"),
        Check("可向他人证明没有遗漏", "it can be proved to others that nothing is left out", "not_judged" if committed is None else "yes",
              "没有索引承诺" if committed is None else f"索引承诺覆盖前 {committed} 条",
              "no commitment to the map" if committed is None else f"the map is committed over the first {committed} records"),
    )  # fmt: skip


def _usable(integrity: Integrity, figures: LogFigures) -> tuple[Check, ...]:
    readable = _audited(integrity, _UNUSABLE)
    known: Verdict = "no" if figures.unknown else "yes"
    return (
        Check("文件可读，页面无损", "the files can be read, no page is damaged", *readable),
        Check("事件类型均为本版本所知", "every kind of event is known to this release", known, f"{figures.unknown} 条未知", f"{figures.unknown} unknown"),
        Check("密封值可以打开", "sealed values can be opened", "not_judged", "没有打开核对", "they were not opened"),
        Check("有备份、导出可以恢复", "there are backups and exports to restore from", "not_judged", "日志不知道自己的备份", "a log doesn't know its backups"),
    )  # fmt: skip


def _secure(integrity: Integrity, parameters: Mapping[str, Sequence[str]], refused: int) -> tuple[Check, ...]:
    sealed = len(parameters.get("seal.fields", ()))
    return (
        Check("日志中没有外来数据", "no data in the log that isn't its own", *_audited(integrity, _ALIEN)),
        Check("敏感字段密封存放", "sensitive fields are kept sealed", "yes" if sealed else "not_judged",
              f"制度规定密封 {sealed} 个字段", f"the policy seals {sealed} fields"),
        Check("写入时拒绝违规记录", "unlawful records are refused when written", "yes" if refused else "not_judged",
              f"制度规定据 {refused} 条规则拒绝", f"the policy refuses by {refused} rules"),
        Check("存放环境、访问权限、密钥保管", "premises, access, and how keys are kept", "not_judged", "须现场查看", "to be seen on the spot"),
    )  # fmt: skip
