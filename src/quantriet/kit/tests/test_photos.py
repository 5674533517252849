"""Photos are brought upright, made small, freed of the camera's notes; what is no photo is refused."""

import io
import zlib

import pytest
from PIL import Image

from quantriet.kit import photos
from quantriet.kit.refusal import Refusal


def jpeg(size=(400, 200), *, orientation: int | None = None, mode="RGB") -> bytes:
    """A picture whose left half is red; with the notes of a camera when turned."""
    picture = Image.new(mode, size, "blue")
    picture.paste(Image.new(mode, (size[0] // 2, size[1]), "red"), (0, 0))
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
        exif[0x010E] = "NHA RIENG CUA TOI"
        exif.get_ifd(0x8825)[1] = "N"
    content = io.BytesIO()
    picture.save(content, "JPEG", exif=exif, comment=b"bi mat cua may anh")
    return content.getvalue()


def tidy(tmp_path, content: bytes, name: str = "anh.jpg") -> photos.Photo:
    path = tmp_path / "anh"
    path.write_bytes(content)
    return photos.tidy(path, name)


def test_photo_stands_upright_without_the_cameras_notes(tmp_path):
    photo = tidy(tmp_path, jpeg(orientation=6), "IMG_0001.JPG")
    assert (photo.width, photo.height) == (200, 400)
    with Image.open(io.BytesIO(photo.content)) as kept:
        assert kept.size == (200, 400)
        assert not kept.getexif()
        red, _green, blue = kept.getpixel((100, 40))
        assert red > 200 > 60 > blue, "turned right, what was left stands above"
    for note in (b"NHA RIENG", b"bi mat", b"Exif"):
        assert note not in photo.content


def test_large_photo_becomes_small(tmp_path):
    photo = tidy(tmp_path, jpeg((5000, 3000)))
    assert (photo.width, photo.height) == (1600, 960)
    assert len(photo.content) < 200_000


def test_transparent_png_stands_on_white(tmp_path):
    content = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(content, "PNG")
    photo = tidy(tmp_path, content.getvalue(), "hinh.png")
    with Image.open(io.BytesIO(photo.content)) as kept:
        assert kept.getpixel((25, 25)) == (255, 255, 255)


def bomb() -> bytes:
    """A PNG that says it has 30,000 × 30,000 points."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    side = (30_000).to_bytes(4, "big")
    head = chunk(b"IHDR", side + side + bytes([1, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(3751 * 30_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "anh.jpg", "photo.empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "anh.svg", "photo.kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "anh.png", "photo.kind"),
        (jpeg(), "anh.png", "photo.kind"),
        (jpeg(), "anh.exe", "photo.kind"),
        (jpeg()[:600], "anh.jpg", "photo.broken"),
        (b"\xff\xd8\xff" + b"x" * 500, "anh.jpg", "photo.broken"),
        (b"GIF89a" + b"0" * 100, "anh.gif", "photo.kind"),
        (b"\xff\xd8\xff" + bytes(photos.LIMIT), "anh.jpg", "photo.too_big"),
        (bomb(), "anh.png", "photo.broken"),
    ],
    ids=["empty", "svg", "svg as png", "jpeg as png", "wrong ending", "cut", "no picture", "gif", "too big", "bomb"],
)
def test_what_is_no_photo_is_refused(tmp_path, content, name, code):
    with pytest.raises(Refusal, check=lambda refusal: (refusal.code, refusal.field) == (code, "photo")):
        tidy(tmp_path, content, name)
