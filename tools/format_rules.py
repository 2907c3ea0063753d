"""The reference page of the rules, from their declarations and the shipped profiles. Pure but for the profiles' files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chainlog.rules.asking import asked
from chainlog.rules.chapter_names import CHAPTER_NAMES
from chainlog.rules.declared import all_rules
from chainlog.rules.policy_file import profile_parameters
from chainlog.rules.profiles import profile_names
from chainlog.rules.rule import QUESTIONS, Rule
from tools.format_tables import table

_INTRO = """\
Each article that a log can be judged by. *Basis*: `L` the log alone; `L+R` with the registry of people, units and places; `L+T` with
clock and calendar, so that it needs a moment to be judged at. *Parameters*: those of the policy that it reads; without the **bold**
ones the policy doesn't ask for it. *Reads*: kinds of events; `created.` stands for all that begin so. *Profiles*: which of the shipped
ones ask for it. A finding may be graver or lighter than its rule where the article says so. A policy can switch any of them off
(`rules.without`) or weigh it otherwise (`severity.‹id›`): see [policies](../guide/policies.md).

"""
_QUESTIONS = """
## Questions for the inspector 须由检查人员查问的事项

What no log can decide. *Attested*: the log can show that somebody signed a statement about it, not that it is true.

"""


def rules_page() -> str:
    """Every rule by chapter, then the questions."""
    profiles = {name: {key: tuple(v) for key, v in profile_parameters(name).items()} for name in profile_names()}
    rules = all_rules()
    parts = [
        "# Rules\n\n<!-- Made by tools/gen_format.py; edits are lost. -->\n\n",
        _INTRO,
        f"{len(rules)} rules, {len(QUESTIONS)} questions.\n",
    ]
    for chapter, (zh, en) in CHAPTER_NAMES.items():
        chosen = sorted((rule for rule in rules if rule.chapter == chapter), key=lambda rule: _number(rule.id))
        if chosen:
            parts.append(f"\n## {chapter} {zh}: {en}\n\n")
            parts.append(table(_HEAD, (_row(rule, profiles) for rule in chosen)))
    parts.append(_QUESTIONS)
    questions = sorted(QUESTIONS.values(), key=lambda one: (list(CHAPTER_NAMES).index(one.id[:3]), _number(one.id)))
    parts.append(
        table(
            ("id", "问", "question", "article", "attested"),
            ((one.id, one.zh, one.en, one.article, "yes" if one.attested else "") for one in questions),
        )
    )
    return "".join(parts)


_HEAD = ("id", "标题", "title", "article", "severity", "basis", "parameters", "reads", "profiles")


def _row(rule: Rule, profiles: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Iterable[str]:
    asking = [name for name, parameters in profiles.items() if asked(rule, parameters).is_asked]
    where = "all" if len(asking) == len(profiles) else " ".join(f"`{name}`" for name in asking) or "none"
    return (
        rule.id,
        rule.zh,
        rule.en,
        rule.article,
        rule.severity,
        rule.basis,
        " ".join(_parameters(rule)),
        " ".join(f"`{kind}`" for kind in rule.reads) or "all",
        where,
    )


def _parameters(rule: Rule) -> Iterable[str]:
    families = set()
    for name in rule.parameters:
        if name.startswith("methods."):
            # One for each form of carrier.
            if "methods" not in families:
                families.add("methods")
                yield "`methods.<form>`"
        elif name in rule.needs:
            yield f"**`{name}`**"
        else:
            yield f"`{name}`"


def _number(rule_id: str) -> tuple[int, str]:
    rest = rule_id.partition("-")[2]
    digits = rest.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits), rest[len(digits) :]
