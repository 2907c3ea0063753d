"""`chainlog draft`: an event made ready on the newest record, as a file for its signers. Reads the log, writes drafts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainlog.cli.command import Group, argument, command, common_options, option
from chainlog.cli.fields import check_prefix, kind_of, read_fields, read_who
from chainlog.cli.jsonlines import json_object, opened_bytes
from chainlog.cli.keys import Keys, choose, key_options
from chainlog.cli.logs import Signing, entry_of, opened_to_sign, show_saved
from chainlog.cli.session import Session
from chainlog.cli.times import at_option, instant_of, occurred_of
from chainlog.errors import UsageError

if TYPE_CHECKING:
    from chainlog.authority.state import ViewAuthority
    from chainlog.event.model import CheckedEvent
    from chainlog.facade import Log

_OWN = ("show", "new", "-h", "--help")


class _DraftGroup(Group):
    """`chainlog draft LOG KIND …` is short for `chainlog draft new LOG KIND …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in _OWN:
            args = ["new", *args]
        return super().parse_args(ctx, args)


@click.group(
    "draft", cls=_DraftGroup,
    zh="起草事件：chainlog draft 日志 类型 --out 文件 …（new 可省略；全部选项见 chainlog draft new --help）。",
    en="Draft an event: chainlog draft LOG KIND --out FILE … (new may be left out; chainlog draft new --help lists all options).",
    example="chainlog draft office.log transferred.lend --out loan.draft --on c/87 --who giver=p/李敏 --who receiver=p/陈 "
            "--set purpose=起草 --set depth=take_away --set due=2025-05-13 --at '2025-05-06 10:00'",
)  # fmt: skip
@common_options
def draft() -> None:
    """Drafts."""


@command(
    "new",
    zh="起草事件，存为草稿供签名。类型与字段见 chainlog kinds。在终端上不给字段时逐项提问。",
    en="Draft an event and save it for its signers. chainlog kinds lists kinds and fields. At a terminal, without fields, it asks.",
    example="chainlog draft office.log destroyed.carriers --out d.draft --on l/销毁1 --list l/销毁1 --parts "
            "--who supervisor=p/李敏 --who supervisor=p/赵强 --set method=pulp --ref 31",
)  # fmt: skip
@argument("log", zh="日志目录", en="directory of the log", type=click.Path())
@argument("kind", required=False, zh="事件类型，如 transferred.lend", en="kind of event, like transferred.lend")
@option("--out", type=click.Path(), required=True, metavar="DRAFT", zh="草稿文件", en="The draft to write.")
@option(
    "--on",
    multiple=True,
    metavar="SUBJECT",
    zh="载体、文件、清单等对象，可重复",
    en="A carrier, document, list …; repeat.",
)
@option(
    "--who",
    multiple=True,
    metavar="ROLE=PERSON",
    zh="人员，可重复；ROLE=PERSON:0 只列名不签名，:2 以两个密钥签名",
    en="Who took part; repeat. ROLE=PERSON:0 only states, :2 signs with two keys.",
)
@option(
    "--set",
    "fields",
    multiple=True,
    metavar="FIELD=VALUE",
    zh="字段，可重复；层级用点：document.title=…，items.0.carrier=…",
    en="A field; repeat. Dots go inside: document.title=…, items.0.carrier=….",
)
@at_option
@option(
    "--ref",
    "refs",
    multiple=True,
    metavar="RECORD|ID",
    zh="所据事件的记录号或编号，可重复",
    en="Record or id of an act that it rests on; repeat.",
)
@option("--id", "event_id", metavar="ID", zh="事件编号；不给则新编", en="Id of the event; a new one by default.")
@option(
    "--expires", metavar="TIME", zh="草稿有效期至；默认 14 天", en="When the draft lapses; 14 days from now by default."
)
@option(
    "--json-file",
    type=click.Path(),
    metavar="FILE",
    zh="从 JSON 读取一个事件；- 为标准输入",
    en="Read one event as JSON; - for standard input.",
)
@option(
    "--list", "list_subject", metavar="l/…", zh="取清单上现有的载体", en="Take the carriers that stand on a list now."
)
@option("--parts", is_flag=True, zh="载体多时分成几份草稿", en="Split many carriers into several drafts.")
@option(
    "--whole",
    is_flag=True,
    zh="许可清单时写入清单摘要、件数和造册记录",
    en="For a permit on a list: fill in its digest, count and listings.",
)
@key_options
def new(
    session: Session, log: str, out: str, key_paths: tuple[str, ...], passphrase_file: str | None, **given: Any
) -> None:
    """Draft an event."""
    with opened_to_sign(session, log, Signing(key_paths, None, passphrase_file, None)) as (handle, keys):
        line, who = _stated(session, handle, given)
        if given["list_subject"]:
            from chainlog.log.drafting import listed_carriers

            with handle.store.snapshot() as snapshot:
                line["on"] = [*line.get("on", ()), *listed_carriers(snapshot, given["list_subject"])]
        if given["whole"]:
            _fill_whole(handle, line)
        if given["parts"]:
            from chainlog.cli.parts import split

            lines = split(line)
            paths = [str(_numbered(Path(out), n, len(lines))) for n in range(1, len(lines) + 1)]
        else:
            lines, paths = [line], [out]
        for path in paths:
            if Path(path).exists():
                raise UsageError(f"{path} exists", detail_zh=f"{path} 已存在")
        for one, path in zip(lines, paths, strict=True):
            _save(session, handle, keys, one, who, path)


def _numbered(path: Path, number: int, count: int) -> Path:
    return path if count == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def _stated(session: Session, log: Log, given: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """The event in its JSON form, from a file, from options, or from answers; and who takes part."""
    from chainlog.event.jsonform import format_id

    if given["json_file"] is not None:
        if given["kind"] or given["fields"] or given["who"] or given["on"]:
            raise UsageError(
                "with --json-file the event is in the file", detail_zh="用了 --json-file，事件内容即在文件中"
            )
        with opened_bytes(given["json_file"]) as file:
            return json_object(file.read(), path=given["json_file"]), None
    bare = not (given["fields"] or given["who"] or given["on"])
    if bare and session.interactive:
        from chainlog.cli.prompts import ask_event, ask_kind

        kind = kind_of(given["kind"]) if given["kind"] else ask_kind(session)
        line = ask_event(session, kind)
        who = line.pop("who")
        given["at"] = line.pop("at") or given["at"]
    elif given["kind"] is None:
        raise UsageError("which kind?", detail_zh="请给出事件类型",
                         hint=("chainlog kinds 列出全部类型", "chainlog kinds lists them"))  # fmt: skip
    else:
        kind = kind_of(given["kind"])
        for subject in given["on"]:
            check_prefix(subject)
        who = read_who(given["who"])
        line = {"kind": kind.name, "on": list(given["on"]), "body": read_fields(kind, given["fields"])}
    line["refs"] = [format_id(entry_of(log, ref).event.id) for ref in given["refs"]]
    if given["event_id"]:
        line["id"] = given["event_id"]
    _times(line, log, given)
    return line, who


def _times(line: dict[str, Any], log: Log, given: dict[str, Any]) -> None:
    """Times as the JSON form states them, whatever words were typed."""
    from chainlog.event.times import format_time

    offset, now_us = log.utc_offset_minutes, log.now_us()
    if given["at"]:
        start, span_us = occurred_of(given["at"], offset_minutes=offset, now_us=now_us)
        line["at"] = {"start": format_time(start, offset_minutes=offset), "span_us": span_us}
    if given["expires"]:
        moment = instant_of(given["expires"], offset_minutes=offset, now_us=now_us)
        line["expires_at"] = format_time(moment, offset_minutes=offset)


def _fill_whole(log: Log, line: dict[str, Any]) -> None:
    """Digest, count and listings of the one list that is permitted: so that nothing can be added to it afterwards."""
    from chainlog import limits
    from chainlog.event.jsonform import format_id
    from chainlog.log.drafting import listed_carriers, whole_of

    lists = [subject for subject in line.get("on", ()) if subject.startswith("l/")]
    if len(lists) != 1:
        raise UsageError("--whole wants one list: --on l/…", detail_zh="--whole 需要一个清单：--on l/…")
    with log.store.snapshot() as snapshot:
        carriers = listed_carriers(snapshot, lists[0])
    if not carriers:
        raise UsageError(f"nothing stands on {lists[0]}", detail_zh=f"清单 {lists[0]} 上没有载体")
    line["body"] = {**line["body"], "whole": whole_of(carriers).hex(), "count": len(carriers)}
    listings = [entry for entry in log.reader.history(lists[0]) if entry.kind == "listed.added"]
    refs = [format_id(entry.event.id) for entry in reversed(listings)]
    line["refs"] = [*line.get("refs", ()), *refs][: limits.REFS_MAX]


def _save(session: Session, log: Log, keys: Keys, line: dict[str, Any], who: Any, path: str) -> None:
    from chainlog.cli.events import event_of

    with log.store.snapshot() as snapshot, log.authority() as authority:
        holders = keys.holders(authority)
        event = event_of(log, line, view=snapshot, authority=authority, holders=holders, who=who)
        choice = choose(event.event, holders)
        _remarks(session, event, authority, now_us=log.now_us())
    made = log.draft(event)
    for role, person, holder in choice.chosen:
        made = made.sign(keys.signer(holder), role=role, person=person, signed_at_us=log.now_us())
    made.save(path)
    show_saved(session, path, made)


def _remarks(session: Session, event: CheckedEvent, authority: ViewAuthority, *, now_us: int) -> None:
    """What the policy wants beyond what is named, and what is left open. A draft is not refused for it."""
    from chainlog.event.kind import ROLES
    from chainlog.log.drafting import lacks

    era = authority.policy_for(now_us)
    refuse = " ".join(era.body.refuse) if era is not None else ""
    zh, en = "没有也能写入，但会成为问题", "it can be recorded without, and is then a finding"
    if refuse:
        zh, en = f"现行制度对 {refuse} 不准写入", f"the policy in force refuses what breaks {refuse}"
    for role, count in lacks(event, authority).items():
        session.note(session.say(f"注意：制度还要求 {count} 名{ROLES[role][0]}（{role}）签名；{zh}",
                                 f"note: the policy wants {count} more {role} to sign; {en}"))  # fmt: skip
    if not event.event.occurred:
        session.note(
            session.say(
                "注意：未给出发生时间，记为不详（--at）", "note: no time is stated (--at); it is recorded as not known"
            )
        )


@command(
    "show",
    zh="显示草稿的内容和签名情况。",
    en="Show what a draft holds and who has signed it.",
    example="chainlog draft show loan.draft",
)
@argument("file", zh="草稿", en="the draft", type=click.Path())
@option(
    "--log",
    type=click.Path(),
    zh="日志目录，用于时区和核对",
    en="The log: for its zone, and to check the draft against.",
)
def show(session: Session, file: str, log: str | None) -> None:
    """Show a draft."""
    from chainlog.cli.sign import load_shown, show_draft

    show_draft(session, file, load_shown(file, log))


def _add(children: Sequence[click.Command]) -> None:
    for child in children:
        draft.add_command(child)


_add((new, show))
