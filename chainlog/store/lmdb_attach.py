"""Getting and giving back the environment of a data file: one in the process, however many handles. Does I/O."""

from __future__ import annotations

import os
from pathlib import Path

from chainlog.errors import BusyError, FileReplacedError, LockLostError, NotALogError, ReadOnlyError
from chainlog.store.files import DATA_NAME
from chainlog.store.lmdb_env import LmdbEnvironment
from chainlog.store.lmdb_registry import REGISTRY

_CLOSE_PATIENCE_S = 30.0


def attach(directory: Path, *, read_only: bool) -> LmdbEnvironment:
    """
    The process's environment on the data file in *directory*, opened if it isn't yet.

    Opening creates nothing but the engine's lock file; with *read_only* not even that, and no byte or time
    changes. A read-only handle on a file that the process writes shares the writing environment.
    Raises NotALogError, NetworkFileSystemError, ReadOnlyError, StoreError. Cost: below 1 ms.
    """
    directory = Path(os.path.abspath(directory))  # noqa: PTH100 (resolve() would follow links)
    with REGISTRY.lock:
        try:
            status = (directory / DATA_NAME).lstat()
        except OSError as error:
            raise NotALogError(path=directory, detail=str(error.strerror)) from error
        environment = REGISTRY.environments.get((status.st_dev, status.st_ino))
        if environment is not None:
            if not environment.ready:
                environment.revive()
            try:
                environment.guard.check_files()
            except (LockLostError, FileReplacedError) as error:
                environment.fail(error)
                environment = None
        if environment is None:
            environment = LmdbEnvironment(directory, read_only=read_only)
            REGISTRY.environments[environment.guard.identity] = environment
        elif environment.read_only and not read_only:
            raise ReadOnlyError("this process has the file open for reading; close that handle first")
        environment.handles += 1
        return environment


def detach(environment: LmdbEnvironment) -> None:
    """
    Give back what `attach` gave. The last one closes the engine.

    A turn that another thread of this process has is waited for, so that its commit isn't cut off.
    """
    if environment.handles > 1:
        _give_back(environment)
        return
    try:
        with environment.guard.quiet(_CLOSE_PATIENCE_S):
            _give_back(environment)
    except BusyError:
        _give_back(environment)


def _give_back(environment: LmdbEnvironment) -> None:
    with REGISTRY.lock:
        environment.handles -= 1
        if environment.handles <= 0 and REGISTRY.remove(environment.guard.identity, environment):
            environment.close()
