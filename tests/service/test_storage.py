import os

import pytest

httpx = pytest.importorskip("httpx")


# The URL of an S3 that forgets what it is given, as that of moto_server.
S3 = os.environ.get("MOKSORI_S3")


@pytest.fixture(params=["folder", "s3"])
def storage(request, service_installed, tmp_path, monkeypatch):
    from moksori.service.settings import Settings
    from moksori.service.storage import Storage

    if request.param == "folder":
        return Storage(Settings(folder=tmp_path))
    if not S3:
        pytest.skip("MOKSORI_S3 names no server")
    variables = {
        "AWS_ENDPOINT_URL": S3,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{os.urandom(8).hex()}"
    httpx.put(f"{S3}/{bucket}").raise_for_status()
    return Storage(Settings(folder=tmp_path, storage_url=f"s3://{bucket}"))


def test_a_file_is_written_once_and_read_whole_and_in_part(storage):
    from moksori.service.storage import Exists

    data = bytes(range(256)) * 4000
    storage.put_once("jobs/a/1/x.wav", data)
    assert storage.get("jobs/a/1/x.wav") == data
    assert (
        b"".join(storage.stream("jobs/a/1/x.wav", 1000, 300_000))
        == (data[1000:300_000])
    )
    assert storage.size("jobs/a/1/x.wav") == len(data)
    with pytest.raises(Exists):
        storage.put_once("jobs/a/1/x.wav", b"other")
    assert storage.get("jobs/a/1/x.wav") == data


def test_what_is_deleted_is_missing_and_may_be_deleted_again(storage):
    from moksori.service.storage import Missing

    for key in ("jobs/a/1/x", "jobs/a/2/y", "jobs/ab/1/z"):
        storage.put_once(key, b"1")
    assert storage.keys("jobs/a") == ["jobs/a/1/x", "jobs/a/2/y"]
    assert storage.delete_below("jobs/a") == 2
    assert storage.keys("jobs") == ["jobs/ab/1/z"]
    storage.delete("jobs/a/1/x")
    for read in (storage.get, storage.size):
        with pytest.raises(Missing):
            read("jobs/a/1/x")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/./b",
        ".hidden",
        "a\0b",
        "a\nb",
    ],
)
def test_a_key_that_could_lead_elsewhere_is_none(storage, key):
    from moksori.service.storage import StorageError

    for use in (storage.get, storage.delete, lambda key: storage.put_once(key, b"")):
        with pytest.raises(StorageError, match="is no key"):
            use(key)


def test_a_full_disk_is_told_apart(storage, monkeypatch):
    import obstore
    from obstore.exceptions import GenericError

    from moksori.service.storage import StorageFull

    def full(*_, **__):
        raise GenericError("Unable to write: No space left on device (os error 28)")

    monkeypatch.setattr(obstore, "put", full)
    with pytest.raises(StorageFull, match="no space"):
        storage.put_once("jobs/a", b"1")
