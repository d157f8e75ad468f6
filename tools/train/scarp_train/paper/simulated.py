"""Simulated datasets in their published layouts, small and always the same: bright scars on textured ground."""

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..data.importers import choose
from ..data.importers.run import Settings, run_import

SIDE = 96
GROUND, SCAR = (70, 95, 60, 130), (175, 150, 120, 90)  # red, green, blue, near infrared
TRAINED = {"UAV": "Luding", "PlanetScope": "Hokkaido", "MapWorld": "Jiuzhaigou", "GF6": "Nippes"}  # sensor: event
TESTED = (
    ("Lushan_UAV_1", 96, 128),
    ("Lushan_UAV_2", 128, 96),
    ("Lushan_MapWorld", 96, 96),
    ("Lushan_PlanetScope", 96, 96),
    ("Palu_MapWorld", 112, 96),
    ("Mesetas_PlanetScope", 96, 112),
    ("Sumatra_PlanetScope", 96, 96),
)


def scene(seed: int, height: int, width: int, bands: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """An image, H x W x `bands` uint8, and its label, H x W uint8 with 0 and 1; equal for equal arguments."""
    rng = np.random.default_rng(seed)
    label = np.zeros((height, width), np.uint8)
    for _ in range(3):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(height // 16, height // 7)), int(rng.integers(height // 7, height // 4)))
        cv2.ellipse(label, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    relief = cv2.resize(rng.random((height // 8, width // 8), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    shade = 0.7 + 0.5 * relief + 0.08 * rng.standard_normal((height, width), np.float32)
    colours = np.where(label[:, :, None] == 1, np.float32(SCAR[:bands]), np.float32(GROUND[:bands]))
    return np.clip(colours * shade[:, :, None], 0, 255).astype(np.uint8), label


def publish_gdcld(folder: Path) -> None:
    """`train_dataset.zip`, `val_dataset.zip` and `test_data.zip`, names with event and sensor, seven whole test images."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in (("train_dataset", 3), ("val_dataset", 1)):
        names = [f"{event}_{sensor}_{number:04}" for sensor, event in TRAINED.items() for number in range(count)]
        _zip(folder / f"{part}.zip", [(name, SIDE, SIDE) for name in names], count)
    _zip(folder / "test_data.zip", list(TESTED), 9)


def _zip(path: Path, images: list[tuple[str, int, int]], seed: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, height, width) in enumerate(images):
            for kind, pixels in zip(("images", "labels"), scene(100 * seed + number, height, width)):
                # A ZipInfo of its own carries no time of day.
                archive.writestr(zipfile.ZipInfo(f"{path.stem}/{kind}/{name}.tif"), encode(pixels, "TIFF"))


def publish(folder: Path, datasets: set[str]) -> None:
    """Makes `datasets` below `folder`, the others than GDCLD by way of their published layouts and the import."""
    makers = {"hr-gldd": publish_hr_gldd, "gvlm": publish_gvlm, "cas": publish_cas}
    for name in sorted(datasets - {"gdcld"}):
        source = folder / "published" / name
        makers[name](source)
        run_import(source, choose(source, name, "mask" if name == "cas" else None), folder / name, Settings())
    publish_gdcld(folder / "gdcld")


def publish_hr_gldd(folder: Path) -> None:
    """Six arrays: N x 128 x 128 x 4 float64 in 0..1, and N x 128 x 128 x 1."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (part, count) in enumerate((("train", 4), ("val", 1), ("test", 2))):
        scenes = [scene(20 + 10 * seed + number, 128, 128, bands=4) for number in range(count)]
        np.save(folder / f"{part}X.npy", np.stack([image for image, _ in scenes]) / 255.0)
        np.save(folder / f"{part}Y.npy", np.stack([label for _, label in scenes])[..., None])


def publish_gvlm(folder: Path) -> None:
    """SITE/{im1,im2,ref}.png, of varied size."""
    for seed, (site, width) in enumerate((("Kaikoura_New Zealand", 128), ("A Luoi_Vietnam", 96))):
        image, label = scene(60 + seed, 96, width)
        (folder / site).mkdir(parents=True, exist_ok=True)
        for name, pixels in (("im1", image[::-1]), ("im2", image), ("ref", 255 * label)):
            (folder / site / f"{name}.png").write_bytes(encode(pixels, "PNG"))


def publish_cas(folder: Path) -> None:
    """SITE/{img,mask,label}/*.tif, smaller than the network's input."""
    for seed, site in enumerate(("Moxitaidi (UAV-0.6m)", "palu")):
        for number in range(2):
            image, label = scene(80 + 10 * seed + number, 32, 32)
            for kind, pixels in (("img", image), ("mask", label), ("label", 255 * label)):
                (folder / site / kind).mkdir(parents=True, exist_ok=True)
                (folder / site / kind / f"{number:04}.tif").write_bytes(encode(pixels, "TIFF"))


def encode(pixels: np.ndarray, form: str) -> bytes:
    """An image file's bytes; `form` is Pillow's name of the format."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()
