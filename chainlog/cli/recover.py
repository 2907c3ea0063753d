"""`chainlog recover`: finishes a log that was saved with a gap, once administrators have signed what was lost."""

from __future__ import annotations

from pathlib import Path

import click

from chainlog.cli.command import argument, command, option
from chainlog.cli.file_kinds import check_file
from chainlog.cli.keys import Keys, Passphrases, key_options, log_key_option, missing_error
from chainlog.cli.salvage import make_draft, saying_again, sign_draft
from chainlog.cli.session import Session
from chainlog.errors import ReadOnlyError


@command(
    "recover",
    zh="完成抢救：记录已由管理员签齐的 recovered，新日志随即可用。--anew 重新起草（换人签名、改写原因，或草稿已过期）。",
    en="Finish a salvage: record the recovered that administrators have signed; then the new log can be used. --anew drafts it again "
       "(other signers, another reason, or because it has lapsed).",
    example="chainlog recover new.log --key admin1.key --key admin2.key --log-key log.key",
)  # fmt: skip
@argument("new", zh="chainlog salvage 建立的目录", en="the directory that chainlog salvage made", type=click.Path())
@option("--draft", "file", type=click.Path(), metavar="FILE", zh="签齐的草稿（默认 新日志/recovered.draft）",
        en="The signed draft (NEW/recovered.draft by default).")  # fmt: skip
@option("--anew", is_flag=True, zh="重新起草", en="Draft it again.")
@option("--reason", zh="损坏的原因（重新起草时）", en="What happened (with --anew).")
@option("--administrator", "administrators", multiple=True, metavar="PERSON",
        zh="应签名的管理员，可重复（重新起草时）", en="An administrator who is to sign (with --anew).")  # fmt: skip
@log_key_option
@key_options
def recover(
    session: Session, new: str, file: str | None, anew: bool, reason: str | None, administrators: tuple[str, ...],
    log_key: str | None, key_paths: tuple[str, ...], passphrase_file: str | None,
) -> None:  # fmt: skip
    """Finish a salvage."""
    from chainlog.forensics.salvage_end import Unfinished
    from chainlog.record.draft import load_draft

    passphrases = Passphrases(session, passphrase_file)
    keys = Keys(session, key_paths, passphrases)
    with Unfinished(Path(new)) as log:
        path = str(log.draft_path) if file is None else file
        check_file(path, "draft")
        draft = load_draft(path)
        if anew or reason or administrators:
            body = draft.checked_event().body
            draft = make_draft(
                log, keys, administrators, reason=reason or body.reason, known_size=body.known_size, known_root=body.known_root
            )  # fmt: skip
        else:
            draft = sign_draft(log, keys, draft)
        draft.save(path)
        if draft.wanted():
            signed = ", ".join(signature.person for signature in draft.signatures)
            session.note(
                session.say(f"{path} 已有签名：{signed or '无'}", f"{path} is signed by: {signed or 'nobody'}")
            )
            raise missing_error(draft.wanted(), draft=path)
        if log_key is None:
            raise ReadOnlyError("the log key was not given")
        with saying_again(session, new):
            receipt = log.finish(draft, log_signer=passphrases.open(log_key, "log"), on_recorded=session.on_recorded)
    if session.as_json:
        session.emit(
            {"new": new, "log_id": receipt.log_id.hex(), "recovered": receipt.index, "size": receipt.index + 1}
        )
    else:
        session.echo(session.say(f"recovered 已记录为第 {receipt.index} 条；新日志 {new} 已可使用",
                                 f"recovered is record {receipt.index}; the new log {new} is ready"))  # fmt: skip
