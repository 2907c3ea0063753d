"""Key files as the command line uses them: passphrases, whose key it is, which key signs what. Reads files and prompts.

Whose key a file holds is what the log's registry says of its public key; names and labels of files say nothing. A file
is opened, which takes its passphrase and a tenth of a second or more, only when its key signs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

from chainlog.cli.command import Function, option
from chainlog.cli.file_kinds import check_file
from chainlog.cli.session import Session
from chainlog.errors import KeyFileError, RefusedError, UsageError, WrongPassphraseError

if TYPE_CHECKING:
    from chainlog.authority.keys import KeyHistory
    from chainlog.authority.state import Authority
    from chainlog.event.model import Event
    from chainlog.log.request import Proposal
    from chainlog.record.draft import Wanted
    from chainlog.record.keyfile_format import PublicInfo
    from chainlog.record.keys import ReaderKey
    from chainlog.record.signer import LocalSigner

PASSPHRASE_VARIABLE: Final = "CHAINLOG_PASSPHRASE"  # noqa: S105 - the name of a variable, no passphrase
_TRIES: Final = 3

passphrase_option: Final = option(
    "--passphrase-file", type=click.Path(), metavar="FILE",
    zh=f"口令文件（仅本人可读；- 为标准输入首行）；不给则取 {PASSPHRASE_VARIABLE}，再不然提问",
    en=f"File that holds the passphrase (readable by you alone; - for the first line of standard input); "
       f"else {PASSPHRASE_VARIABLE}, else you are asked.",
)  # fmt: skip
log_key_option: Final = option(
    "--log-key", type=click.Path(), envvar="CHAINLOG_LOG_KEY", metavar="FILE",
    zh="日志密钥文件（或 CHAINLOG_LOG_KEY）", en="Key file of the log (or CHAINLOG_LOG_KEY).",
)  # fmt: skip
_key_option: Final = option(
    "--key", "key_paths", type=click.Path(), envvar="CHAINLOG_KEY", multiple=True, metavar="FILE",
    zh="签名者的密钥文件，可重复（或 CHAINLOG_KEY，以冒号分隔）",
    en="Key file of a signer; can be repeated (or CHAINLOG_KEY, parted by colons).",
)  # fmt: skip


def key_options(function: Function) -> Function:
    """`--key` and `--passphrase-file`."""
    return _key_option(passphrase_option(function))


class Passphrases:
    """Where passphrases come from: a file, the environment, or the person at the terminal."""

    def __init__(self, session: Session, file: str | None = None) -> None:
        self._session = session
        self._file = file
        self._read: str | None = None

    def given(self) -> str | None:
        """The passphrase from file or environment, None where the person is to be asked."""
        if self._file is None:
            return os.environ.get(PASSPHRASE_VARIABLE) or None
        if self._read is None:
            self._read = _first_line(self._file)
        return self._read

    def new(self, path: str) -> str:
        """A passphrase for a new key file, asked for twice."""
        given = self.given()
        return self.ask_new(path) if given is None else given

    def ask_new(self, path: str) -> str:
        """The same, from the person at the terminal alone."""
        self._must_ask(path)
        while True:
            text: str = self._ask_hidden(f"{path} 的新口令", f"New passphrase for {path}")
            if self._ask_hidden("再输入一次", "Once more") == text:
                return text
            self._session.note(self._session.say("两次输入不同，请重新输入", "The two differ; enter it again"))

    def _ask_hidden(self, zh: str, en: str) -> str:
        text: str = click.prompt(self._session.say(zh, en), hide_input=True, err=True)
        return text

    def old(self, path: str, *, label: str = "") -> str:
        """The passphrase of an existing file, asked for."""
        self._must_ask(path)
        shown = f"{path}（{label}）" if label else path
        return self._ask_hidden(f"{shown} 的口令", f"Passphrase for {path}{f' ({label})' if label else ''}")

    def _must_ask(self, path: str) -> None:
        if not self._session.interactive:
            raise UsageError(
                f"no passphrase for {path}: give --passphrase-file or {PASSPHRASE_VARIABLE}",
                detail_zh=f"没有 {path} 的口令：请用 --passphrase-file 或 {PASSPHRASE_VARIABLE} 给出",
            )

    def open(self, path: str, purpose: Literal["sign", "log"]) -> LocalSigner:
        """The signer of a key file. Raises KeyFileError, WrongPassphraseError; FormatError for another file."""
        from chainlog.record import keyfile
        from chainlog.record.signer import LocalSigner

        check_file(path, "key")
        given = self.given()
        if given is not None:
            return LocalSigner(keyfile.load(path, passphrase=given, purpose=purpose))
        label = keyfile.read_public(path).label
        for left in range(_TRIES, 0, -1):
            try:
                return LocalSigner(keyfile.load(path, passphrase=self.old(path, label=label), purpose=purpose))
            except WrongPassphraseError:
                if left == 1:
                    raise
                self._session.note(self._session.say("口令不对", "wrong passphrase"))
        raise AssertionError("the last try returns or raises")

    def open_reader(self, path: str) -> ReaderKey:
        """The key of a file that opens sealed values. Raises as `open`."""
        from chainlog.record import keyfile

        check_file(path, "key")
        given = self.given()
        if given is None:
            given = self.old(path, label=keyfile.read_public(path).label)
        return keyfile.load_reader(path, passphrase=given)


def public_of(path: str) -> PublicInfo:
    """What a key file says without its passphrase. Raises KeyFileError; FormatError for another file."""
    from chainlog.record import keyfile

    check_file(path, "key")
    return keyfile.read_public(path)


def _first_line(path: str) -> str:
    if path == "-":
        return sys.stdin.readline().rstrip("\r\n")
    from chainlog.record import private_file

    try:
        text = private_file.read(path, allow_loose_permissions=False).decode()
    except UnicodeDecodeError as error:
        raise KeyFileError("the passphrase file is not UTF-8", detail_zh="口令文件不是 UTF-8", path=path) from error
    return text.split("\n", 1)[0].rstrip("\r")


class Holder(NamedTuple):
    """A key file and what the log knows of its key."""

    path: str
    history: KeyHistory


class Keys:
    """The key files that were given for signing."""

    def __init__(self, session: Session, paths: Sequence[str], passphrases: Passphrases) -> None:
        self._passphrases = passphrases
        self.session = session
        self.paths = list(dict.fromkeys(paths))
        self._signers: dict[str, LocalSigner] = {}

    def public(self) -> dict[str, PublicInfo]:
        """What each file says of itself, without a passphrase."""
        return {path: public_of(path) for path in self.paths}

    def holders(self, authority: Authority) -> list[Holder]:
        """
        Whose keys they are.

        Raises: RefusedError (unknown-key, revoked-key) naming the first file whose key doesn't count in this log.
        """
        found = []
        for path, info in self.public().items():
            history = authority.key(info.public_key)
            if history is None:
                raise RefusedError(
                    f"{path} holds key {info.public_key.hex()[:16]}…, which is not enrolled in this log",
                    detail_zh=f"{path} 的密钥 {info.public_key.hex()[:16]}… 未在此日志登记",
                    finding="unknown-key", subject="",
                )  # fmt: skip
            if history.until is not None:
                raise RefusedError(
                    f"{path}: revoked by record {history.until}", detail_zh=f"{path}：已被第 {history.until} 条记录吊销",
                    finding="revoked-key", subject=history.holder,
                )  # fmt: skip
            found.append(Holder(path, history))
        return found

    def signer(self, holder: Holder) -> LocalSigner:
        """Open the file."""
        return self.signer_at(holder.path, "log" if holder.history.purpose == "log" else "sign")

    def signer_at(self, path: str, purpose: Literal["sign", "log"]) -> LocalSigner:
        """Open a file by its path; once in a run."""
        if path not in self._signers:
            self._signers[path] = self._passphrases.open(path, purpose)
        return self._signers[path]


class Choice(NamedTuple):
    """Which of the given keys sign an event, and which signatures are then lacking."""

    chosen: tuple[tuple[str, str, Holder], ...]
    missing: tuple[Wanted, ...]


def choose(event: Event, holders: Iterable[Holder]) -> Choice:
    """Match the signatures that an event's people name with the keys at hand: by person and by what a key is for."""
    from chainlog.authority.keys import purpose_of
    from chainlog.record.draft import Wanted

    at_hand = list(holders)
    chosen: list[tuple[str, str, Holder]] = []
    missing: list[Wanted] = []
    for role, person, signs in event.people:
        able = [h for h in at_hand if h.history.holder == person and h.history.purpose == purpose_of(role)][:signs]
        chosen += [(role, person, holder) for holder in able]
        if len(able) < signs:
            missing.append(Wanted(role, person, signs - len(able)))
    return Choice(tuple(chosen), tuple(missing))


