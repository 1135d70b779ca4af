"""The other backend is tried in a process of its own, beside the tests of this one."""

import pytest

from tests.tacotron import under_jax


@pytest.fixture(scope="package", autouse=True)
def other_backend(request, tmp_path_factory):
    """That process, begun early where somebody will ask how it went; or None."""
    asked = any("test_under_jax.py" in item.nodeid for item in request.session.items)
    if not asked or under_jax.FOLDER:
        yield None
        return
    process = under_jax.start(tmp_path_factory.mktemp("under_jax"))
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()
