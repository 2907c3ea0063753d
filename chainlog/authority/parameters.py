"""The catalogue of policy parameters: names, types of their values, where they come from. Pure.

Format: schemas/FORMAT.md appendix C. A policy is a full set of `[name, [value, …]]`. What an integrity check asks of it
is little and stays the same for ever (`policy_problem`); what this release can use is checked where a policy is drafted
(`check_policy`), so that a log stays readable when later releases know more parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

from chainlog.canon.codec import sort_key
from chainlog.errors import FormatError
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES
from chainlog.event.types import CHANNEL, FORM, LEVELS

Check = Callable[[str], bool]

DURATION: Final = re.compile(r"(0|[1-9][0-9]{0,3})(m|h|d|wd|mo|y)")
# Two people supervise a destruction, in every policy: a log can't be opened under one that asks for fewer.
SUPERVISORS_MIN: Final = 2


class Values(NamedTuple):
    """What one value may be. check: whether a text is one. zh, en: that in words, with all that may be chosen from."""

    check: Check
    zh: str
    en: str


class Parameter(NamedTuple):
    """
    One family of parameters.

    names: what the name looks like; `<level>` stands for a level, `<word>` for a lower-case word, `[.x]` may be absent.
    values: what one value may be. many: whether there may be several. zh, en: what it is.
    """

    names: str
    values: Values
    many: bool
    zh: str
    en: str

    @property
    def check(self) -> Check:
        """Whether one value is of the type."""
        return self.values.check


def _in(*values: str) -> Values:
    return Values(lambda value: value in values, f"可选 {'、'.join(values)}", f"one of {', '.join(values)}")


def _named(values: Mapping[str, str]) -> Values:
    """One of the words that events use, which are shown with their Chinese."""
    zh = "、".join(f"{word} {meaning}" for word, meaning in values.items())
    return Values(lambda value: value in values, f"可选 {zh}", f"one of {', '.join(values)}")


def _whole(least: int, most: int) -> Values:
    return Values(
        lambda value: re.fullmatch(r"0|[1-9][0-9]{0,5}", value) is not None and least <= int(value) <= most,
        f"应为 {least} 至 {most} 的整数", f"a whole number from {least} to {most}",
    )  # fmt: skip


def _matches(pattern: str, zh: str, en: str) -> Values:
    # Compiled at first use, which most programs never come to; `re` remembers it.
    return Values(lambda value: re.fullmatch(pattern, value) is not None, zh, en)


def _word(example: str) -> Values:
    zh, en = "应为小写英文字母、数字和 _ 组成的词", "a word of a-z, 0-9 and _"
    return _matches(r"[a-z][a-z0-9_]*", f"{zh}，如 {example}", f"{en}, like {example}")


_duration = _matches(
    DURATION.pattern,
    "应为整数加单位：15m（分）、24h（时）、3d（日）、10wd（工作日）、1mo（月）、1y（年）",
    "a number and a unit: 15m minutes, 24h hours, 3d days, 10wd working days, 1mo months, 1y years",
)
_rule = _matches(r"[A-Z]{3}-[0-9]{1,2}", "应为规则编号，如 DES-3", "a rule like DES-3")
_yes_no = _in("yes", "no")
_post = _word("secrecy_leader")
_place_types = KINDS["declared.place"].fields["type"].values
_methods = KINDS["destroyed.carriers"].fields["method"].values
_role = r"(?:%s)(?:\*[1-9])?" % "|".join(ROLES)
_roles = _matches(
    rf"{_role}|\({_role}\)",
    f"应为角色，两人写作 supervisor*2，可不签写作 (operator)；角色有 {'、'.join(ROLES)}",
    f"a role, supervisor*2 for two, (operator) for one who may be absent; roles are {', '.join(ROLES)}",
)
_text = Values(bool, "应为文字", "a text")

CATALOGUE: Final[tuple[Parameter, ...]] = (
    Parameter(
        "cap.<level>",
        _matches(
            r"([1-9][0-9]{0,2})(年|个月)", "应为年数或月数，如 30年、6个月", "years or months, like 30年 or 6个月"
        ),
        False,
        "保密期限上限",
        "longest term of secrecy",
    ),
    Parameter("term.from", _in("issue_date", "notice"), False, "期限起算", "when a term begins"),
    Parameter(
        "term.end_day",
        _in("inclusive", "exclusive"),
        False,
        "期满当日是否仍保密",
        "whether its last day is still secret",
    ),
    Parameter("posts.rank", _post, True, "岗位由低到高", "posts from the lowest to the highest"),
    Parameter(
        "posts.<words>[.<level>]",
        _post,
        True,
        "可为此事的岗位",
        "posts that may do it",
    ),
    Parameter("sign.<kind>[.<level>]", _roles, True, "应签名的角色", "roles that sign"),
    Parameter(
        "distinct.<word>",
        _matches(
            r"[a-z]+(\+[a-z]+)+",
            "应为以 + 相连的角色，如 supervisor+operator",
            "roles joined by +, like supervisor+operator",
        ),
        True,
        "不得由同一人兼任的角色",
        "roles that one person must not combine",
    ),
    Parameter("min.supervisors", _whole(SUPERVISORS_MIN, 8), False, "监销人数", "supervisors of a destruction"),
    Parameter("min.escorts", _whole(1, 8), False, "护送人数", "escorts"),
    Parameter("escorts.when", _in("always", "posted", "top_secret"), True, "何时须护送", "when escorts are wanted"),
    Parameter("cover.when", _in("always", "posted", "never"), False, "何时须封装", "when a sealed cover is wanted"),
    Parameter("copy_no.from", _in(*LEVELS), False, "自何密级起须编份号", "level from which copies are numbered"),
    Parameter(
        "contact.from",
        _in(*LEVELS),
        False,
        "自何密级起须登记接触",
        "level from which every contact is recorded",
    ),
    Parameter(
        "custody.office",
        _post,
        False,
        "同岗位人员视为同一保管方",
        "post whose holders keep for one another",
    ),
    Parameter(
        "within.<words>",
        _duration,
        False,
        "办理时限",
        "time in which something is done",
    ),
    Parameter("every.<words>", _duration, False, "周期", "how often something is done"),
    Parameter(
        "keep.archive_by",
        _matches(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "应为月-日，如 06-30", "month and day, like 06-30"),
        False,
        "归档截止日",
        "day by which last year's papers are filed",
    ),
    Parameter(
        "keep.<words>",
        _duration,
        False,
        "保留时限",
        "how long something may stay as it is",
    ),
    Parameter("holidays.major", _text, True, "须节前清点的节日", "holidays before which everything is counted"),
    Parameter("channels.<word>", _named(CHANNEL.values), True, "传递渠道", "channels of transfer"),
    Parameter(
        "places.<word>[.<level>]",
        # A certified device of one's own is no place, and counts wherever it stands.
        _named({**_place_types, "own_device": "自有合格设备"}),
        True,
        "允许的场所类型",
        "types of places where it is allowed",
    ),
    Parameter("cabinets.<level>", _named(_place_types), True, "保存柜类型", "types of cabinets"),
    Parameter("methods.<form>", _named(_methods), True, "允许的销毁方式", "allowed methods of destruction"),
    Parameter("mark.positions", _word("top_left"), True, "标志位置", "where a mark stands"),
    Parameter("copy.top_secret", _in("never", "consent", "permit"), False, "绝密件复制", "copying of 绝密"),
    Parameter("copy.no_tiers", _text, True, "不得复制的来源层级", "tiers whose documents are not copied"),
    Parameter("copy.stamp", _yes_no, False, "复制件加盖戳记", "whether copies bear a stamp"),
    Parameter("copy.self_destroy", _yes_no, False, "摘录件可自行销毁", "whether excerpts may be destroyed by oneself"),
    Parameter(
        "leak.clock",
        _in("discovered", "happened"),
        False,
        "泄密报告起算",
        "from when the time for reporting a leak runs",
    ),
    Parameter("day_end.check", _yes_no, False, "下班检查", "whether every working day ends with a check"),
    Parameter("seal.fields", _word("title"), True, "须密封的文字栏（题名不入账模式）", "text fields that are sealed"),
    Parameter(
        "seal.readers",
        _matches(r"[0-9a-f]{64}", "应为 64 位小写十六进制的公钥", "a public key of 64 lower-case hexadecimal digits"),
        True,
        "可启封者的公钥（X25519）",
        "public keys of those who can open them (X25519)",
    ),
    Parameter(
        "rules.without",
        _rule,
        True,
        "本制度不要求的规则",
        "rules that this policy doesn't ask for",
    ),
    Parameter("strict.<rule>", _yes_no, False, "从严", "the strict reading of a rule"),
    Parameter(
        "severity.<rule>",
        _in("critical", "high", "medium", "low", "info"),
        False,
        "严重程度",
        "severity of a rule's findings",
    ),
    Parameter("series.<any>", _text, True, "特定门类档案的利用规定", "use of a series of archives"),
)

_PARTS: Final[Mapping[str, str]] = {
    "<level>": "(?:" + "|".join(LEVELS) + ")",
    "<words>": r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*",
    "<word>": r"[a-z][a-z0-9_]*",
    "<kind>": "(?:" + "|".join(re.escape(name) for name in KINDS) + ")",
    "<form>": "(?:" + "|".join(FORM.values) + ")",
    "<rule>": r"[A-Z]{3}-[0-9]{1,2}",
    "<any>": r".+",
}


def _pattern(names: str) -> re.Pattern[str]:
    text = re.escape(names).replace(r"\[", "(?:").replace(r"\]", ")?")
    for mark, part in _PARTS.items():
        text = text.replace(re.escape(mark), part)
    return re.compile(text)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Parameter], ...]:
    return tuple((_pattern(parameter.names), parameter) for parameter in CATALOGUE)


def find_parameter(name: str) -> Parameter | None:
    """The catalogue's entry for a parameter's name, or None."""
    for pattern, parameter in _patterns():
        if pattern.fullmatch(name):
            return parameter
    return None


def policy_problem(policy: Any) -> str:
    """
    Why a policy's typed body may not stand in the log, or empty.

    Names ascend and stand once, values are not empty, `refuse` ascends, and no policy asks for fewer than two supervisors.
    """
    names = [name for name, _ in policy.parameters]
    keys = [sort_key(name) for name in names]
    if any(a >= b for a, b in pairwise(keys)):
        return "parameters are sorted by name, each once"
    refuse = [sort_key(rule) for rule in policy.refuse]
    if any(a >= b for a, b in pairwise(refuse)):
        return "refuse is sorted, each rule once"
    for name, values in policy.parameters:
        if not values:
            return f"{name} has no value"
        if name == "min.supervisors" and not _whole(SUPERVISORS_MIN, 8).check(values[0]):
            return f"min.supervisors is at least {SUPERVISORS_MIN}"
    return ""


def check_policy(parameters: Mapping[str, tuple[str, ...] | list[str]], *, path: str = "$") -> None:
    """
    Refuse parameters that this release doesn't know or whose values are of another type.

    Raises: FormatError naming the parameter.
    """
    for name, values in parameters.items():
        where = f"{path}.{name}"
        parameter = find_parameter(name)
        if parameter is None:
            raise FormatError("unknown policy parameter", path=where)
        takes = parameter.values
        if not values or (len(values) > 1 and not parameter.many):
            en = "at least one value is wanted" if parameter.many else "one value is wanted"
            zh = "至少要有一个值" if parameter.many else "只能有一个值"
            raise FormatError(f"{en}; write {takes.en}", detail_zh=f"{zh}：{takes.zh}", path=where)
        for value in values:
            if not takes.check(value):
                raise FormatError(
                    f"{value!r} is no value of it ({parameter.en}); write {takes.en}",
                    detail_zh=f"“{value}”不是“{parameter.zh}”的合法值：{takes.zh}", path=where,
                )  # fmt: skip
