"""The README's pictures: there, small enough to be cloned by everybody, and true in their colours."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def screenshots() -> ModuleType:
    spec = importlib.util.spec_from_file_location("screenshots", ROOT / "packaging/screenshots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_those_that_the_script_takes_are_committed_and_no_others(screenshots: ModuleType) -> None:
    assert {path.name for path in screenshots.PICTURES.iterdir()} == {f"{name}.png" for name in screenshots.CHOICE}
    for name, picture in screenshots.CHOICE.items():
        path = screenshots.PICTURES / f"{name}.png"
        assert path.stat().st_size <= screenshots.BYTES_MAX
        with Image.open(path) as taken:
            assert taken.size == (picture.width * picture.scale, picture.height * picture.scale)


def test_few_colours_keep_those_of_large_and_of_small_things(screenshots: ModuleType) -> None:
    ground, green = (20, 25, 32), (19, 122, 75)
    shades = Image.new("RGB", (600, 600), ground)
    shades.paste(Image.radial_gradient("L").convert("RGB"), (0, 0))
    shades.paste(green, (100, 100, 104, 104))
    raw = io.BytesIO()
    shades.save(raw, "PNG")
    with Image.open(io.BytesIO(screenshots.small(raw.getvalue()))) as packed:
        for place, expected in (((500, 500), ground), ((102, 102), green)):
            found = packed.convert("RGB").getpixel(place)
            assert isinstance(found, tuple)
            assert max(abs(one - other) for one, other in zip(found, expected, strict=True)) <= 3
