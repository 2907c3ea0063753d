"""The options by which `findings` and `due` choose what they show. Pure but for the clock of the log."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from chainlog import limits
from chainlog.cli.command import Function, option
from chainlog.cli.fields import person_of
from chainlog.cli.known import check_known, subject_of
from chainlog.cli.times import window_of

if TYPE_CHECKING:
    from chainlog.facade import Log
    from chainlog.rules.selecting import Selection


class Wanted(NamedTuple):
    """What was asked for, as typed."""

    rules: tuple[str, ...]
    person: str | None
    carrier: str | None
    document: str | None
    unit: str | None

    def selection(
        self,
        log: Log,
        *,
        severities: tuple[str, ...] = (),
        states: tuple[str, ...] = (),
        from_text: str | None = None,
        to_text: str | None = None,
    ) -> Selection:
        """
        The selection of all that.

        Raises: UsageError for what is no person, carrier, document, unit or time; NotFoundError for what no record names.
        """
        from chainlog.rules.selecting import Selection

        named = [] if self.person is None else [person_of(self.person)]
        for text, prefix, option_name in ((self.carrier, "c/", "--carrier"), (self.document, "d/", "--document")):
            named += [] if text is None else [subject_of(text, prefix, option_name)]
        units = [] if self.unit is None else [subject_of(self.unit, "u/", "--unit")]
        check_known(log, [*named, *units])
        from_us, to_us = limits.INTEGER_MIN, limits.INTEGER_MAX
        if from_text is not None or to_text is not None:
            from_us, to_us = window_of(
                from_text,
                to_text,
                offset_minutes=log.utc_offset_minutes,
                now_us=log.now_us(),
                least=from_us,
                most=to_us,
            )
        return Selection(
            severities=frozenset(severities),
            states=frozenset(states),
            subjects=tuple(named),
            units=tuple(units),
            from_us=from_us,
            to_us=to_us,
        )


_OPTIONS = (
    option("--rule", "rules", multiple=True, metavar="ID",
           zh="只看某规则或某章，如 DES-3、DES，可重复", en="Only a rule or a chapter, like DES-3 or DES; repeat."),
    option("--person", metavar="PERSON", zh="只看某人参与的", en="Only where a person took part."),
    option("--carrier", metavar="c/…", zh="只看涉及某载体的", en="Only what concerns a carrier."),
    option("--document", metavar="d/…", zh="只看涉及某文件或其各份的", en="Only what concerns a document or a copy of it."),
    option("--unit", metavar="u/…",
           zh="只看涉及某单位及其下级的：有关记录写明该单位，或写明当时属于该单位的人员，或记录后由其持有、在该单位的载体",
           en="Only what concerns a unit or one below it: a record of the evidence names the unit, a person who then belonged to it, or a "
              "carrier that such a person had, or that was with the unit, right after it."),
)  # fmt: skip


def selection_options(function: Function) -> Function:
    """`--rule`, `--person`, `--carrier`, `--document`, `--unit`, handed over as one `wanted`."""

    @wraps(function)
    def wrapped(*args: Any, **params: Any) -> Any:
        return function(*args, wanted=Wanted(*(params.pop(name) for name in Wanted._fields)), **params)

    declared: Function = wrapped
    for declare in reversed(_OPTIONS):
        declared = declare(declared)
    return declared
