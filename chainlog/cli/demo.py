"""`chainlog demo`: a year of a township office, told with the public commands. Makes a directory; each command line is shown.

The commands run in this process with the arguments that are printed. Data files lie in `demo_data`; names, offices and
documents in them are made up.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any, Final

import click

from chainlog.cli.command import argument, command
from chainlog.cli.session import Session
from chainlog.errors import LogExistsError, StoreError

_PASSPHRASE: Final = "demo"  # noqa: S105 - printed and documented: a demonstration has no secrets
_DATA: Final = files("chainlog.cli") / "demo_data"
_ADMINISTRATORS: Final = (("admin-1", "罗成"), ("admin-2", "梁静"), ("admin-3", "邓辉"))
_PERSONS: Final = (
    ("registrar", "苏婉"),
    ("clerk", "高磊"),
    ("leader", "韩松"),
    ("reader", "林悦"),
    ("borrower", "方圆"),
)
_BOOK: Final = "收文登记簿-2025.csv"
_MENDED: Final = "收文登记簿-2025-改正.csv"
# The byte that is changed lies in this text, which one record holds.
_ALTERED_TEXT: Final = "防汛会商"


def _stopped(command_line: str, status: object, wanted: object) -> StoreError:
    """A command of the demonstration ended otherwise than the story wants."""
    return StoreError(
        f"the demonstration stopped: {command_line} ended with {status}, not {wanted}",
        detail_zh=f"演示中断：{command_line} 的退出码为 {status}，应为 {wanted}",
    )


@command(
    "demo",
    zh="演示：在新目录里用公开的命令过一遍乡镇办公室的一年，每条命令都打印出来。密钥口令均为 demo。\n\n"
       "收文登记簿导入、传阅、逾期的借阅、复印、离岗、一次合规销毁和一次一人冒充两人的监销；最后改动备份中的一个字节，看核验如何指出。",
    en="A year of a township office in a new directory, told with the public commands, each printed as it runs. The passphrase of "
       "every key is demo.\n\n"
       "A register is imported; papers circulate, are lent, copied; somebody leaves; one destruction is proper, in the other one "
       "person signs for two supervisors. At last a byte of a copy is changed, and verification names the record.",
    example="chainlog demo demo",
)  # fmt: skip
@argument("directory", zh="新目录", en="a new directory", type=click.Path())
def demo(session: Session, directory: str) -> None:
    """Tell a year of an office."""
    root = Path(directory)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise LogExistsError(path=directory)
    (root / "keys").mkdir(parents=True, mode=0o700)
    (root / "data").mkdir()
    (root / "drafts").mkdir()
    _copy_data(root / "data")
    play = _Play(session, root)
    with _environment(session, root):
        play.tell()
    (root / "NEXT.txt").write_text(_next_text(directory), encoding="utf-8")
    if session.as_json:
        session.emit(play.summary())
    else:
        session.echo()
        session.wrapped(
            session.say(
                f"完。接下来可以试什么，见 {root / 'NEXT.txt'}。",
                f"Done. What to try next stands in {root / 'NEXT.txt'}.",
            )
        )


def _copy_data(target: Path) -> None:
    renamed = {"received.csv": _BOOK, "received-corrected.csv": _MENDED}
    for entry in _DATA.iterdir():
        if entry.is_file() and not entry.name.endswith(".py"):
            (target / renamed.get(entry.name, entry.name)).write_bytes(entry.read_bytes())


@contextmanager
def _environment(session: Session, root: Path) -> Iterator[None]:
    """The variables that a user would set, for the time of the story."""
    wanted = {
        "CHAINLOG_PASSPHRASE": _PASSPHRASE,
        "CHAINLOG_LOG_KEY": str(root / "keys" / "log.key"),
        "LC_ALL": "zh_CN.UTF-8" if session.lang == "zh" else "en_US.UTF-8",
    }
    before = {name: os.environ.get(name) for name in (*wanted, "CHAINLOG_KEY")}
    os.environ.update(wanted)
    os.environ.pop("CHAINLOG_KEY", None)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _Play:
    """The story, step by step."""

    def __init__(self, session: Session, root: Path) -> None:
        self._session = session
        self._root = root
        self._log_id = ""
        self._altered: dict[str, Any] = {}

    def tell(self) -> None:
        """All of it. Raises StoreError where a command ends otherwise than it should."""
        self._show(f"export CHAINLOG_PASSPHRASE={_PASSPHRASE} CHAINLOG_LOG_KEY={_quoted(self._path('keys/log.key'))}")
        self._open()
        self._year()
        self._destructions()
        self._questions()
        self._alteration()

    def _open(self) -> None:
        self._head("一、建日志：三名管理员，任两人签名；日志编号抄写在纸上",
                   "1. A log is made: three administrators, two of whom sign; its id is written on paper")  # fmt: skip
        for name, person in _ADMINISTRATORS:
            self._run("key", "new", self._key(name), "--label", person, "--cost", "interactive")
        self._run("key", "new", self._key("log"), "--purpose", "log", "--label", "draft.yunxi", "--cost", "interactive")
        administrators = [
            word for name, person in _ADMINISTRATORS for word in ("--administrator", f"p/{person}={self._key(name)}")
        ]
        self._run("init", self._log, "--name", "draft.yunxi", "--title", "云溪镇涉密载体登记", "--unit", "u/云溪镇", *administrators,
                  "--threshold", "2", "--log-key", self._key("log"), "--policy", self._path("data/policy.toml"))  # fmt: skip
        self._pin()
        self._head("二、登记人员的密钥、单位、场所、岗位", "2. Keys of persons, units, places and posts")
        for name, person in (*_PERSONS, ("registrar-second", "苏婉")):
            self._run("key", "new", self._key(name), "--label", person, "--cost", "interactive")
            self._run(
                "enroll", self._log, f"p/{person}", "--proof-from", self._key(name), *self._by("admin-1", "admin-2")
            )
        self._run("append", self._log, self._path("data/office.jsonl"), *self._by("admin-1", "admin-2"))

    def _year(self) -> None:
        self._head("三、导入收文登记簿：写错的日期被指出，改正后只补那一行",
                   "3. The register of received papers is imported: a wrong date is named; mended, only that row is added")  # fmt: skip
        names = ("--names", self._path("data/names.csv"), *self._by("registrar"))
        self._run("import", self._log, self._path(f"data/{_BOOK}"), *names, status=1)
        self._run("import", self._log, self._path(f"data/{_MENDED}"), *names)
        self._head("四、传阅：交接双方都签名", "4. Circulation: both sides sign")
        self._run("append", self._log, self._path("data/year.jsonl"), *self._by("registrar", "reader", "leader"))
        self._head("五、借阅：两人在不同的机器上先后签名；还晚了九天",
                   "5. A loan: two sign one after the other, at different machines; it comes back nine days late")  # fmt: skip
        draft = self._path("drafts/loan.draft")
        self._run("draft", self._log, "transferred.lend", "--out", draft, "--on", "c/白办发〔2025〕12号/000205", "--who", "giver=p/苏婉",
                  "--who", "receiver=p/方圆", "--set", "purpose=起草汇报", "--set", "depth=take_away", "--set", "due=2025-05-13 18:00",
                  "--ref", "loan-permit", "--at", "2025-05-06 10:00", *self._by("registrar"))  # fmt: skip
        self._run("sign", draft, "--log", self._log, "--yes", *self._by("borrower"))
        self._run("append", self._log, draft)
        self._head("六、归还、复印、再传阅", "6. The return, copies, another circulation")
        self._run(
            "append", self._log, self._path("data/later.jsonl"), *self._by("registrar", "clerk", "leader", "borrower")
        )

    def _destructions(self) -> None:
        self._head("七、合规销毁：造册、领导批准整份清册、两人监销",
                   "7. A proper destruction: a list, permitted as a whole, two supervisors")  # fmt: skip
        papers = ("c/白办发〔2025〕3号/000031", "c/白办发〔2025〕3号/000032")
        self._listed(1, papers, listed="2025-11-03 09:00", permitted="2025-11-04 09:00")
        done = self._destroyed(1, ("p/苏婉", "p/高磊"), at="2025-11-06 11:00", keys=("registrar",))
        self._run("sign", done, "--log", self._log, "--yes", *self._by("clerk"))
        self._run("append", self._log, done)
        self._head("八、一人冒充两人：苏婉用自己的两个密钥签了两个监销人的名",
                   "8. One person for two: 苏婉 signs as both supervisors, with two keys of her own")  # fmt: skip
        papers = ("c/白自然资〔2025〕21号/000052", "c/白自然资〔2025〕21号/000053")
        self._listed(2, papers, listed="2025-12-15 09:00", permitted="2025-12-15 15:00")
        done = self._destroyed(2, ("p/苏婉:2",), at="2025-12-16 17:40", keys=("registrar", "registrar-second"))
        self._run("append", self._log, done)
        self._head("九、离岗：方圆手里还有一份复印件", "9. A departure: 方圆 still has one of the copies")
        self._run("depart", self._log, "p/方圆", "--reason", "调离", *self._by("admin-1", "admin-2"))

    def _listed(self, number: int, carriers: tuple[str, ...], *, listed: str, permitted: str) -> None:
        """A list of papers to be destroyed, and the leader's permit for the whole of it."""
        name = f"l/销毁2025-{number}"
        papers, permit = self._path(f"drafts/list-{number}.draft"), self._path(f"drafts/permit-{number}.draft")
        items = [{"carrier": carrier, "reason": "no_longer_needed"} for carrier in carriers]
        on = [word for carrier in carriers for word in ("--on", carrier)]
        self._run("draft", self._log, "listed.added", "--out", papers, "--on", name, *on, "--who", "registrar=p/苏婉", "--set",
                  "purpose=destroy", "--set", f"total={len(carriers)}", "--set", f"items={json.dumps(items, ensure_ascii=False)}",
                  "--parts", "--at", listed, *self._by("registrar"))  # fmt: skip
        self._run("append", self._log, papers)
        self._run("draft", self._log, "decided.permit", "--out", permit, "--on", name, "--who", "approver=p/韩松", "--who",
                  "proposer=p/苏婉:1", "--set", "step=approved", "--set", "act=destroy", "--whole", "--id", f"permit-{number}",
                  "--at", permitted, *self._by("leader", "registrar"))  # fmt: skip
        self._run("append", self._log, permit)

    def _destroyed(self, number: int, supervisors: tuple[str, ...], *, at: str, keys: tuple[str, ...]) -> str:
        """The draft of a destruction with the signatures of the keys given."""
        name, done = f"l/销毁2025-{number}", self._path(f"drafts/destroyed-{number}.draft")
        who = [word for supervisor in supervisors for word in ("--who", f"supervisor={supervisor}")]
        self._run("draft", self._log, "destroyed.carriers", "--out", done, "--on", name, "--list", name, "--parts", *who, "--set",
                  "method=pulp", "--set", "place=w/市销毁中心", "--set", "unit=u/市载体销毁中心", "--ref", f"permit-{number}", "--at",
                  at, *self._by(*keys))  # fmt: skip
        return done

    def _questions(self) -> None:
        self._head("十、现在谁手里有什么", "10. Who has what now")
        self._run("custody", self._log)
        self._head("十一、哪些事没有按规定办", "11. What was not done by the rules")
        self._run("findings", self._log, status=1)
        self._head("十二、记录是否原样", "12. Are the records what was written?")
        self._run("verify", self._log, "--log-id", self._path("log-id"))

    def _alteration(self) -> None:
        self._head("十三、在一份备份里改动一个字节", "13. One byte of a copy is changed")
        copy = self._path("altered-copy")
        self._run("backup", self._log, copy)
        target = self._root / "altered-copy" / "truth" / "data.mdb"
        data = bytearray(target.read_bytes())
        place = data.rfind(_ALTERED_TEXT.encode())
        if place < 0:
            raise StoreError(f"{target} does not hold {_ALTERED_TEXT}", detail_zh=f"{target} 中找不到“{_ALTERED_TEXT}”")
        data[place] ^= 1
        target.write_bytes(data)
        self._altered = {"file": str(target), "offset": place}
        self._say(f"# {target} 的第 {place} 字节改了一位", f"# one bit of byte {place} of {target} is changed")
        self._run("verify", copy, "--log-id", self._path("log-id"), status=1)

    # --- how it is told -------------------------------------------------------------------------

    @property
    def _log(self) -> str:
        return self._path("log")

    def _path(self, name: str) -> str:
        return str(self._root / name)

    def _key(self, name: str) -> str:
        return self._path(f"keys/{name}.key")

    def _by(self, *names: str) -> list[str]:
        return [word for name in names for word in ("--key", self._key(name))]

    def _pin(self) -> None:
        """Keep the log's id outside the log, as one would on paper."""
        from chainlog.cli.logs import opened

        with opened(self._log) as log:
            self._log_id = log.id.hex()
        (self._root / "log-id").write_text(self._log_id + "\n", encoding="utf-8")
        self._say(f"# 日志编号已存到 {self._path('log-id')}", f"# the log's id is kept in {self._path('log-id')}")

    def _head(self, zh: str, en: str) -> None:
        if not self._session.as_json:
            self._session.echo()
            self._session.echo(self._session.say(zh, en), style="bold")

    def _say(self, zh: str, en: str) -> None:
        self._show(self._session.say(zh, en), prompt="")

    def _show(self, line: str, *, prompt: str = "$ ") -> None:
        if not self._session.as_json:
            self._session.echo(prompt + line, style="cyan")

    def _run(self, *words: str, status: int = 0) -> None:
        """Run one command as the user would, and show it. Raises StoreError for another exit status."""
        from chainlog.cli.app import cli

        line = "chainlog " + " ".join(map(_quoted, words))
        self._show(line)
        if self._session.as_json:
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                found = _status(cli, words)
        else:
            sys.stdout.flush()
            found = _status(cli, words)
        if found != status:
            raise _stopped(line, found, status)

    def summary(self) -> dict[str, Any]:
        """What was made, for a program."""
        return {
            "directory": str(self._root), "log": self._log, "log_id": self._log_id, "keys": self._path("keys"),
            "passphrase": _PASSPHRASE, "altered": self._altered,
        }  # fmt: skip


