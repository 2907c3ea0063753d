"""The environments that this process has open, by device and inode of the data file. No I/O."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainlog.store.lmdb_env import LmdbEnvironment

Identity = tuple[int, int]


class Registry:
    """One for the process. Whoever changes or looks at more than one thing holds `lock`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.environments: dict[Identity, LmdbEnvironment] = {}
        # Inherited engines that can't be closed; kept, because forgetting one would close it.
        self.abandoned: list[LmdbEnvironment] = []

    def remove(self, identity: Identity, environment: LmdbEnvironment) -> bool:
        """Forget *environment*; whether it was there."""
        if self.environments.get(identity) is not environment:
            return False
        del self.environments[identity]
        return True

    def in_child(self) -> None:
        """After a fork, in the child."""
        # The old one may be held by a thread that doesn't exist here.
        self.lock = threading.RLock()
        for environment in list(self.environments.values()):
            environment.inherited()


REGISTRY = Registry()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=REGISTRY.in_child)
