"""An export in an object store, by URL: S3, Azure, Google, or what speaks like them. Does network I/O.

No object is ever overwritten but the checkpoint, and that one only if it is still the one that was read (If-None-Match,
If-Match): a store that doesn't honour these conditions is no place for an export. Who may write, and how the store is
reached, is for obstore to learn from the URL, the options and the environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from chainlog.errors import ConflictError, ExportError, MissingExtraError, StoreError
from chainlog.limits import NOTE_BYTES_MAX
from chainlog.proof.export import CHECKPOINT

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_OF_THE_CLIENT: Final = frozenset({"allow_http", "proxy_url", "timeout"})
_RETRY: Final = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}


class ObjectTarget:
    """An `ExportTarget`. store: an obstore store whose top is the log's prefix. name: what messages call it."""

    def __init__(self, store: ObjectStore, *, name: str) -> None:
        self._store = store
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def read_checkpoint(self) -> tuple[bytes, Any] | None:
        return self._read(CHECKPOINT, limit=NOTE_BYTES_MAX)

    def put_new(self, path: str, data: bytes) -> None:
        import obstore  # noqa: PLC0415 - an extra; `object_target` says so where it is missing
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415

        with _named_errors(self._name):
            try:
                obstore.put(self._store, path, data, mode="create")
            except AlreadyExistsError as error:
                found = self._read(path, limit=len(data))
                if found is None or found[0] != data:
                    where = f"{self._name}/{path}"
                    raise ExportError(
                        "holds something else than it should", detail_zh="内容不是应有的", path=where
                    ) from error

    def settle(self) -> None:
        """A store answers when it has what it was given."""

    def remove_partials(self, path: str) -> None:
        import obstore  # noqa: PLC0415
        from obstore.exceptions import PermissionDeniedError  # noqa: PLC0415

        with _named_errors(self._name):
            try:
                for batch in obstore.list(self._store, prefix=f"{path}.p"):
                    for found in batch:
                        obstore.delete(self._store, found["path"])
            except PermissionDeniedError:
                # A store that lets nobody delete keeps them; they harm nobody.
                return

    def put_checkpoint(self, note: bytes, *, standing: tuple[bytes, Any] | None) -> None:
        import obstore  # noqa: PLC0415
        from obstore.exceptions import AlreadyExistsError, PreconditionError  # noqa: PLC0415

        with _named_errors(self._name):
            try:
                mode: Any = "create" if standing is None else standing[1]
                obstore.put(self._store, CHECKPOINT, note, mode=mode)
            except (AlreadyExistsError, PreconditionError) as error:
                raise ConflictError(f"the checkpoint of {self._name} was changed meanwhile") from error

    def _read(self, path: str, *, limit: int) -> tuple[bytes, Any] | None:
        import obstore  # noqa: PLC0415

        with _named_errors(self._name):
            try:
                answer = obstore.get(self._store, path)
            except FileNotFoundError:
                return None
            if answer.meta["size"] > limit:
                raise ExportError(
                    f"more than {limit} bytes", detail_zh=f"超过 {limit} 字节", path=f"{self._name}/{path}"
                )
            mark = {name: answer.meta.get(name) for name in ("e_tag", "version")}
            return bytes(answer.bytes()), {name: value for name, value in mark.items() if value is not None}


def object_target(url: str, options: Mapping[str, str] | None = None) -> ObjectTarget:
    """
    The target at *url*, such as `s3://bucket/prefix`.

    options: of obstore for the store, such as `endpoint` or `region`, and of its client: `allow_http`, `proxy_url`, `timeout`.

    Raises: MissingExtraError without obstore; ExportError for an URL or an option that it doesn't know.
    """
    try:
        from obstore import store as stores  # noqa: PLC0415
        from obstore.exceptions import BaseError  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError(extra="export") from error
    if url.startswith(("file:", "memory:")):
        raise ExportError("give a directory by its path", detail_zh="目录请直接写路径", path=url)
    given = dict(options or {})
    client = {name: given.pop(name) for name in _OF_THE_CLIENT & given.keys()}
    try:
        # Its types tell the options of each kind of store apart, which is known by the URL only.
        from_url: Any = stores.from_url
        made: Any = from_url(url, config=given or None, client_options=client or None, retry_config=_RETRY)
    except (BaseError, ValueError) as error:
        raise ExportError(_first_line(error), path=url) from error
    return ObjectTarget(made, name=url.rstrip("/"))


@contextmanager
def _named_errors(name: str) -> Iterator[None]:
    from obstore.exceptions import BaseError  # noqa: PLC0415

    try:
        yield
    except (BaseError, OSError) as error:
        raise StoreError(f"{name}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """What went wrong, without the dump of internals that follows."""
    return str(error).partition("\n")[0]
