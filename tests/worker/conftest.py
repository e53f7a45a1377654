from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelpack_gui.client.jobs import WorkerClient


@pytest.fixture
def client() -> Iterator[WorkerClient]:
    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture(scope="session")
def workers() -> Iterator[WorkerClient]:
    """For tests that neither end a worker nor mind what ran in it before."""
    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests of `workers`: a worker belongs to a folder, and another would need another worker."""
    return tmp_path_factory.mktemp("project")
