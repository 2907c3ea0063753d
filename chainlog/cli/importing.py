"""`chainlog import`: registers on paper become events. Reads register files, signs and writes through the log."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chainlog.cli.command import argument, command, log_argument, option
from chainlog.cli.fields import person_of
from chainlog.cli.file_kinds import check_file
from chainlog.cli.keys import Holder, Keys, key_options, log_key_option
from chainlog.cli.logs import Signing, opened_to_sign
from chainlog.cli.render import Column, shortened
from chainlog.cli.session import Session
from chainlog.errors import ReadOnlyError, UsageError

if TYPE_CHECKING:
    from chainlog.facade import Log
    from chainlog.interchange.import_report import BookReport, Unmatched
    from chainlog.interchange.problems import Problem

_PROBLEMS = 1
_NAMES_SHOWN = 5


@command(
    "import",
    zh="导入登记簿（.xlsx、.csv）：收文、借阅、传阅、销毁。每行成为相应的事件，由导入的登记人签名；簿上的人只列名。\n\n"
       "姓名对应哪个人员由 --names 给出；--names-template 打印待填的对照表。没有对应人员的姓名只按所写列名：据以认不出持有人，"
       "以后再导入也补不上。重复导入只补新行。有问题的行逐一指出，退出码为 1。",
    en="Import registers (.xlsx, .csv): received, loans, circulation, destruction. Each row becomes the events of its kind, signed "
       "by the registrar who imports it; persons of the book are only stated.\n\n"
       "--names says who the names are; --names-template prints a file to fill in. A name of nobody known stands as written: it "
       "tells of no holder, and importing again doesn't mend that. Importing again adds what is new. Rows with problems are named, "
       "and the exit status is 1.",
    example="chainlog import office.log 收文登记簿-2025.xlsx --names names.csv --key limin.key --log-key log.key",
)  # fmt: skip
@log_argument
@argument("files", nargs=-1, required=True, zh="登记簿文件", en="register files", type=click.Path())
@option(
    "--names",
    type=click.Path(),
    metavar="FILE",
    zh="姓名对照表（姓名,部门,人员）",
    en="Who the names are (姓名,部门,人员).",
)
@option(
    "--names-template",
    "template",
    is_flag=True,
    zh="打印待填的姓名对照表，不导入",
    en="Print a names file to be filled in; nothing is imported.",
)
@option("--year", type=click.IntRange(1900, 2200), zh="簿上未写的年份", en="The year, where the books don't say it.")
@option(
    "--registrar", metavar="PERSON", zh="导入的登记人；默认为密钥的主人", en="Who imports; by default whose key it is."
)
@option("--dry-run", is_flag=True, zh="只检查，不写入", en="Check all, write nothing.")
@option("--yes", "-y", is_flag=True, zh="有姓名没有对应人员时不再询问", en="Don't ask where names belong to no person.")
@log_key_option
@key_options
def import_(
    session: Session,
    log: str,
    files: tuple[str, ...],
    names: str | None,
    template: bool,
    year: int | None,
    registrar: str | None,
    dry_run: bool,
    yes: bool,
    log_key: str | None,
    key_paths: tuple[str, ...],
    passphrase_file: str | None,
) -> int:
    """Import registers."""
    if names is not None:
        check_file(names, "names", "workbook")
    for path in (*files, *([] if names is None else [names])):
        # What isn't there, or may not be read, is told as for every other file.
        Path(path).stat()
    files, names = _told_apart(session, files, names)
    if template:
        from chainlog.interchange.importing import names_template

        text = names_template(files, default_year=year)
        if session.as_json:
            session.emit({"csv": text})
        else:
            session.echo(text.rstrip("\n"))
        return 0
    if log_key is None and not dry_run:
        raise ReadOnlyError("the log key was not given")
    from chainlog.interchange.mapping import NameMap

    known = None if names is None else NameMap.read(names)
    with opened_to_sign(session, log, Signing(key_paths, log_key, passphrase_file, None)) as (handle, keys):
        holder = _registrar(handle, keys, registrar)
        person = holder.history.holder
        report = handle.import_registers(
            files,
            registrar=person,
            signers={person: keys.signer(holder)},
            names=known,
            default_year=year,
            dry_run=dry_run,
            confirm=partial(_ask, session) if session.interactive and not yes else None,
        )
    for book in report.books:
        if session.as_json:
            session.emit(book.to_json())
        else:
            _show(session, book, dry_run=dry_run)
    return _PROBLEMS if report.problems else 0


def _told_apart(session: Session, files: Sequence[str], names: str | None) -> tuple[tuple[str, ...], str | None]:
    """
    The registers, and the names file: `import *.csv` names both.

    Raises: UsageError where several names files could be meant, or no register is left.
    """
    from chainlog.interchange.mapping import is_names_file

    lists = [file for file in files if is_names_file(file)]
    registers = tuple(file for file in files if file not in lists)
    if names is None and len(lists) > 1:
        raise UsageError(
            f"{', '.join(lists)} are names files: say with --names which one counts",
            detail_zh=f"{'、'.join(lists)} 都是姓名对照表：请用 --names 指明用哪一个",
        )
    if not registers:
        raise UsageError(
            f"{', '.join(lists)}: a names file, no register; give the registers, and this with --names",
            detail_zh=f"{'、'.join(lists)} 是姓名对照表，不是登记簿；请给出登记簿，并用 --names 给出它",
        )
    for file in lists:
        if names is None or Path(file).samefile(names):
            names = file
            session.note(session.say(f"{file} 是姓名对照表：按 --names 使用，不作登记簿导入",
                                     f"{file} is a names file: taken as --names, not as a register"))  # fmt: skip
        else:
            session.note(session.say(f"{file} 是姓名对照表，没有使用：--names 给出的是 {names}",
                                     f"{file} is a names file and not used: --names gives {names}"))  # fmt: skip
    return registers, names


def _registrar(log: Log, keys: Keys, stated: str | None) -> Holder:
    """The one personal key that signs the import. Raises UsageError."""
    with log.authority() as authority:
        holders = [holder for holder in keys.holders(authority) if holder.history.purpose == "person"]
    if stated is not None:
        wanted = person_of(stated)
        holders = [holder for holder in holders if holder.history.holder == wanted]
    if len({holder.history.holder for holder in holders}) != 1:
        raise UsageError(
            "give the registrar's key with --key (one person's)",
            detail_zh="请用 --key 给出登记人的密钥（一人的）；有几人时用 --registrar 指明",
        )
    return holders[0]


def _show(session: Session, book: BookReport, *, dry_run: bool) -> None:
    count, known, events, bad = book.rows, book.skipped, book.events, len(book.problems)
    zh = ("可导入", "可写入") if dry_run else ("导入", "写入")
    taken, recorded = ("can be taken", "to record") if dry_run else ("taken", "recorded")
    session.wrapped(
        session.say(
            f"{book.file}（{book.book}）：{zh[0]} {count} 行，其中 {known} 行以前已导入；{zh[1]} {events} 条事件；问题 {bad} 处",
            f"{book.file} ({book.book}): {_counted(count, 'row')} {taken}, {known} of them known; "
            f"{_counted(events, 'event')} {recorded}; {_counted(bad, 'problem')}",
        )
    )
    if book.unread:
        titles = session.say("、", ", ").join(
            f"{one.sheet} {one.column} {shortened(one.title)}".strip() for one in book.unread
        )
        session.wrapped(session.say(f"没有读取的栏（表头不认识，内容未导入）：{titles}",
                                    f"columns not read (their headers aren't known): {titles}"))  # fmt: skip
    _show_what_is_open(session, book, dry_run=dry_run)
    if book.problems:
        _table(session, ("问题", "problem"), book.problems)
    if book.notes:
        taken = session.say("已导入但请核对", "taken, but look at them")
        session.wrapped(session.say(f"{taken}：{len(book.notes)} 处", f"{taken}: {_counted(len(book.notes), 'note')}"))
        _table(session, ("说明", "note"), book.notes)


def _ask(session: Session, unmatched: Sequence[Unmatched]) -> None:
    """Ask before names are recorded of which nobody has said whose they are."""
    session.note(_of_nobody(session, unmatched, recorded=False))
    if not session.confirm("照此导入？", "Import all the same?"):
        raise click.Abort


def _of_nobody(session: Session, unmatched: Sequence[Unmatched], *, recorded: bool) -> str:
    """How many names belong to no person, the first of them, and what to do."""
    count, first = len(unmatched), [f"{one.name} {one.unit}".strip() for one in unmatched[:_NAMES_SHOWN]]
    zh_more, en_more = ("等", ", …") if count > len(first) else ("", "")
    zh = f"{count} 个姓名没有对应人员：{'、'.join(first)}{zh_more}。"
    en = f"{_counted(count, 'name')} of no known person: {', '.join(first)}{en_more}. "
    if recorded:
        zh += "日志中只按所写列名，认不出持有人；再导入也不改已有记录（见 docs/import.md）。今后请先"
        en += (
            "In the log they stand as written and tell of no holder; importing again changes no record (see docs/import.md). Next "
            "time first "
        )
    else:
        zh += "照此导入则只按所写列名，认不出持有人，以后再导入也补不上。请先"
        en += (
            "As it is, they are recorded as written and tell of no holder, and importing again won't mend that. First "
        )
    zh += "用 --names-template 打印对照表，填好后用 --names 给出"
    en += "print a names file with --names-template, fill it in, and give it with --names"
    return session.say(zh, en)


def _show_what_is_open(session: Session, book: BookReport, *, dry_run: bool) -> None:
    """What a person should know of rows that were taken: names of nobody known, copies that are no carriers."""
    if book.unmatched:
        session.wrapped(_of_nobody(session, book.unmatched, recorded=not dry_run))
    if book.as_written:
        rows = book.as_written
        session.wrapped(session.say(
            f"以前导入的 {rows} 行，姓名在日志中只按当时所写：对照表现在给出了人员，但记录不变（作废后重记，见 docs/import.md）",
            f"{_counted(rows, 'row')} known before with names as written then: the names file now says who they are, but the records "
            "stay (make them void and record them anew, see docs/import.md)",
        ))  # fmt: skip
    if book.unnumbered:
        rows = book.unnumbered
        session.wrapped(session.say(
            f"{rows} 行没有份号（无此栏或未填）：只计份数，不成为载体，custody 不列",
            f"{_counted(rows, 'row')} without a copy number (no column 份号, or an empty cell): the copies are counted, but {'would be' if dry_run else 'are'} no "
            "carriers, and custody doesn't list them",
        ))  # fmt: skip


def _table(session: Session, what: tuple[str, str], problems: Sequence[Problem]) -> None:
    columns = [
        Column(session.say("行", "row"), right=True, flexible=False),
        Column(session.say("栏", "column")),
        Column(session.say("所写", "found")),
        Column(session.say(*what)),
        Column(session.say("应写", "write")),
    ]
    session.table(columns, [_problem_row(session, problem) for problem in problems])


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _problem_row(session: Session, problem: Problem) -> list[str]:
    row = "" if problem.row is None else str(problem.row)
    return [
        f"{problem.sheet} {row}".strip(),
        shortened(f"{problem.column} {problem.title}".strip()),
        shortened(problem.found),
        session.say(problem.reason_zh, problem.reason_en),
        session.say(problem.instead_zh, problem.instead_en),
    ]
