"""`chainlog salvage`: what verifies of a damaged log, in a new one. The damaged log is only read, by child processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chainlog.cli.command import argument, command, option
from chainlog.cli.keys import Keys, Passphrases, choose, key_options, log_key_option
from chainlog.cli.logs import show_wanted
from chainlog.cli.render import Cell, Column
from chainlog.cli.session import Session
from chainlog.errors import StoreError

if TYPE_CHECKING:
    from chainlog.forensics.salvage_end import Unfinished
    from chainlog.forensics.salvage_report import SalvageReport
    from chainlog.log.request import Receipt
    from chainlog.record.draft import Draft

_LOST: Final = 1
_SHOWN: Final = 20
_PROBLEMS: Final = {
    "none of its records was signed for this log": "没有一条记录是为此日志签名的",
    "No such file or directory": "不存在",
    "Permission denied": "没有权限",
    "empty": "空文件",
    "a FIFO, not a regular file": "不是普通文件",
    "a directory, not a regular file": "不是普通文件",
    "a symbolic link, not a regular file": "是符号链接，没有读取",
}
_REASON: Final = ("数据文件损坏，其余记录已救出", "the data file was damaged; what could be saved was saved")


@command(
    "salvage",
    zh="抢救受损日志：把能核验的记录原样写入新日志，列明损失。受损日志不作任何改动。用 --also 给出备份（受损的也可以），缺失的记录凭哈希从中补齐；"
       "补齐即完好，无须签名。\n\n"
       "仍有缺失时，新日志止于缺口之前，管理员须签署 recovered（恢复）说明损失，签齐前新日志不能使用；缺口之后能核验的记录另存，"
       "用 chainlog remains 查看。日志密钥签过另一历史（分叉）的，也会说明。\n\n"
       "退出码：0 完好，1 有损失或有分叉，3 无从救起。",
    en="Save a damaged log: every record that verifies goes into a new log as it is, and what is lost is named. The damaged log is "
       "not touched. --also gives backups, which may be damaged too: what is missing is taken from them where hashes prove it; a log "
       "that is whole again needs no signature.\n\n"
       "Otherwise the new log ends before the first gap, and administrators sign a recovered, which says what was lost; until then it "
       "can't be used. What verifies beyond the gap is kept beside it: chainlog remains. If the log key signed another history "
       "too (a fork), that is said.\n\n"
       "Exit status 0 whole, 1 something is lost or forked, 3 nothing can be saved.",
    example="chainlog salvage office.log new.log --also backup.log --log-id log-id.txt --key admin1.key --key admin2.key --log-key log.key",
)  # fmt: skip
@argument("damaged", zh="受损日志的目录", en="directory of the damaged log", type=click.Path())
@argument("new", zh="新日志的目录，须不存在或为空", en="directory of the new log; it must not exist, or be empty", type=click.Path())  # fmt: skip
@option("--also", multiple=True, type=click.Path(), metavar="LOG", zh="同一日志的另一份（备份、副本），可重复",
        en="Another copy of the same log, such as a backup; can be repeated.")  # fmt: skip
@option("--log-id", metavar="HEX|FILE", zh="日志编号，或写有编号的文件", en="The log's id, or a file that holds it.")
@option("--checkpoint", "checkpoints", multiple=True, type=click.Path(), metavar="FILE",
        zh="以前在外部保存的日志头，可重复", en="A signed head that was kept outside; can be repeated.")  # fmt: skip
@option("--remains", type=click.Path(), metavar="FILE", zh="缺口之后的记录写入此处（默认 新日志.remains）",
        en="Where what stands beyond the gap goes (NEW.remains by default).")  # fmt: skip
@option("--reason", zh="损坏的原因，写入 recovered", en="What happened, for the recovered.")
@option("--administrator", "administrators", multiple=True, metavar="PERSON",
        zh="应签名的管理员，可重复；给出密钥者不必再列", en="An administrator who is to sign; those whose keys are given need not be named.")  # fmt: skip
@log_key_option
@key_options
def salvage(
    session: Session, damaged: str, new: str, also: tuple[str, ...], log_id: str | None, checkpoints: tuple[str, ...],
    remains: str | None, reason: str | None, administrators: tuple[str, ...], log_key: str | None,
    key_paths: tuple[str, ...], passphrase_file: str | None,
) -> int:  # fmt: skip
    """Save a damaged log."""
    from chainlog.cli.key import read_log_id
    from chainlog.cli.proof_files import naming, read_note
    from chainlog.forensics.salvage import salvage as save

    passphrases = Passphrases(session, passphrase_file)
    keys = Keys(session, key_paths, passphrases)
    keys.public()  # a wrong path is told before the work is done, not after it
    beside = f"{new.rstrip('/')}.remains" if remains is None else remains
    session.status("正在抢救……", "salvaging…")
    number, notes = None if log_id is None else read_log_id(log_id), [read_note(file) for file in checkpoints]
    with naming(checkpoints):
        report = save(damaged, new, remains=beside, also=also, log_id=number, checkpoints=notes)
    session.status("", "")
    if report.whole:
        _tell(session, report, new, draft=None, receipt=None)
        return _LOST if report.seals.lost or report.forks else 0
    from chainlog.forensics.salvage_end import Unfinished

    with Unfinished(Path(new)) as log:
        known: dict[str, Any] = {
            "reason": reason or session.say(*_REASON),
            "known_size": report.known_size,
            "known_root": report.known_root,
        }
        # Whatever is wrong with the keys, what was saved is told, and `recover` finds a draft to go on from.
        draft, receipt = log.draft(log.signers(()), **known), None
        draft.save(log.draft_path)
        try:
            draft = make_draft(log, keys, administrators, **known)
            draft.save(log.draft_path)
            if not draft.wanted() and log_key is not None:
                log_signer = passphrases.open(log_key, "log")
                with saying_again(session, new):
                    receipt = log.finish(draft, log_signer=log_signer, on_recorded=session.on_recorded)
        finally:
            _tell(session, report, new, draft=draft, receipt=receipt)
    return _LOST


@contextmanager
def saying_again(session: Session, new: str) -> Iterator[None]:
    """A failure after the `recovered` was recorded says how to go on: that is no act that could stand twice."""
    try:
        yield
    except StoreError as error:
        if session.recorded:
            error.fields["hint"] = (
                f"恢复记录（recovered）已经写入；处理后再运行一次 chainlog recover {new}，只会整理目录，不会重复记录",
                f"recovered is recorded; mend this and run chainlog recover {new} once more: it only puts the directory in order",
            )
        raise


def make_draft(
    log: Unfinished, keys: Keys, named: tuple[str, ...], *, reason: str, known_size: int, known_root: bytes
) -> Draft:
    """A draft of `recovered`, signed with the keys at hand."""
    with log.authority() as authority:
        holders = [holder.history for holder in keys.holders(authority)]
    at_hand = [history.holder for history in holders if history.purpose == "administrator"]
    names = log.signers(named, at_hand=at_hand)
    return sign_draft(log, keys, log.draft(names, reason=reason, known_size=known_size, known_root=known_root))


def sign_draft(log: Unfinished, keys: Keys, draft: Draft) -> Draft:
    """The draft with the signatures that the keys at hand still owe it."""
    from chainlog.log.writer import system_clock

    with log.authority() as authority:
        chosen = choose(draft.checked_event().event, keys.holders(authority)).chosen
    wanted = {(want.role, want.person) for want in draft.wanted()}
    for role, person, holder in chosen:
        if (role, person) in wanted:
            draft = draft.sign(keys.signer(holder), role=role, person=person, signed_at_us=system_clock())
    return draft


# --- what is said ---------------------------------------------------------------------------------


def _tell(session: Session, report: SalvageReport, new: str, *, draft: Draft | None, receipt: Receipt | None) -> None:
    finished = report.whole or receipt is not None
    if session.as_json:
        said: dict[str, Any] = {
            "new": new,
            "finished": finished,
            **report.as_json(),
            "recovered": None if receipt is None else receipt.index,
        }
        if draft is not None and not finished:
            said["draft"] = str(Path(new) / "recovered.draft")
            said["wanted"] = [{"role": w.role, "person": w.person, "missing": w.missing} for w in draft.wanted()]
        session.emit(said)
        return
    _show_verdict(session, report)
    _show_sources(session, report)
    _show_forks(session, report)
    _show_seals(session, report)
    _show_subjects(session, report)
    session.echo()
    if report.whole:
        session.echo(session.say(f"新日志 {new} 已可使用", f"the new log {new} is ready"))
    elif receipt is not None:
        session.echo(session.say(f"recovered 已记录为第 {receipt.index} 条；新日志 {new} 已可使用",
                                 f"recovered is record {receipt.index}; the new log {new} is ready"))  # fmt: skip
    elif draft is not None:
        _show_next(session, new, draft)


def _show_verdict(session: Session, report: SalvageReport) -> None:
    if report.whole:
        verdict = Cell(session.say("完好：全部记录已救出", "whole: every record was saved"), "green")
    else:
        verdict = Cell(session.say("有损失", "something is lost"), "red")
    pairs: list[tuple[str, str | Cell]] = [
        (session.say("结论", "verdict"), verdict),
        (session.say("日志编号", "log id"), report.log_id.hex()),
        (session.say("名称", "name"), report.name),
        (session.say("已救出", "saved"), session.say(f"{report.size} 条", _records(report.size))),
    ]
    if report.repaired:
        listed = ", ".join(str(index) for index in report.repaired)
        pairs.append(
            (
                session.say("已复原", "put right"),
                session.say(
                    f"第 {listed} 条（错一字节，按哈希复原）",
                    f"record {listed} (one byte was wrong; its hash is known)",
                ),
            )
        )
    if not report.whole:
        pairs += _pairs_of_loss(session, report)
    if report.remains is not None:
        pairs.append((session.say("另存", "kept beside"), session.say(f"{report.beyond} 条，{report.remains}（chainlog remains）",
                      f"{_records(report.beyond)} in {report.remains} (chainlog remains)")))  # fmt: skip
    session.pairs(pairs)
    if report.unverified:
        session.note(session.say(f"--checkpoint 中有 {report.unverified} 个不是已知的日志密钥签的，不能说明末尾",
                                 f"{report.unverified} of the --checkpoint heads are signed by no log key that is known, and show nothing"))  # fmt: skip
    if not report.pinned:
        session.note(session.say("未给出日志编号（--log-id）：只能说明救出的记录自洽",
                                 "no log id was given (--log-id): what was saved agrees with itself, and no more is shown"))  # fmt: skip


def _pairs_of_loss(session: Session, report: SalvageReport) -> list[tuple[str, str | Cell]]:
    ranges = [f"{start}" if stop == start + 1 else f"{start}–{stop - 1}" for start, stop in report.loss.ranges[:_SHOWN]]
    more = "…" if len(report.loss.ranges) > _SHOWN else ""
    lost = session.say(f"{report.loss.count} 条：第 {'、'.join(ranges)}{more} 条",
                       f"{_records(report.loss.count)}: {', '.join(ranges)}{more}")  # fmt: skip
    nothing = session.say("末尾是否还有记录，无从知道", "whether there were more at the end can't be known")
    if report.beyond:
        nothing = session.say(
            "无从知道：另存的记录位置未经证明", "can't be known: where the records beside it stood isn't proven"
        )
    pairs: list[tuple[str, str | Cell]] = [
        (session.say("第一处缺口", "first gap"), session.say(f"第 {report.size} 条", f"record {report.size}")),
        (session.say("已知记录数", "known size"), str(report.known_size)),
        (session.say("损失", "lost"), lost if report.loss.count else nothing),
    ]
    if report.stopped:
        from chainlog.codes import CODES

        code = CODES.get(report.stopped)
        said = report.stopped if code is None else session.say(code.zh, code.en)
        pairs.insert(1, (session.say("缺口处的记录", "the record there"), said))
    return pairs


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _show_sources(session: Session, report: SalvageReport) -> None:
    session.echo()
    columns = [
        Column(session.say("来源", "copy")),
        Column(session.say("读到", "rows"), right=True, flexible=False),
        Column(session.say("采用", "taken"), right=True, flexible=False),
        Column(session.say("读取情况", "state of the file")),
    ]
    sound = session.say("可读", "readable")
    rows = [
        (source.path, str(source.rows), str(taken), _problem(session, source.problem) or sound)
        for source, taken in zip(report.sources, report.taken, strict=True)
    ]
    session.table(columns, rows)


def _problem(session: Session, problem: str) -> str:
    """What is wrong with a file; of pages that are damaged the detail helps nobody but who speaks English."""
    if not problem:
        return ""
    return session.say(_PROBLEMS.get(problem, "文件损坏，逐页读取"), problem)


def _show_forks(session: Session, report: SalvageReport) -> None:
    """Other histories: the gravest that can be found, and no fault of the file."""
    for fork in report.forks:
        copy = session.say("外部保存的日志头", "a head kept outside") if fork.copy is None else fork.copy
        zh = f"分叉：{copy} 中日志密钥另签了 {fork.size} 条的日志头，与救出的不是同一历史"
        en = f"forked: in {copy} the log key signed a head of {fork.size} records that is of another history"
        if fork.parts_at is not None:
            zh, en = f"{zh}，自第 {fork.parts_at} 条起不同", f"{en}, from record {fork.parts_at} on"
        if fork.explained:
            zh, en = f"{zh}；已由 recovered 说明", f"{en}; a recovered states it"
        session.item(session.say(zh, en))


def _show_seals(session: Session, report: SalvageReport) -> None:
    seals = report.seals
    if seals.copied:
        session.echo(session.say(f"密封值 {seals.copied} 个已复制", f"{seals.copied} sealed values are copied"))
    for index, path in seals.lost[:_SHOWN]:
        session.item(
            session.say(f"第 {index} 条的密封值 {path} 已失", f"the sealed value {path} of record {index} is lost")
        )
    for index, path in seals.withheld[:_SHOWN]:
        session.item(session.say(f"第 {index} 条的密封值 {path} 只在其他来源中有，可能已清除，未取用",
                                 f"the sealed value {path} of record {index} is in another copy only; it may have been erased, and was not taken"))  # fmt: skip


def _show_subjects(session: Session, report: SalvageReport) -> None:
    if not report.loss.subjects:
        return
    session.echo()
    session.echo(session.say("记录不全的对象：", "subjects that lack records:"))
    rows = [
        (one.subject, str(one.missing), ", ".join(str(index) for index in one.records[:_SHOWN]) or "?")
        for one in report.loss.subjects[:_SHOWN]
    ]
    columns = [
        Column(session.say("对象", "subject")),
        Column(session.say("至少缺", "at least"), right=True, flexible=False),
        Column(session.say("所在记录", "records")),
    ]
    session.table(columns, rows)
    beyond = len(report.loss.subjects) - len(rows)
    if beyond > 0:
        session.note(session.say(f"另有 {beyond} 个（--json 列出全部）", f"and {beyond} more (--json lists all)"))


def _show_next(session: Session, new: str, draft: Draft) -> None:
    path = str(Path(new) / "recovered.draft")
    session.echo(session.say(f"新日志尚不能使用：须由管理员签署 {path}", f"the new log can't be used yet: administrators sign {path}"))  # fmt: skip
    if draft.wanted():
        show_wanted(session, path, draft.wanted(), kind="recovered")
    session.echo(session.say(f"签齐后：chainlog recover {new} --log-key 日志密钥文件",
                             f"then: chainlog recover {new} --log-key LOG_KEY_FILE"))  # fmt: skip
