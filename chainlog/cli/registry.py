"""`chainlog enroll, revoke, appoint, dismiss, depart, declare`: the registry. Signs and records through the log.

The options of `declare` and `appoint` are made from the one table of kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import click

from chainlog.cli.administration import Act, act_options, record_act
from chainlog.cli.command import Function, argument, command, group, log_argument, option
from chainlog.cli.fields import person_of, typed
from chainlog.cli.keys import public_of
from chainlog.cli.logs import entry_of, opened_to_sign
from chainlog.cli.session import Session
from chainlog.errors import NotFoundError, UsageError
from chainlog.event.catalogue import find_kind
from chainlog.event.jsonform import from_json
from chainlog.event.labels import field_en, field_zh
from chainlog.event.subject import fold
from chainlog.event.types import FieldType

_person_argument: Final = argument("person", zh="人员，如 p/李敏", en="the person, like p/limin")


@command(
    "enroll",
    zh="登记人员的密钥：此后其签名有效。须附持有证明：本人在场用 --proof-from，不在场用其申请文件 --request。",
    en="Enrol a person's key: from then on its signatures count. Possession is proved by --proof-from where the person is "
       "there, else by the person's --request.",
    example="chainlog enroll office.log p/李敏 --proof-from limin.key --key admin1.key --key admin2.key --log-key log.key",
)  # fmt: skip
@log_argument
@_person_argument
@option("--proof-from", type=click.Path(), zh="要登记的密钥文件", en="The key file that is to be enrolled.")
@option(
    "--request",
    "request_file",
    type=click.Path(),
    zh="chainlog key request 写出的申请",
    en="What chainlog key request wrote.",
)
@act_options
def enroll(session: Session, log: str, person: str, proof_from: str | None, request_file: str | None, act: Act) -> None:
    """Enrol a key."""
    if (proof_from is None) == (request_file is None):
        raise UsageError("give either --proof-from or --request", detail_zh="--proof-from 与 --request 须给出其一")
    with opened_to_sign(session, log, act.signing) as (handle, keys):
        who = person_of(person)
        if request_file is not None:
            from chainlog.cli.key import read_request

            asked, public_key, proof = read_request(request_file, log_id=handle.id)
            if fold(asked) != who:
                raise UsageError(f"the request is {asked}'s, not {who}'s", detail_zh=f"申请人是 {asked}，不是 {who}")
        else:
            from chainlog.record.statement import EnrolStatement

            signer = keys.signer_at(str(proof_from), "sign")
            public_key = signer.public_key
            proof = signer.sign_enrolment(EnrolStatement(handle.id, who, 1, public_key))
        record_act(session, handle, keys, act, "enrolled", {"person": who, "key": (1, public_key), "proof": proof})


@command(
    "revoke",
    zh="吊销密钥：此后其签名无效。由管理员签名；本人以该密钥自行吊销时，签名者即本人。--doubt-from 使该条起的签名存疑。",
    en="Revoke a key: from then on it signs no more. Administrators sign; with a person's own key alone, the person does. "
       "--doubt-from makes its signatures from that record on doubtful.",
    example="chainlog revoke office.log p/李敏 --key-file limin.key --reason lost --key admin1.key --key admin2.key",
)  # fmt: skip
@log_argument
@_person_argument
@option("--public-key", metavar="HEX", zh="要吊销的公钥", en="The public key.")
@option("--key-file", type=click.Path(), zh="要吊销的密钥文件（不需口令）", en="Its file (no passphrase needed).")
@option("--reason", type=click.Choice(["retired", "lost", "compromised"]), required=True,
        zh="原因：停用、丢失、泄露", en="Why.")  # fmt: skip
@option(
    "--doubt-from",
    type=click.IntRange(min=0),
    zh="自第几条记录起存疑",
    en="Index from which its signatures are doubtful.",
)
@act_options
def revoke(
    session: Session,
    log: str,
    person: str,
    public_key: str | None,
    key_file: str | None,
    reason: str,
    doubt_from: int | None,
    act: Act,
) -> None:
    """Revoke a key."""
    if (public_key is None) == (key_file is None):
        raise UsageError("give either --public-key or --key-file", detail_zh="--public-key 与 --key-file 须给出其一")
    with opened_to_sign(session, log, act.signing) as (handle, keys):
        number = _public_key(public_key, key_file)
        who = person_of(person)
        body: dict[str, Any] = {"person": who, "key": (1, number), "reason": reason}
        if doubt_from is not None:
            body["doubt_from"] = doubt_from
        with handle.authority() as authority:
            holders = keys.holders(authority)
        # The owner alone may give a key up, and holders of recovery keys may act where administrators are lost.
        people = None
        purposes = {holder.history.purpose for holder in holders}
        if purposes == {"person"}:
            people = [("operator", person, 1) for person in {holder.history.holder for holder in holders}]
        elif purposes == {"recovery"}:
            people = [("recovery", person, 1) for person in {holder.history.holder for holder in holders}]
        record_act(session, handle, keys, act, "revoked", body, people=people)


def _public_key(text: str | None, file: str | None) -> bytes:
    if text is None:
        return public_of(str(file)).public_key
    try:
        number = bytes.fromhex(text)
    except ValueError:
        number = b""
    if len(number) != 32:
        raise UsageError("a public key has 64 hexadecimal digits", detail_zh="公钥为 64 位十六进制")
    return number


@command("dismiss", zh="免岗：结束一项任命。--appointment 为任命事件的记录号或编号。",
         en="End an appointment. --appointment is the record or the id of the event that made it.",
         example="chainlog dismiss office.log p/李敏 --appointment 10 --key admin1.key --key admin2.key")  # fmt: skip
@log_argument
@_person_argument
@option(
    "--appointment",
    required=True,
    metavar="RECORD|ID",
    zh="任命事件的记录号或编号",
    en="Record or id of the appointment.",
)
@act_options
def dismiss(session: Session, log: str, person: str, appointment: str, act: Act) -> None:
    """End an appointment."""
    with opened_to_sign(session, log, act.signing) as (handle, keys):
        entry = entry_of(handle, appointment)
        who = person_of(person)
        if not entry.kind.startswith("appointed.") or entry.body().person != who:
            raise NotFoundError(what=f"appointment {appointment} of {who}")
        over = [subject for subject in entry.event.subjects if subject[:2] in ("d/", "l/")]
        record_act(session, handle, keys, act, "dismissed", {"person": who}, refs=[entry.event.id], subjects=over)


@command("depart", zh="人员离岗：其全部任职随之结束。密钥须另行吊销（chainlog revoke）。",
         en="A person leaves: all posts end. The key is revoked separately (chainlog revoke).",
         example="chainlog depart office.log p/李敏 --reason 退休 --at 2025-08-31 --key admin1.key --key admin2.key")  # fmt: skip
@log_argument
@_person_argument
@option("--reason", required=True, zh="原因", en="Why.")
@act_options
def depart(session: Session, log: str, person: str, reason: str, act: Act) -> None:
    """A person leaves."""
    with opened_to_sign(session, log, act.signing) as (handle, keys):
        record_act(session, handle, keys, act, "departed", {"person": person_of(person), "reason": reason})


# --- commands made from the table -----------------------------------------------------------------


class _Made(NamedTuple):
    """A command to be made from a kind: its name, the fields that are arguments, an example."""

    name: str
    kind: str
    lead: Sequence[str]
    example: str


def _made(group_name: str, spec: _Made) -> click.Command:
    """The command whose options are the fields of a kind."""
    kind = find_kind(spec.kind)
    own = dict(kind.own)
    if spec.kind == "declared.meeting":
        own["place?"] = kind.fields["place?"]

    def run(session: Session, act: Act, **values: Any) -> None:
        log = _log_of(click.get_current_context())
        body: dict[str, Any] = {}
        for key, field in own.items():
            name = key.rstrip("?")
            given = values[name]
            if field.item is not None and given:
                body[name] = [typed(field.item, text, name) for text in given]
            elif field.item is not None and not key.endswith("?"):
                body[name] = []
            elif given is not None and field.item is None:
                body[name] = given if isinstance(given, bool) else typed(field, given, name)
        if values.get("official"):
            body.update(_official(body))
        with opened_to_sign(session, log, act.signing) as (handle, keys):
            read = from_json(
                {"kind": spec.kind, "body": body, "people": {}},
                offset_minutes=handle.utc_offset_minutes,
                log_id=handle.id,
            )
            over = [body["over"]] if str(body.get("over", ""))[:2] in ("d/", "l/") else []
            record_act(
                session, handle, keys, act, spec.kind, _folded(own, read["body"]), subjects=[*over, *_leads(own, body)]
            )

    function: Function = act_options(run)
    if spec.kind == "declared.calendar":
        zh, en = (
            "用国务院公布的放假安排（需安装附加组件 calendar）",
            "Take the official list (needs the extra calendar).",
        )
        function = option("--official", is_flag=True, zh=zh, en=en)(function)
    for key, field in reversed(list(own.items())):
        name = key.rstrip("?")
        labels = {"zh": field_zh(name, within=spec.kind), "en": field_en(name)}
        if name in spec.lead:
            function = argument(name, **labels)(function)
        else:
            function = _field_option(key, field, **labels)(function)
    return command(spec.name, zh=f"{kind.zh}（{spec.kind}）。", en=f"{kind.en} ({spec.kind}).", example=spec.example)(
        function
    )


def _official(body: dict[str, Any]) -> dict[str, Any]:
    """The official holidays of a year; none are to be stated besides."""
    from chainlog.rules.holidays import official_declaration

    if body["holidays"] or body["workdays"]:
        raise UsageError(
            "--official states all days itself: leave --holidays and --workdays out",
            detail_zh="--official 已包括全部日期，不得再给 --holidays、--workdays",
        )
    return official_declaration(body["year"])


def _log_of(ctx: click.Context) -> str:
    if ctx.parent is None:
        raise AssertionError("a command of a group has a parent")
    log: str = ctx.parent.params["log"]
    return log


def _leads(own: Any, body: dict[str, Any]) -> list[str]:
    """Units and places that the event declares: the table has them as text, and the kind as subjects."""
    return [body[name] for name in ("unit", "place") if name in own and name == next(iter(own))]


def _folded(own: Any, body: dict[str, Any]) -> dict[str, Any]:
    # What an event is about is folded by composing; `person` decides who gains, and is looked at before.
    return {**body, "person": fold(body["person"])} if "person" in own else body


def _field_option(key: str, field: FieldType, *, zh: str, en: str) -> Any:
    name = key.rstrip("?")
    flag = "--" + name.replace("_", "-")
    shown = field.item or field
    more: dict[str, Any] = {
        "required": not key.endswith("?") and field.item is None,
        "multiple": field.item is not None,
    }
    if shown.values:
        zh = f"{zh}：{'、'.join(c if c == w else f'{c} {w}' for c, w in shown.values.items())}"
        en = f"{en}: {', '.join(shown.values)}"
        more["metavar"] = "WORD"
    elif field.name == "bool":
        return option(f"{flag}/--no-{name.replace('_', '-')}", name, default=None, zh=zh, en=en)
    elif shown.name == "holiday":
        zh, en = f"{zh}：名称,首日,末日", f"{en}: name,first,last"
    else:
        more["metavar"] = {"date": "DATE", "time": "TIME", "count": "N", "int": "N"}.get(shown.name, "TEXT")
    return option(flag, name, zh=zh + ("；可重复" if more["multiple"] else ""), en=en, **more)


def _table_group(name: str, zh: str, en: str, specs: Sequence[_Made]) -> click.Group:
    @group(name, zh=zh, en=en, example=specs[0].example)
    @log_argument
    def made(ctx: click.Context, log: str) -> None:
        """Commands made from the table of kinds."""

    for spec in specs:
        made.add_command(_made(name, spec))
    return made


declare: Final = _table_group(
    "declare", "登记日志中要用到的单位、场所、人员、节假日、会议。", "Declare units, places, persons, calendars, meetings.",
    [
        _Made("unit", "declared.unit", ("unit",), "chainlog declare office.log unit u/党政办 --name 党政办 --type section --key admin1.key"),
        _Made("place", "declared.place", ("place",), "chainlog declare office.log place w/G1 --name 一号柜 --type iron_cabinet --key admin1.key"),
        _Made("person", "declared.person", ("person",), "chainlog declare office.log person p/李敏 --name 李敏 --unit u/党政办 --key admin1.key"),
        _Made("calendar", "declared.calendar", ("year",), "chainlog declare office.log calendar 2025 --holidays 春节,2025-01-28,2025-02-04 --workdays 2025-01-26 --key admin1.key"),
        _Made("meeting", "declared.meeting", ("list",), "chainlog declare office.log meeting l/会议1 --starts-at '2025-03-05 09:00' --ends-at '2025-03-05 11:30' --attendees p/李敏 --key admin1.key"),
    ],
)  # fmt: skip

appoint: Final = _table_group(
    "appoint", "任岗、定级授权、资格。由管理员按最少签名人数签名，受任者本人不计。",
    "Posts, levels and credentials. Administrators sign up to the threshold; who gains by it doesn't count.",
    [
        _Made("post", "appointed.post", ("person",), "chainlog appoint office.log post p/李敏 --post registrar --over u/党政办 --valid-from 2025-01-01 --key admin1.key --key admin2.key"),
        _Made("level", "appointed.level", ("person",), "chainlog appoint office.log level p/李敏 --what clearance --level 机密 --valid-from 2025-01-01 --key admin1.key --key admin2.key"),
        _Made("credential", "appointed.credential", ("person",), "chainlog appoint office.log credential p/李敏 --what certificate --valid-from 2025-01-01 --key admin1.key --key admin2.key"),
    ],
)  # fmt: skip
