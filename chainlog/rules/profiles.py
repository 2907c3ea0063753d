"""Policy profiles shipped as data: TOML files in `profiles/`, each value with its source. Reads package data."""

from __future__ import annotations

from importlib.resources import files

from chainlog.errors import NotFoundError

_FOLDER = files("chainlog.rules") / "profiles"


def profile_names() -> list[str]:
    """The shipped profiles by name."""
    return sorted(entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))


def profile_text(name: str) -> str:
    """The TOML text of a shipped profile: to be read, copied and changed. Raises NotFoundError."""
    if name not in profile_names():
        raise NotFoundError(what=f"profile {name}")
    return (_FOLDER / f"{name}.toml").read_bytes().decode()
