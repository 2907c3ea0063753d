"""Subjects that people may take for one another: 己 and 已, 0 and O, Latin A and Cyrillic А. Pure.

The format lets all of them stand (schemas/FORMAT.md section 3): who refused them would refuse honest names. What is told of them
is for people to look at. The idea is that of Unicode's UTS #39: two names look alike if they have one skeleton.

Known limits: a short table of our own, of what occurs in names and numbers of an office; single characters only (not 林 and
木木), and not characters that differ at a second glance (王 and 玉).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Each group's first character stands for the others: the one that is met most often, so that most names are their own skeleton.
_LETTERS: Final = (
    "0OОоΟο〇○◯", "1IІіΙιӀӏ|丨ㅣ", "3ЗзƷ", "AАаΑα", "BВвΒβ", "CСсϹϲ", "EЕеΕε", "GԌԍ", "HНнΗη", "JЈј", "KКкΚκ", "MМмΜμ",
    "NΝν", "PРрΡρ", "QԚԛ", "SЅѕ", "TТтΤτ", "VѴѵ", "WԜԝ", "XХхΧχ", "YУуΥυҮү", "ZΖζ",
    "-‐‑‒–—―−ー一", "·•‧・∙⋅", "~〜∼",
)  # fmt: skip
_IDEOGRAPHS: Final = (
    "己已巳", "日曰", "士土", "人入", "未末", "天夭", "戊戌戍", "刁刀", "几儿", "母毋", "免兔", "于干千", "侯候", "晴睛", "汨汩", "祗祇",
    "洗冼", "茶荼", "盲肓", "毫亳", "崇祟", "治冶", "沫沬", "段叚", "折拆", "微徽", "辩辨辫", "辛幸", "史吏", "鸟乌", "瓜爪", "令今", "仓仑",
    "卯卵", "师帅", "氏氐", "赢羸嬴", "竟竞", "孟盂",
    # Katakana and ideographs.
    "口ロ囗", "二ニ", "八ハ", "工エ", "力カ", "夕タ", "卜ト",
    # One character in two shapes, of which a font may show one for both.
    "内內", "吕呂", "黄黃", "户戶戸", "吴吳呉", "真眞", "青靑", "清淸", "郎郞", "温溫",
)  # fmt: skip
_TABLE: Final = {ord(other): group[0] for group in (*_LETTERS, *_IDEOGRAPHS) for other in group[1:]}
_NAMES: Final = frozenset("cdpliuw")


def skeleton(subject: str) -> str:
    """
    What a folded subject shares with those that look like it. It is for comparing, and names nothing itself.

    Keys and the log's own subjects are their own skeleton. Cost: a microsecond.
    """
    prefix, slash, rest = subject.partition("/")
    return prefix + slash + rest.translate(_TABLE) if prefix in _NAMES else subject


def new_look_alikes(
    subjects: Iterable[str], is_known: Callable[[str], bool], known: Callable[[str], Iterable[str]]
) -> list[tuple[str, str]]:
    """
    (new, other) for each subject that is new and looks like one that is known, or like another new one before it.

    Args:
        subjects: folded, in order, each as often as it likes. is_known: whether a log has a subject.
        known: the subjects that it has with a prefix like `p/`. Asked only for prefixes of which a subject is new.

    Cost: a microsecond for each known subject of these prefixes.
    """
    groups: dict[str, list[str]] = {}
    for subject in dict.fromkeys(subjects):
        if subject.partition("/")[0] in _NAMES and not is_known(subject):
            groups.setdefault(skeleton(subject), []).append(subject)
    found = [(new, other) for group in groups.values() for at, new in enumerate(group) for other in group[:at]]
    for prefix in sorted({shared.partition("/")[0] + "/" for shared in groups}):
        for other in known(prefix):
            found += [(new, other) for new in groups.get(skeleton(other), ())]
    return sorted(found)


def look_alikes(subjects: Iterable[str], is_there: Callable[[str], bool]) -> list[tuple[str, ...]]:
    """
    Groups of two subjects or more that look alike, sorted.

    Args:
        subjects: all that there are, folded, each once. is_there: whether a subject is among them.

    Memory: the subjects that aren't their own skeleton, which are few.
    """
    found: dict[str, list[str]] = {}
    for subject in subjects:
        shared = skeleton(subject)
        if shared != subject:
            found.setdefault(shared, []).append(subject)
    groups = ([*([shared] if is_there(shared) else []), *others] for shared, others in found.items())
    return sorted(tuple(sorted(group)) for group in groups if len(group) > 1)