def proposal(event: Any, choice: Choice, keys: Keys) -> Proposal:
    """The proposal in which the chosen keys sign. Raises UsageError if signatures are lacking."""
    from chainlog.log.request import Proposal

    if choice.missing:
        raise missing_error(choice.missing)
    return Proposal(event, tuple((role, person, keys.signer(holder)) for role, person, holder in choice.chosen))


_LACKING: Final = (
    "请用 --key 给出其密钥，或用 --save 文件 保存草稿交由其签名；没有密钥者写作 角色=人员:0。",
    "Give the keys with --key, or save a draft with --save FILE for them to sign; who has no key is stated as role=person:0.",
)


def missing_error(missing: Sequence[Wanted], *, draft: str | None = None) -> UsageError:
    """The error that names the signatures that are lacking, and what can be done; *draft* is where they are lacking."""
    from chainlog.event.kind import ROLES

    zh = "；".join(
        f"{want.person} 作为{ROLES[want.role][0]}（{want.role}）{_times(want, '个签名')}" for want in missing
    )
    en = "; ".join(f"{want.person} as {want.role}{_times(want, ' signatures')}" for want in missing)
    return UsageError(
        f"signatures are missing: {en}", detail_zh=f"缺少签名：{zh}",
        hint=(f"请交由其签名：chainlog sign {draft} --key 其密钥文件",
              f"They sign it: chainlog sign {draft} --key THEIR_KEY_FILE") if draft else _LACKING,
        missing=", ".join(f"{want.role}={want.person}" for want in missing),
    )  # fmt: skip


def _times(want: Wanted, word: str) -> str:
    return f" ×{want.missing}{word}" if want.missing > 1 else ""
