import numpy as np
from conftest import make_tile

from scarp_train.data import augment


def test_image_and_label_are_cut_at_the_same_place():
    image, label = make_tile(3, 256)
    image[:] = (label * 200)[:, :, None]
    rng = np.random.default_rng(0)
    for scales in ((0.25, 1.1), (1.0, 1.0)):
        for _ in range(40):
            pixels, truth = augment.cut(image, label, 64, scales, rng)
            assert np.abs(pixels[:, :, 0] / 200.0 - truth).mean() < 0.02


def test_scale_shrinks_what_is_seen():
    label = np.zeros((512, 512), np.uint8)
    label[192:320, 192:320] = 1
    image = np.zeros((512, 512, 3), np.uint8)
    _, truth = augment.cut(image, label, 128, (0.25, 0.25 + 1e-9), np.random.default_rng(1))
    assert abs(truth.sum() - (128 * 0.25) ** 2) < 60


def test_a_crop_on_the_pixel_grid_is_the_image_mirrored_or_turned_by_quarters():
    image, label = make_tile(5, 64)
    turned = [np.rot90(image, k) for k in range(4)]
    wanted = {a.tobytes() for t in turned for a in (np.ascontiguousarray(t), np.ascontiguousarray(t[:, ::-1]))}
    rng = np.random.default_rng(2)
    found = {augment.cut(image, label, 64, (1.0, 1.0), rng)[0].tobytes() for _ in range(80)}
    assert found == wanted


def test_ignored_pixels_stay_ignored_and_are_no_landslide():
    label = np.zeros((128, 128), np.uint8)
    label[:, 64:] = 255
    for scales in ((0.5, 0.9), (1.0, 1.0)):
        rng = np.random.default_rng(3)
        shares = [augment.cut(np.zeros((128, 128, 3), np.uint8), label, 96, scales, rng)[1] for _ in range(10)]
        assert all(set(np.unique(share)) <= {-1.0, 0.0} for share in shares)
        assert 0.3 < np.mean([(share < 0).mean() for share in shares]) < 0.7


def test_bands_of_any_number_and_type_are_cut():
    for bands, kind in ((1, np.uint8), (4, np.uint16), (14, np.float32)):
        image = np.ones((80, 80, bands), kind)
        pixels, _ = augment.cut(image, np.zeros((80, 80), np.uint8), 64, (0.4, 0.9), np.random.default_rng(4))
        assert pixels.shape == (64, 64, bands) and pixels.dtype == kind


def test_pasted_landslides_come_with_their_label():
    rng = np.random.default_rng(2)
    truth = np.zeros((64, 64), np.float32)
    truth[16:48, 16:48] = 1
    other = (np.full((64, 64, 3), 250, np.uint8), truth)
    base = (np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.float32))
    for _ in range(20):
        pixels, label = augment.paste(base, other, rng)
        assert label.max() == 0 or pixels[label > 0.5].mean() > 120


def test_recolouring_keeps_shape_and_range_and_changes_tone():
    image = make_tile(4, 64)[0]
    for bands in (3, 4):
        x = np.repeat(image[:, :, :1], bands, axis=2).astype(np.float32) / 255
        changed = augment.recolour(x.copy(), np.random.default_rng(3))
        assert changed.shape == x.shape and changed.dtype == np.float32 and changed.min() >= 0 and changed.max() <= 1
        assert np.abs(changed - x).mean() > 0.01
    worse = [augment.degrade(image, np.random.default_rng(seed)) for seed in range(8)]
    assert all(w.shape == image.shape and w.dtype == np.uint8 for w in worse)
    assert any(not np.array_equal(w, image) for w in worse)
