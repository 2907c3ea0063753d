"""Which administrators sign a registry event, and the way such an event takes. Does I/O through the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from chainlog.cli.command import Function, option
from chainlog.cli.keys import Keys
from chainlog.cli.logs import Signing, finish, signing_options
from chainlog.cli.look_alikes import new_names_alike, tell_look_alikes
from chainlog.cli.session import Session
from chainlog.cli.times import at_option, occurred_of
from chainlog.errors import UsageError

if TYPE_CHECKING:
    from chainlog.facade import Log


class Act(NamedTuple):
    """What every registry command takes beside its own fields."""

    signing: Signing
    administrators: tuple[str, ...]
    at: str | None
    note: str | None


def act_options(function: Function) -> Function:
    """The options of a command that administrators sign, handed over as one `act`."""
    from functools import wraps

    @wraps(function)
    def wrapped(*args: Any, **params: Any) -> Any:
        act = Act(*(params.pop(name) for name in ("signing", "administrators", "at", "note")))
        return function(*args, act=act, **params)

    names = option(
        "--administrator", "administrators", multiple=True, metavar="PERSON",
        zh="还应签名的管理员，可重复；给出密钥者不必再列",
        en="An administrator who signs too; those whose keys are given need not be named.",
    )  # fmt: skip
    note = option("--note", zh="备注", en="A note.")
    return signing_options(names(at_option(note(wrapped))))


def record_act(
    session: Session,
    log: Log,
    keys: Keys,
    act: Act,
    kind: str,
    body: Mapping[str, Any],
    *,
    people: Sequence[tuple[str, str, int]] | None = None,
    refs: Iterable[bytes] = (),
    subjects: Iterable[str] = (),
) -> None:
    """
    Record a registry event, or save a draft of it.

    Args:
        people: who signs; by default the administrators whose keys are at hand, and those named.
    """
    from chainlog.event.catalogue import find_kind

    now_us = log.now_us()
    if people is None:
        threshold = find_kind(kind).threshold
        gains = {body["person"]} if kind == "enrolled" or kind.startswith("appointed.") else set()
        names = administrators(session, log, keys, act.administrators, gains=gains, threshold=threshold)
        people = [("administrator", person, 1) for person in names]
    full = dict(body)
    if act.note:
        full["note"] = act.note
    event = log.prepare(
        kind,
        body=full,
        people=people,
        subjects=subjects,
        refs=refs,
        occurred=occurred_of(act.at or "now", offset_minutes=log.utc_offset_minutes, now_us=now_us),
    )
    alike = new_names_alike(log, event.event.subjects)
    tell_look_alikes(session, alike)
    finish(session, log, event, keys, act.signing, alike=alike)


def administrators(
    session: Session, log: Log, keys: Keys, named: Sequence[str], *, gains: set[str], threshold: bool
) -> list[str]:
    """
    The administrators who sign: those whose keys are given, those named, and all where there is no choice.

    Args:
        gains: persons who gain by the event; they don't count.
        threshold: whether as many as the log's threshold are wanted, else one.

    Raises: UsageError naming whom there is to choose from.
    """
    from chainlog.event.subject import fold

    with log.authority() as authority:
        era = authority.administration(log.reader.size)
        holders = keys.holders(authority)
    mine = [holder.history.holder for holder in holders if holder.history.purpose == "administrator"]
    names = list(dict.fromkeys([*mine, *(fold(person) for person in named)]))
    known = "、".join(era.administrators) if session.lang == "zh" else ", ".join(era.administrators)
    for person in names:
        if person not in era.administrators:
            raise UsageError(
                f"{person} is no administrator of this log; they are {known}",
                detail_zh=f"{person} 不是此日志的管理员；管理员有 {known}",
            )
    wanted = era.threshold if threshold else 1
    counted = [person for person in names if person not in gains]
    rest = [person for person in era.administrators if person not in names and person not in gains]
    if len(counted) < wanted and len(counted) + len(rest) == wanted:
        names += rest
    elif len(counted) < wanted:
        raise UsageError(
            f"{wanted} administrators sign this, {len(counted)} given; give --key, or name others with --administrator: "
            f"{', '.join(rest)}",
            detail_zh=f"须 {wanted} 名管理员签名，已有 {len(counted)} 名；请用 --key 给出密钥，或用 --administrator 指明："
            f"{'、'.join(rest)}",
        )
    return names
