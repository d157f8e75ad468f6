import numpy as np
from conftest import make_tile

from scarp_train import augment
from scarp_train.dataset import Scene


def test_image_and_label_are_cut_at_the_same_place():
    image, label = make_tile(3, 256)
    image[:] = (label * 200)[:, :, None]
    scene = Scene("a", image, label)
    rng = np.random.default_rng(0)
    for _ in range(50):
        pixels, truth = augment.cut(scene, augment.CropSpec(64, 0.25, 1.1), rng)
        assert np.abs(pixels[:, :, 0] / 200.0 - truth).mean() < 0.02


def test_scale_shrinks_what_is_seen():
    label = np.zeros((512, 512), np.uint8)
    label[192:320, 192:320] = 1
    scene = Scene("a", np.zeros((512, 512, 3), np.uint8), label)
    _, truth = augment.cut(scene, augment.CropSpec(128, 0.25, 0.25 + 1e-9), np.random.default_rng(1))
    assert abs(truth.sum() - (128 * 0.25) ** 2) < 60


def test_pasted_landslides_come_with_their_label():
    rng = np.random.default_rng(2)
    truth = np.zeros((64, 64), np.float32)
    truth[16:48, 16:48] = 1
    other = (np.full((64, 64, 3), 250, np.uint8), truth)
    base = (np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.float32))
    for _ in range(20):
        pixels, label = augment.paste(base, other, rng)
        assert label.max() == 0 or pixels[label > 0.5].mean() > 120


def test_recolouring_keeps_shape_and_type_and_changes_tone():
    image, _ = make_tile(4, 64)
    changed = augment.degrade(augment.recolour(image, np.random.default_rng(3)), np.random.default_rng(3))
    assert changed.shape == image.shape and changed.dtype == np.uint8
    assert not np.array_equal(changed, image)
