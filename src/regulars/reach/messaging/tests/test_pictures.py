"""What staff upload: looked at by content, limited, written anew; barcodes that a till can read."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from regulars.core.errors import Refused
from regulars.reach.messaging import actions, barcodes, pictures
from regulars.reach.messaging.models import Media


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200), mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(out, kind, **more)
    return out.getvalue()


def refused(octets: bytes, limit: int = pictures.MAX_UPLOAD) -> str:
    with pytest.raises(Refused) as why:
        pictures.redrawn(octets, limit)
    return why.value.code


def test_a_wide_picture_is_made_small_and_loses_what_else_the_file_held() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    octets = picture("JPEG", (2400, 900), exif=exif.tobytes()) + b"<script>alert(1)</script>"
    drawn = pictures.redrawn(octets)
    assert (drawn.kind, drawn.width, drawn.height) == ("jpg", 1200, 450)
    assert b"SecretCamera" in octets
    assert b"SecretCamera" not in drawn.octets
    assert b"script" not in drawn.octets
    assert len(drawn.octets) <= pictures.MAX_KEPT


def test_clear_pictures_stay_clear_and_webp_becomes_what_mails_show() -> None:
    assert pictures.redrawn(picture(mode="RGBA")).kind == "png"
    assert pictures.redrawn(picture("WEBP")).kind == "jpg"


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image_svg"),
        (b"  <?xml version='1.0'?><svg/>", "image_svg"),
        (b"%PDF-1.7", "image_type"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "image_type"),
        (b"", "image_type"),
        (b"x" * 10 * 1024 * 1024, "image_size"),
    ],
)
def test_what_is_no_picture_for_mails_is_refused(octets: bytes, code: str) -> None:
    assert refused(octets) == code


def test_ten_megabytes_are_refused_in_clear_words() -> None:
    with pytest.raises(Refused, match=r"10[.,]0 MB.*1 MB"):
        pictures.redrawn(b"x" * 10 * 1024 * 1024, pictures.MAX_LOGO)


def test_a_picture_that_unpacks_to_very_much_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG", optimize=True)
    assert len(out.getvalue()) < pictures.MAX_UPLOAD
    assert refused(out.getvalue()) in {"image_pixels", "image_type"}


def test_an_animation_is_kept_moving_and_too_many_frames_are_refused() -> None:
    def frames(count: int) -> bytes:
        out = io.BytesIO()
        first, *others = [Image.new("RGB", (40, 40), (at * 3 % 255, 0, 0)) for at in range(count)]
        first.save(out, "GIF", save_all=True, append_images=others, duration=50)
        return out.getvalue()

    drawn = pictures.redrawn(frames(4))
    assert drawn.kind == "gif"
    assert Image.open(io.BytesIO(drawn.octets)).n_frames == 4
    assert refused(frames(61)) == "image_frames"


def test_the_same_picture_is_kept_once_and_served_for_ever(shop: Any, now: Any, client: Any) -> None:
    octets = picture()
    first = actions.upload(shop, "shop.png", octets, now, alt={"de": "Der Laden"})
    assert actions.upload(shop, "again.png", octets, now) == first
    assert Media._base_manager.count() == 1

    answer = client.get(f"/m/{first.file}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    for wrong in ("../key", "x.png", "nosuchfile0000000000.png", f"{first.file}.svg"):
        assert client.get(f"/m/{wrong}").status_code == 404


def test_an_image_in_use_stays(shop: Any, now: Any) -> None:
    media = actions.upload(shop, "shop.png", picture(), now)
    actions.save_brand(shop, {"logo": media}, now)
    with pytest.raises(Refused, match=r".") as why:
        actions.remove_media(media, now)
    assert why.value.code == "media_used"
    actions.save_brand(shop, {"logo": None}, now)
    actions.remove_media(media, now)
    assert not Media._base_manager.exists()


def test_a_barcode_is_drawn_only_for_a_code_that_we_signed(client: Any, settings: Any) -> None:
    settings.REGULARS_BASE_URL = "https://mail.plattenkiste.example"
    address = barcodes.address("K7QF-2MXPAB", "qr")
    path = address.removeprefix(settings.REGULARS_BASE_URL)
    answer = client.get(path)
    assert answer.status_code == 200
    assert Image.open(io.BytesIO(answer.content)).size[0] > 150
    assert client.get(path.replace("/qr/", "/code128/")).status_code == 404
    assert client.get("/b/qr/AAAAAAAAAAAAAAAAAAAA.png").status_code == 404
    assert barcodes.address("", "qr") == ""
    assert barcodes.address("ÄÖ", "code128") == ""
    assert barcodes.address("x" * 61, "qr") == ""


def test_code_128_is_what_the_standard_says() -> None:
    # given: start B, P, J, J, 1, 2, 3, C, check ((104 + 48 + 84 + 126 + 68 + 90 + 114 + 245) mod 103 = 55), stop
    widths = barcodes.modules("PJJ123C")
    assert widths == "211214 313121 112133 112133 123221 223211 221132 131321 311321 2331112".replace(" ", "")
    symbols = barcodes._PATTERNS[:-1]
    assert len(set(symbols)) == 106
    # each is eleven wide, and its bars together are even: what readers check
    assert {sum(map(int, one)) for one in symbols} == {11}
    assert {sum(map(int, one[::2])) % 2 for one in symbols} == {0}
    drawn = Image.open(io.BytesIO(barcodes.draw("PJJ123C", "code128"))).convert("L")
    row = [drawn.getpixel((at, drawn.height // 2)) < 128 for at in range(drawn.width)]
    runs, last, length = [], False, 0
    for dark in [*row, not row[-1]]:
        if dark != last:
            runs.append(length // 3)
            last, length = dark, 0
        length += 1
    assert "".join(str(run) for run in runs[1:-1]) == widths[: len(runs) - 2]
    assert runs[0] >= 10


def test_a_large_upload_is_told_on_the_page(shop: Any, client: Any) -> None:
    from regulars.core.models import Membership, Staff

    person = Staff.objects.create_user("m@example.com", "a good long word")
    Membership.objects.create(shop=shop, staff=person, role="marketer")
    client.force_login(person)
    big = SimpleUploadedFile("big.png", b"\x89PNG" + b"x" * 10 * 1024 * 1024, "image/png")
    answer = client.post(f"/s/{shop.slug}/templates/images/pick/", {"image": big})
    assert answer.status_code == 422
    assert "MB" in answer.json()["error"]
    assert not Media._base_manager.exists()
