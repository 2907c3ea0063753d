"""The command group. Each command is one module of this room, imported when it is called. Prints and exits."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import click

from chainlog.__about__ import __version__
from chainlog.cli.command import Entry, Group, Option, common_options
from chainlog.cli.failures import report
from chainlog.cli.session import Session
from chainlog.cli.streams import let_go

_COMMANDS: Final[dict[str, Entry]] = {
    "init": Entry("chainlog.cli.init", "init", "新建日志", "make a log"),
    "key": Entry("chainlog.cli.key", "key", "新建、查看密钥文件，改口令，申请登记", "key files: make, show, passphrase, request"),
    "enroll": Entry("chainlog.cli.registry", "enroll", "登记人员的密钥", "enrol a person's key"),
    "revoke": Entry("chainlog.cli.registry", "revoke", "吊销密钥", "revoke a key"),
    "appoint": Entry("chainlog.cli.registry", "appoint", "任岗、定级、资格", "give a post, a level or a credential"),
    "dismiss": Entry("chainlog.cli.registry", "dismiss", "免岗", "end an appointment"),
    "depart": Entry("chainlog.cli.registry", "depart", "人员离岗", "a person leaves"),
    "declare": Entry("chainlog.cli.registry", "declare", "登记单位、场所、人员、节假日、会议",
                     "declare a unit, place, person, calendar or meeting"),
    "policy": Entry("chainlog.cli.policy", "policy", "查看、启用制度参数", "show or adopt a policy"),
    "kinds": Entry("chainlog.cli.kinds", "kinds", "事件类型与字段", "kinds of events and their fields"),
    "draft": Entry("chainlog.cli.draft", "draft", "起草事件", "draft an event"),
    "sign": Entry("chainlog.cli.sign", "sign", "在草稿上签名", "sign a draft"),
    "append": Entry("chainlog.cli.append", "append", "写入草稿或 JSON 事件", "append a draft, or events as JSON lines"),
    "custody": Entry("chainlog.cli.custody", "custody", "载体在谁手里", "where carriers are"),
    "holders": Entry("chainlog.cli.custody", "holders", "谁持有、阅读、可能接触过", "who held, read or could have met it"),
    "findings": Entry("chainlog.cli.findings", "findings", "哪些事没有按规定办", "what was not done by the rules"),
    "due": Entry("chainlog.cli.due", "due", "何时以前应办什么", "what falls due"),
    "report": Entry("chainlog.cli.report", "report", "报告：完好、完整、合规", "one report: integrity, completeness, compliance"),
    "rules": Entry("chainlog.cli.rules", "rules", "全部规则、查问事项", "the rules, and the questions for a person"),
    "import": Entry("chainlog.cli.importing", "import_", "导入登记簿", "import registers"),
    "verify": Entry("chainlog.cli.verify", "verify", "核验日志是否原样", "is the log what was written?"),
    "receipt": Entry("chainlog.cli.receipt", "receipt", "回执：出具、核对", "receipts of records: make, check"),
    "checkpoint": Entry("chainlog.cli.checkpoint", "checkpoint", "签名的日志头", "the signed head of a log"),
    "conflict": Entry("chainlog.cli.conflict", "conflict", "核对日志前后矛盾的证据", "evidence that a log told two stories"),
    "bundle": Entry("chainlog.cli.bundle", "bundle", "证据包：制作、核验", "evidence bundles: make, verify"),
    "show": Entry("chainlog.cli.show", "show", "显示一条记录", "show one record"),
    "history": Entry("chainlog.cli.show", "history", "一个对象的全部记录", "all records of a subject"),
    "demo": Entry("chainlog.cli.demo", "demo", "演示：一个办公室的一年", "a year of an office, with these commands"),
    "timestamp": Entry("chainlog.cli.timestamp", "timestamp", "日志头的时间戳（RFC 3161）", "time stamps on heads (RFC 3161)"),
    "backup": Entry("chainlog.cli.backup", "backup", "备份日志", "copy the log while it is in use"),
    "salvage": Entry("chainlog.cli.salvage", "salvage", "抢救受损日志", "save what verifies of a damaged log"),
    "recover": Entry("chainlog.cli.recover", "recover", "完成抢救：签署损失后启用新日志", "finish a salvage"),
    "remains": Entry("chainlog.cli.remains", "remains", "抢救时另存的记录", "what a salvage kept beside the new log"),
    "export": Entry("chainlog.cli.export", "export", "导出为瓦片，供他人读取、核验", "write the log as tiles for others to read and verify"),
}  # fmt: skip

_COMPLETE: Final = "_CHAINLOG_COMPLETE"


class Program(Group):
    """The whole program: sets up the session, and turns everything that goes wrong into text and a status."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run one command and exit with its status, whatever *standalone_mode* says."""
        arguments = list(sys.argv[1:] if args is None else args)
        session = Session.from_arguments(arguments, os.environ)
        for stream in (sys.stdout, sys.stderr):
            # A terminal that can't show a character gets its number, not a crash.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        status: Any = None
        try:
            status = self._run(prog_name or "chainlog", arguments, {**extra, "obj": session})
            session.flush()
        except click.exceptions.Exit as done:
            status = done.exit_code
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one handler: nothing ends in a traceback
            status = report(error, session)
        let_go()
        sys.exit(status if isinstance(status, int) else 0)

    def _run(self, name: str, arguments: list[str], extra: dict[str, Any]) -> Any:
        # Click's own `main` would take a lost reader for its own and exit with 1.
        instruction = os.environ.get(_COMPLETE)
        if instruction:
            from click.shell_completion import shell_complete

            return shell_complete(self, extra, name, _COMPLETE, instruction)
        with self.make_context(name, arguments, **extra) as ctx:
            return self.invoke(ctx)


@click.group(
    cls=Program,
    lazy=_COMMANDS,
    zh="保管、查询、核验涉密载体的流转记录。",
    en="Keep, question and verify custody records of classified carriers.",
    example="chainlog demo demo",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="chainlog", cls=Option, zh="显示版本", en="Show the version.")
@common_options
def cli() -> None:
    """Keep, question and verify custody records of classified carriers."""


def run() -> None:
    """Parse the arguments, run the command and exit with its status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Who is ended puts things away: private copies of a log would stay behind. What was ignored stays so.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _ended)
    cli(prog_name="chainlog")


def _ended(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)
