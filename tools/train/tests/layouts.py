"""Published layouts, rebuilt small: what the importers' tests read."""

from pathlib import Path

import h5py
import numpy as np
import rasterio
from PIL import Image
from rasterio.transform import from_origin

SIDE = 128


def picture(seed: int, bands: int = 3, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """Pixels H x W x bands, uint8, and a label of 0 and 1 with one landslide."""
    rng = np.random.default_rng(seed)
    label = np.zeros((side, side), np.uint8)
    y, x = rng.integers(0, side // 2, 2)
    label[y : y + side // 3, x : x + side // 4] = 1
    image = rng.integers(20, 90, (side, side, bands), dtype=np.uint8)
    image[label > 0] += 120
    return image, label


def save(path: Path, pixels: np.ndarray) -> None:
    """Writes PNG, JPEG or TIFF, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def save_palette(path: Path, label: np.ndarray) -> None:
    """Writes a label as a palette PNG, as PASCAL VOC has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(label).convert("P")
    image.putdata(label.ravel().tolist())
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [0] * 750 + [224, 224, 192])
    image.save(path)


def save_geotiff(path: Path, pixels: np.ndarray, metres: float = 0.5, nodata: float | None = None) -> None:
    """Writes H x W x C pixels in UTM zone 48 north."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    height, width, bands = pixels.shape
    place = {"crs": "EPSG:32648", "transform": from_origin(400_000, 3_400_000, metres, metres)}
    shape = {"height": height, "width": width, "count": bands, "dtype": pixels.dtype, "nodata": nodata}
    with rasterio.open(path, "w", driver="GTiff", **shape, **place) as file:
        file.write(pixels.transpose(2, 0, 1))


def hr_gldd(root: Path) -> Path:
    """Four training images and two of each other part, of four bands in 0..1, as float64."""
    root.mkdir(parents=True)
    for part, seeds in (("train", range(4)), ("val", range(4, 6)), ("test", range(6, 8))):
        pairs = [picture(seed, bands=4) for seed in seeds]
        np.save(root / f"{part}X.npy", np.stack([image for image, _ in pairs]) / 255)
        np.save(root / f"{part}Y.npy", np.stack([label for _, label in pairs])[:, :, :, None].astype(np.float64))
    return root


def cas(root: Path) -> Path:
    """Four sites, two of one place; `mask` holds 0 and 1, `label` the same in red."""
    sites = ("Jiuzhai valley (UAV-0.2m)", "Jiuzhai valley (UAV-0.5m)", "Tiburon Peninsula（planet）", "palu")
    for number, site in enumerate(sites):
        for index in range(2):
            image, label = picture(number * 10 + index)
            save(root / site / "img" / f"site{index:04d}.tif", image)
            save(root / site / "mask" / f"site{index:04d}.tif", label)
            save(root / site / "label" / f"site{index:04d}.tif", label[:, :, None] * np.array([255, 0, 0], np.uint8))
    return root


def gvlm(root: Path) -> Path:
    """Two sites of their own size."""
    for seed, (site, side) in enumerate((("Kaikoura_New Zealand", 150), ("Jiuzhaigou_China", 130))):
        image, label = picture(seed, side=side)
        save(root / site / "im1.png", image // 2)
        save(root / site / "im2.png", image)
        save(root / site / "ref.png", label * 255)
    return root


def bijie(root: Path) -> Path:
    """Three images with landslides, two without."""
    home = root / "Bijie-landslide-dataset"
    for index in range(3):
        image, label = picture(index)
        save(home / "landslide" / "image" / f"df{index:03d}.png", image)
        save(home / "landslide" / "mask" / f"df{index:03d}.png", label * 255)
        save(home / "landslide" / "dem" / f"df{index:03d}.png", label)
        (home / "landslide" / "polygon_coordinate").mkdir(exist_ok=True)
        (home / "landslide" / "polygon_coordinate" / f"df{index:03d}.txt").write_text("1,1 2,2 1,2\n")
    for index in range(2):
        save(home / "non-landslide" / "image" / f"n{index}.png", picture(20 + index)[0])
    return root


def landslide4sense(root: Path) -> Path:
    """Eight training images of 14 bands, validation and test without masks."""
    for part, count in (("TrainData", 8), ("ValidData", 2), ("TestData", 1)):
        for index in range(1, count + 1):
            image, label = picture(index, bands=14)
            _h5(root / part / "img" / f"image_{index}.h5", "img", image.astype(np.float64) / 50)
            if part == "TrainData":
                _h5(root / part / "mask" / f"mask_{index}.h5", "mask", label)
    return root


def ann_dir(root: Path) -> Path:
    """Images as JPEG, labels with 255 at the border; the test part has none."""
    for part, seeds in (("train", range(3)), ("val", range(3, 5)), ("test", range(5, 6))):
        for seed in seeds:
            image, label = picture(seed)
            label[:2] = 255
            save(root / "img_dir" / part / f"{seed}.jpg", image)
            if part != "test":
                save(root / "ann_dir" / part / f"{seed}.png", label)
    return root


def voc(root: Path) -> Path:
    """Three classes in palette PNG: 1 is something else, 2 landslide, 255 the border."""
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    for part, seeds in (("train", range(3)), ("val", range(3, 5))):
        (lists / f"{part}.txt").write_text("".join(f"p{seed}\n" for seed in seeds))
        for seed in seeds:
            image, label = picture(seed)
            label = label * 2
            label[-9:-3] = 1
            label[:2] = 255
            save(root / "JPEGImages" / f"p{seed}.jpg", image)
            save_palette(root / "SegmentationClass" / f"p{seed}.png", label)
    save(root / "JPEGImages" / "unlisted.jpg", picture(9)[0])
    return root


def mask_beside(root: Path) -> Path:
    """Three sites with two images each, and labels of 0 and 255 beside them."""
    for number, site in enumerate(("lushan_uav", "valley", "ridge")):
        for index in range(2):
            image, label = picture(number * 10 + index)
            save(root / site / f"{index}.png", image)
            save(root / site / f"{index}_mask.png", label * 255)
    return root


def _h5(path: Path, name: str, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset(name, data=pixels)