def _quoted(word: str) -> str:
    """A word as it is typed: Chinese needs no quotes, though shlex would give it some."""
    plain = bool(word) and not set(word) & set(" \t\"'$`\\|&;<>()*?[]{}!#~")
    return word if plain else shlex.quote(word)


def _status(cli: click.Command, words: tuple[str, ...]) -> int:
    try:
        cli.main(list(words), prog_name="chainlog")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    return 0


def _next_text(directory: str) -> str:
    d = _quoted(directory)
    return f"""\
接下来可以试试
==============

先设置口令和日志密钥（所有密钥的口令都是 demo）：
  export CHAINLOG_PASSPHRASE=demo CHAINLOG_LOG_KEY={d}/keys/log.key

谁接触过某份文件：
  chainlog holders {d}/log d/白办发〔2025〕12号
一件载体的全部经过，一条记录的全部内容：
  chainlog history {d}/log c/复印〔2025〕1号
  chainlog show {d}/log 20
方圆离岗时手里有什么，五月中时又有什么：
  chainlog custody {d}/log --holder p/方圆
  chainlog custody {d}/log --holder p/方圆 --at 2025-05-15
只看销毁一章的问题，或只看苏婉参与的：
  chainlog findings {d}/log --rule DES-3
  chainlog findings {d}/log --person p/苏婉
核验原件与被改动的副本：
  chainlog verify {d}/log --log-id {d}/log-id
  chainlog verify {d}/altered-copy --log-id {d}/log-id
自己记一笔（在终端上逐项提问）：
  chainlog draft {d}/log transferred.lend --out my.draft
  chainlog sign my.draft --key {d}/keys/registrar.key --log {d}/log

What to try next
================

Set the passphrase and the log key first (the passphrase of every key is demo):
  export CHAINLOG_PASSPHRASE=demo CHAINLOG_LOG_KEY={d}/keys/log.key

Who met a document:
  chainlog holders {d}/log d/白办发〔2025〕12号 --lang en
Everything that happened to a carrier; everything that a record holds:
  chainlog history {d}/log c/复印〔2025〕1号 --lang en
  chainlog show {d}/log 20 --lang en
What 方圆 had when leaving, and in the middle of May:
  chainlog custody {d}/log --holder p/方圆 --lang en
  chainlog custody {d}/log --holder p/方圆 --at 2025-05-15 --lang en
Only one rule's findings, or only where 苏婉 took part:
  chainlog findings {d}/log --rule DES-3 --lang en
  chainlog findings {d}/log --person p/苏婉 --lang en
Verify the log, and the copy that was changed:
  chainlog verify {d}/log --log-id {d}/log-id --lang en
  chainlog verify {d}/altered-copy --log-id {d}/log-id --lang en
Record something yourself (at a terminal it asks):
  chainlog draft {d}/log transferred.lend --out my.draft --lang en
  chainlog sign my.draft --key {d}/keys/registrar.key --log {d}/log --lang en
"""
