from __future__ import annotations

import pytest

from chainlog.interchange.rows import read_register
from tests.registers import csv_bytes, put, xlsx


@pytest.fixture
def book(tmp_path):
    """Reads rows as one sheet, .xlsx unless named otherwise."""

    def read(rows, name="登记.xlsx", *, merges=(), default_year=None, encoding="utf-8"):
        content = (
            xlsx({"Sheet1": rows}, merges=[("Sheet1", cells) for cells in merges])
            if name.endswith("xlsx")
            else csv_bytes(rows, encoding=encoding)
        )
        return read_register(put(tmp_path, name, content), default_year=default_year)

    return read
