"""Pictures by upload: encoded anew, bounded, and kept where only pictures are."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from argosy.platform import pictures
from argosy.platform.media import SIZES, StoredMedia, key_of, media
from argosy.platform.storage.folder import FolderStorage
from tests.api.shop import Answer, Shop, assert_problem
from tests.support import an_id


def encoded(width: int = 40, height: int = 20, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", (width, height), (200, 30, 30))
    picture.paste((30, 30, 200), (0, 0, width // 2, height))
    picture.save(out, kind, **options)
    return out.getvalue()


def from_a_camera() -> bytes:
    """A picture that lies on its side, and says where it was taken."""
    said = Image.Exif()
    said[0x0112] = 6
    said[0x010F] = "Camera of Ana"
    said[0x8825] = {1: "N", 2: (41.0, 9.0, 0.0)}
    return encoded(exif=said.tobytes())


def send(shop: Shop, raw: bytes, *, token: str = "", kind: str = "image/jpeg", product_id: str = "") -> Answer:
    path = f"/api/v1/products/{product_id or shop.product_id}/images"
    headers = {"Authorization": f"Bearer {token or shop.seller}"}
    return Answer(shop.client.generic("POST", path, raw, content_type=kind, headers=headers))


def shown(shop: Shop) -> list[str]:
    shop.drain()
    return list(shop.call("GET", f"products/{shop.product_id}").json["images"])


def test_a_picture_is_encoded_anew_in_several_sizes_without_what_the_camera_said(shop: Shop) -> None:
    assert send(shop, from_a_camera()).status == 201
    (address,) = shown(shop)
    sent = shop.client.get(address)
    assert (sent.status_code, sent["Content-Type"], sent["X-Content-Type-Options"]) == (200, "image/webp", "nosniff")
    assert "immutable" in sent["Cache-Control"]
    with Image.open(io.BytesIO(sent.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (20, 40))
        assert not picture.getexif()
        top, bottom = picture.convert("RGB").getpixel((10, 5)), picture.convert("RGB").getpixel((10, 35))
    assert isinstance(top, tuple) and isinstance(bottom, tuple)
    assert top[2] > top[0] and bottom[0] > bottom[2], "it was not turned upright"
    assert b"Ana" not in sent.content
    assert shop.client.get(address.replace("-1600", "-160")).status_code == 200
    assert address.replace("-1600", "-640") in shop.client.get("/p/lamp").content.decode()


def test_the_same_picture_again_is_one_and_others_are_arranged(shop: Shop) -> None:
    first = send(shop, encoded()).json["id"]
    assert send(shop, encoded()).json["id"] == first
    second = send(shop, encoded(60, 60, "PNG"), kind="image/png").json["id"]
    one, two = shown(shop)
    path = f"products/{shop.product_id}/images"
    assert shop.call("PUT", path, {"image_ids": [second, first]}, token=shop.seller).status == 204
    assert shown(shop) == [two, one]
    mine = shop.call("GET", f"stores/mine/products/{shop.product_id}", token=shop.seller).json
    assert [image["image_id"] for image in mine["images"]] == [second, first]
    assert shop.call("PUT", path, {"image_ids": [second]}, token=shop.seller).status == 204
    assert shown(shop) == [two]
    for wrong in ([an_id("none")], [second, second]):
        assert_problem(shop.call("PUT", path, {"image_ids": wrong}, token=shop.seller), 404, "no_such_image")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_other_kinds_of_pictures_are_taken(shop: Shop, kind: str) -> None:
    assert send(shop, encoded(kind=kind), kind=f"image/{kind.lower()}").status == 201


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GIF89a",
        b"<svg onload='alert(1)'/>",
        encoded()[:200],
        b"\xff\xd8\xff\xe0" + b"\x00" * 500,
        encoded(kind="BMP"),
    ],
    ids=["nothing", "a head alone", "svg", "half", "noise", "another kind"],
)
def test_what_is_no_picture_is_refused(shop: Shop, raw: bytes) -> None:
    before = shop.written()
    assert_problem(send(shop, raw), 422, "picture_not_readable")
    assert shop.written() == before


def test_a_small_file_of_too_many_pixels_is_refused_before_it_is_decoded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    assert_problem(send(shop, out.getvalue(), kind="image/png"), 422, "picture_too_large")
    monkeypatch.setattr(pictures, "PIXELS_MAX", 799)
    assert_problem(send(shop, encoded()), 422, "picture_too_large")


def test_a_file_that_is_too_long_or_of_another_type_is_refused(shop: Shop) -> None:
    assert_problem(send(shop, b"x" * (pictures.BYTES_MAX + 1)), 413, "body_too_large")
    assert_problem(send(shop, encoded(), kind="text/html"), 415, "not_such_a_file")


def test_a_picture_that_is_refused_is_not_kept(shop: Shop) -> None:
    """What refuses it is found after the file was read: its product takes no more."""
    raw = encoded(43, 21)
    digest = pictures.read_picture(raw).digest
    archived = shop.product("archived", 100)
    assert shop.call("POST", f"products/{archived}/archive", token=shop.seller).status == 204
    assert send(shop, raw, product_id=archived).status == 409
    assert [media().get(key_of(digest, size)) for size in SIZES] == [None] * len(SIZES)
    assert send(shop, raw).status == 201
    assert all(media().get(key_of(digest, size)) for size in SIZES)


def test_a_strangers_file_is_not_looked_at(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201

    def decoded(raw: bytes) -> None:
        raise AssertionError("a stranger's file was decoded")

    monkeypatch.setattr(pictures, "_decoded", decoded)
    foreign = send(shop, encoded(), token=other)
    unknown = send(shop, encoded(), token=other, product_id=an_id("none"))
    assert_problem(foreign, 404, "no_such_product")
    assert foreign.body.decode().replace(shop.product_id, "X") == unknown.body.decode().replace(an_id("none"), "X")


def test_nothing_outside_of_the_folder_is_read(tmp_path: Path, shop: Shop) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    store = StoredMedia(FolderStorage(tmp_path / "media"))
    key = key_of("0" * 32, SIZES[0])
    store.put(key, b"one")
    store.put(key, b"one")
    assert store.get(key) == b"one"
    for path in ("../secret", "..", "", "/etc/passwd", f"{key}/..", key.upper(), key + "\n"):
        assert store.get(path) is None
    assert shop.client.get("/media/..%2F..%2Fsecret").status_code == 404
    assert media().get(key) is None
