"""What an event kind declares: fields, subjects, who signs, what it moves. Pure.

Format: schemas/FORMAT.md appendix A. The kinds themselves stand in `event.carrier_kinds`, `event.office_kinds`
and `event.registry_kinds`; `event.catalogue` finds them by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from chainlog import limits
from chainlog.canon.codec import Codec
from chainlog.event.types import COMMON, FieldType, struct

# The row of kinds whose subjects are those of the act that they refer to.
TARGET: Final = ("target",)
# The shape of any role, of later releases too.
ROLE_NAME: Final = re.compile(r"[a-z_]{1,%d}" % limits.ROLE_BYTES_MAX)
ROLES: Final[Mapping[str, tuple[str, str]]] = {
    "proposer": ("承办/申请/拟定人", "who proposes or applies"),
    "reviewer": ("审核人", "who reviews"),
    "approver": ("批准人/负责人", "who approves"),
    "giver": ("交出人", "who hands out"),
    "receiver": ("接收人/领取人/携带人", "who takes over"),
    "reader": ("阅读/使用人", "who reads or uses"),
    "operator": ("经办/操作人", "who does the work"),
    "registrar": ("登记人（保密员）", "who keeps the register"),
    "escort": ("护送/同行人", "who goes along"),
    "supervisor": ("监销人", "who supervises a destruction"),
    "witness": ("监交/见证/监修人", "who witnesses"),
    "administrator": ("日志管理员", "administrator of the log"),
    "recovery": ("应急恢复人", "holder of a recovery key"),
    "log": ("日志", "the log itself"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Kind:
    """
    One event kind.

    Args:
        name: stable text `family.act`.
        zh, en: what it is called.
        own: its own fields, beside the common ones; `name?` may be absent.
        subjects: the rows allowed, each a text like `c+ d* l?` (one `c`, `c+` one or more, `c*` any, `c?` at most one,
            `c2` exactly two), persons left out; `s/log` and the like stand for themselves.
        signs: roles that sign by default, with how many persons; a policy may want others.
        may_sign: roles that sign by default where the person has a key.
        moves: prefixes of the subjects that it moves (`c`, `l`, `d`), `r` for registry kinds (own `s/` and the person).
        acts_on_list: stale if the list that it names was moved after its base.
        by_step: role that signs each value of `step`.
        threshold: whether administrators must reach the threshold for it to stand.
        names: body field that holds the text of what the event is about. If the row takes its prefix, it is the one subject.
    """

    name: str
    zh: str
    en: str
    own: Mapping[str, FieldType]
    subjects: tuple[str, ...]
    signs: Mapping[str, int] = field(default_factory=dict)
    may_sign: tuple[str, ...] = ()
    moves: str = ""
    acts_on_list: bool = False
    by_step: Mapping[str, str] = field(default_factory=dict)
    threshold: bool = False
    names: str = ""

    @cached_property
    def fields(self) -> Mapping[str, FieldType]:
        """Own and common fields by name; `name?` may be absent. An own field hides the common one of its name."""
        return {**self.own, **{key: kind for key, kind in COMMON.items() if key[:-1] not in self.own}}

    @cached_property
    def codec(self) -> Codec[Any]:
        """Strict codec of the body. Made on first use: most programs meet few kinds."""
        return Codec(struct(self.name.replace(".", "_"), self.fields))


def kind(
    name: str,
    zh: str,
    en: str,
    own: Mapping[str, FieldType],
    subjects: str,
    signs: str = "",
    **rest: Any,
) -> Kind:
    """A Kind from its short form: *subjects* rows parted by `|`, *signs* like `giver supervisor*2 (receiver)`."""
    must: dict[str, int] = {}
    may: list[str] = []
    for word in signs.split():
        if word.startswith("("):
            may.append(word.strip("()"))
        else:
            role, _, number = word.partition("*")
            must[role] = int(number or 1)
    for role in (*must, *may):
        if role not in ROLES:
            raise AssertionError(f"{name}: unknown role {role}")
    rows = tuple(row.strip() for row in subjects.split("|"))
    return Kind(name, zh, en, own, rows, must, tuple(may), **rest)
