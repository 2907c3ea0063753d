"""`chainlog key`: key files and requests for enrolment. Reads and writes files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from chainlog.cli.command import argument, command, group, option
from chainlog.cli.file_kinds import check_file
from chainlog.cli.keys import Passphrases, passphrase_option, public_of
from chainlog.cli.session import Session
from chainlog.errors import FormatError, UsageError

REQUEST_TYPE: Final = "chainlog/v1/enrolment-request"
_REQUEST_BYTES_MAX: Final = 4_096
_LOG_ID_BYTES_MAX: Final = 200
_PURPOSES: Final = {"sign": ("签名", "signs events"), "log": ("日志", "signs the head of a log"),
                    "read": ("阅读密封值", "opens sealed values")}  # fmt: skip


@group("key", zh="密钥文件。", en="Key files.", example="chainlog key new limin.key --purpose sign --label 李敏")
def key(ctx: click.Context) -> None:
    """Key files."""


_file_argument: Final = argument("file", zh="密钥文件", en="the key file", type=click.Path())


@command(
    "new", zh="新建密钥文件。文件已存在时不覆盖；口令忘记就无法找回。",
    en="Make a key file. Nothing is ever overwritten; a forgotten passphrase can't be recovered.",
    example="chainlog key new limin.key --purpose sign --label 李敏",
)  # fmt: skip
@_file_argument
@option("--purpose", type=click.Choice(list(_PURPOSES)), default="sign", show_default=True,
        zh="用途：sign 人员签名，log 日志密钥，read 阅读密封值",
        en="What it is for: sign (a person), log (a log's head), read (sealed values).")  # fmt: skip
@option("--label", default="", zh="标签，如人名；不加密", en="A label, say a name; not encrypted.")
@option("--cost", type=click.Choice(["interactive", "moderate", "sensitive"]), default="moderate", show_default=True,
        zh="口令运算强度", en="How dear each guess of the passphrase is.")  # fmt: skip
@passphrase_option
def new(session: Session, file: str, purpose: Any, label: str, cost: Any, passphrase_file: str | None) -> None:
    """Make a key file."""
    from chainlog.record import private_file

    private_file.check_vacant(file)
    phrase = Passphrases(session, passphrase_file).new(file)
    public_key = make(file, purpose=purpose, label=label, passphrase=phrase, cost=cost)
    _show(session, file, public_key, purpose, label)


def make(file: str, *, purpose: Any, label: str, passphrase: str, cost: Any) -> bytes:
    """Make a key of random numbers and its file. Its public key."""
    from chainlog.record import keyfile
    from chainlog.record.keys import ReaderKey, SecretKey

    secret = ReaderKey.generate() if purpose == "read" else SecretKey.generate()
    keyfile.create(file, secret=secret, passphrase=passphrase, purpose=purpose, label=label, cost=cost)
    return secret.public_key


def _show(session: Session, file: str, public_key: bytes, purpose: str, label: str, **more: Any) -> None:
    if session.as_json:
        session.emit({"file": file, "purpose": purpose, "label": label, "public_key": public_key.hex(), **more})
        return
    session.pairs([
        (session.say("文件", "file"), file),
        (session.say("用途", "purpose"), f"{purpose}  {session.say(*_PURPOSES[purpose])}"),
        (session.say("标签", "label"), label or "-"),
        (session.say("公钥", "public key"), public_key.hex()),
    ])  # fmt: skip


@command("show", zh="显示公钥、用途、标签（不需口令）；给出 --log 时显示日志中登记在谁名下。",
         en="Show public key, purpose and label (no passphrase needed); with --log, whose key it is there.",
         example="chainlog key show limin.key --log office.log")  # fmt: skip
@_file_argument
@option("--log", type=click.Path(), zh="日志目录", en="A log to look the key up in.")
def show(session: Session, file: str, log: str | None) -> None:
    """Show a key file."""
    info = public_of(file)
    if log is None:
        _show(session, file, info.public_key, info.purpose, info.label)
        return
    from chainlog.cli.logs import opened

    with opened(log) as handle, handle.authority() as authority:
        history = authority.key(info.public_key)
    holder = None if history is None else history.holder
    until = None if history is None else history.until
    since = None if history is None else history.since
    _show(
        session, file, info.public_key, info.purpose, info.label, person=holder, since_index=since, revoked_index=until
    )
    if session.as_json:
        return
    if history is None:
        session.echo(session.say("此日志未登记此密钥", "not enrolled in this log"))
    else:
        session.echo(session.say(f"登记于第 {since} 条：{holder}（{history.purpose}）",
                                 f"enrolled by record {since}: {holder} ({history.purpose})"))  # fmt: skip
        if until is not None:
            session.echo(session.say(f"已被第 {until} 条记录吊销", f"revoked by record {until}"), style="red")


@command("passwd", zh="更换口令。此前的副本仍可用旧口令打开。",
         en="Change the passphrase. Copies made before still open with the old one.",
         example="chainlog key passwd limin.key")  # fmt: skip
@_file_argument
@option(
    "--new-passphrase-file",
    type=click.Path(),
    zh="新口令文件；不给则提问",
    en="File with the new passphrase; else you are asked.",
)
@option("--cost", type=click.Choice(["interactive", "moderate", "sensitive"]), default="moderate", show_default=True,
        zh="口令运算强度", en="How dear each guess of the passphrase is.")  # fmt: skip
@passphrase_option
def passwd(
    session: Session, file: str, new_passphrase_file: str | None, cost: Any, passphrase_file: str | None
) -> None:
    """Change the passphrase of a key file."""
    from chainlog.record import keyfile

    public_of(file)
    source = Passphrases(session, passphrase_file)
    given = source.given()
    old = source.old(file) if given is None else given
    if new_passphrase_file is None and not session.interactive:
        raise UsageError(
            "give the new passphrase with --new-passphrase-file", detail_zh="请用 --new-passphrase-file 给出新口令"
        )
    fresh = Passphrases(session, new_passphrase_file)
    new_phrase = fresh.ask_new(file) if new_passphrase_file is None else fresh.new(file)
    keyfile.change_passphrase(file, old=old, new=new_phrase, cost=cost)
    if session.as_json:
        session.emit({"file": file, "changed": True})
    else:
        session.echo(session.say(f"{file} 的口令已更换", f"the passphrase of {file} is changed"))


@command("request", zh="为自己的密钥申请登记：写出含持有证明的申请文件，交管理员用 chainlog enroll --request 登记。",
         en="Ask for a key to be enrolled: writes a request with proof of possession, which the administrators give to "
            "chainlog enroll --request.",
         example="chainlog key request 3f0c… p/李敏 --key limin.key --out limin.req")  # fmt: skip
@argument(
    "log_id",
    zh="日志编号（64 位十六进制），或写有编号的文件",
    en="id of the log (64 hexadecimal digits), or a file that holds it",
)
@argument("person", zh="人员，如 p/李敏", en="the person, like p/limin")
@option("--key", "key_path", type=click.Path(), required=True, zh="要登记的密钥文件", en="The key file.")
@option("--out", type=click.Path(), required=True, zh="申请文件", en="The request to write.")
@passphrase_option
def request(session: Session, log_id: str, person: str, key_path: str, out: str, passphrase_file: str | None) -> None:
    """Write a request for enrolment."""
    from chainlog.cli.fields import person_of
    from chainlog.record.statement import EnrolStatement

    number = read_log_id(log_id)
    who = person_of(person)
    signer = Passphrases(session, passphrase_file).open(key_path, "sign")
    proof = signer.sign_enrolment(EnrolStatement(number, who, 1, signer.public_key))
    content = {
        "type": REQUEST_TYPE, "log_id": number.hex(), "person": who, "public_key": signer.public_key.hex(), "proof": proof.hex(),
    }  # fmt: skip
    # "x": a request that was handed in is not replaced unseen.
    with Path(out).open("x", encoding="utf-8") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    if session.as_json:
        session.emit({"file": out, **content})
    else:
        session.echo(session.say(f"申请已写入 {out}；请当面或经可靠渠道交管理员，并核对公钥前 16 位：",
                                 f"request written to {out}; hand it over in person, and compare the key's first digits: ")
                     + signer.public_key.hex()[:16])  # fmt: skip


def read_request(path: str, *, log_id: bytes) -> tuple[str, bytes, bytes]:
    """
    Person, public key and proof of a request for this log. Unverified: `admit` checks the proof.

    Raises: FormatError; UsageError for a request to another log.
    """
    check_file(path, "request")
    data = Path(path).read_bytes()
    try:
        content = json.loads(data[:_REQUEST_BYTES_MAX])
        fields = [content[name] for name in ("log_id", "person", "public_key", "proof")]
        if content["type"] != REQUEST_TYPE or any(not isinstance(field, str) for field in fields):
            raise ValueError("another type")
        asked, person, public_key, proof = fields
        keys = [bytes.fromhex(text) for text in (asked, public_key, proof)]
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError("not a request for enrolment", detail_zh="不是密钥登记申请", path=path) from error
    if keys[0] != log_id:
        raise UsageError(f"{path} asks for log {asked}", detail_zh=f"{path} 申请的是另一日志 {asked}")
    return person, keys[1], keys[2]


def read_log_id(text: str) -> bytes:
    """A log id from 64 hexadecimal digits, or from the file that holds them. Raises UsageError."""
    stated = text
    if len(text) != 64 and Path(text).is_file():
        with Path(text).open("rb") as file:
            # Whatever else the file is, no more of it is wanted.
            stated = file.read(_LOG_ID_BYTES_MAX).decode("utf-8", errors="replace").split("\n")[0].strip()
    try:
        number = bytes.fromhex(stated)
    except ValueError:
        number = b""
    if len(number) != 32:
        raise UsageError(
            f"{text} is no log id: 64 hexadecimal digits, or a file that holds them",
            detail_zh=f"“{text}”不是日志编号：应为 64 位十六进制，或写有编号的文件",
        )
    return number


for _command in (new, show, passwd, request):
    key.add_command(_command)
