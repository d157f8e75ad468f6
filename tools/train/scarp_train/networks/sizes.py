"""Sizes of timm's models that nobody publishes: small enough to rehearse a whole run in seconds."""

_NANO = {
    "resnet_nano": ("resnet18", {"channels": (16, 32, 64, 128)}),
    "swin_nano": ("swin_tiny_patch4_window7_224", {"embed_dim": 24, "depths": (2, 2, 2, 2), "num_heads": (1, 2, 4, 8)}),
    "vit_nano": ("vit_tiny_patch16_224", {"embed_dim": 48, "depth": 4, "num_heads": 3}),
}


def timm_size(encoder: str) -> tuple[str, dict[str, object]]:
    """The name and options by which timm builds an encoder."""
    return _NANO.get(encoder, (encoder, {}))
