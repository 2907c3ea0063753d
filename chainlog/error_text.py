"""How an error carries its fields and says them in two languages. Pure. The tree itself stands in `chainlog.errors`."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final, Literal

Language = Literal["zh", "en"]
_SPACED: Final = re.compile(r"\{(\w+)\} ")


class ChainlogError(Exception):
    """
    The root of the tree; never raised itself.

    Fields are given by keyword and become attributes; the texts `zh` and `en` name them in braces. A field `detail_zh`
    stands in the Chinese text where `detail` stands in the English one.
    A blank whose field was not given stays empty, so that building a text never fails.
    """

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1
    zh: ClassVar[str] = "出错：{detail}"
    en: ClassVar[str] = "error: {detail}"

    def __init__(self, detail: str = "", **fields: Any) -> None:
        self.fields: dict[str, Any] = {"detail": detail, **fields}
        super().__init__(self.text("en"))

    def __getattr__(self, name: str) -> Any:
        # Only reached when normal look-up failed. `fields` is missing while unpickling.
        fields: dict[str, Any] = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(name)

    def text(self, language: Language) -> str:
        """The message in one language, with hashes as hexadecimal and control characters escaped. Never fails."""
        template = self.zh if language == "zh" else self.en
        fields = self.fields
        if language == "zh" and "detail_zh" in fields:
            fields = {**fields, "detail": fields["detail_zh"]}
        shown = _Shown(fields)
        # What stays empty takes the space behind it along; at either end it leaves its punctuation behind.
        template = _SPACED.sub(lambda blank: blank[0] if shown[blank[1]] else "", template)
        return template.format_map(shown).strip(" :：,，;；")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.fields)


def _rebuild(cls: type[ChainlogError], fields: dict[str, Any]) -> ChainlogError:
    rest = dict(fields)
    return cls(rest.pop("detail", ""), **rest)


class _Shown(dict[str, Any]):
    """Fields as a message shows them: bytes in hexadecimal, nothing that moves a terminal's cursor."""

    def __getitem__(self, key: str) -> str:
        value = self.get(key, "")
        if isinstance(value, (bytes, bytearray)):
            return bytes(value).hex()
        try:
            shown = str(value)
        except Exception:  # noqa: BLE001 - an integer of 5,000 digits, or what somebody else's class does
            shown = f"<{type(value).__name__}>"
        return shown if shown.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in shown)

    def __missing__(self, key: str) -> str:
        return ""


def _escaped(char: str) -> str:
    code_point = ord(char)
    return f"\\u{code_point:04x}" if code_point <= 0xFFFF else f"\\U{code_point:08x}"
