from __future__ import annotations

from collections.abc import Iterator

import pytest

from modelpack_gui.client.jobs import WorkerClient


@pytest.fixture
def client() -> Iterator[WorkerClient]:
    client = WorkerClient()
    yield client
    client.close()
