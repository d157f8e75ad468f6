import numpy as np
import pytest

from scarp_train.predict import predict_image
from scarp_train.recipe import Pixels


@pytest.mark.parametrize("shape", [(512, 512), (1024, 1024), (700, 1301), (200, 90)])
@pytest.mark.parametrize("tile", [256, 1024])
def test_tiles_cover_every_pixel_and_blend_without_seams(shape: tuple[int, int], tile: int):
    def dark_is_landslide(image: np.ndarray) -> np.ndarray:
        return np.where(image[0, 0, 2::4, 2::4] < 0, 20.0, -20.0).astype(np.float32)

    pixels = np.full((*shape, 3), 255, np.uint8)
    pixels[:, : shape[1] // 2] = 0
    probability = predict_image(pixels, dark_is_landslide, Pixels(), tile, 32)
    assert probability.shape == shape
    assert (probability[:, : shape[1] // 2 - 4] > 0.99).all()
    assert (probability[:, shape[1] // 2 + 4 :] < 0.01).all()
