import pytest

from tests.engine.office import office


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path) as built:
        yield built
