"""Encoders: an N x bands x H x W image in, four maps at strides 4, 8, 16 and 32 out, whatever library they come from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import timm
import torch
from torch import nn

from ..errors import NetworkError
from ..recipe import NetworkSpec
from .pyramid import SIZES, pyramid_transformer
from .sizes import timm_size
from .vit import VitPyramid
from .windows import use_window_blocks

STRIDES = (4, 8, 16, 32)


@dataclass(frozen=True)
class EncoderEntry:
    """A row of the table of encoders. `family` decides which architectures take it."""

    family: str
    about: str


def _entries() -> dict[str, EncoderEntry]:
    table = {f"mit_b{n}": EncoderEntry("mit", f"Mix Transformer B{n}, SegFormer's own") for n in range(6)}
    table |= {f"pvt_v2_b{n}": EncoderEntry("pvt_v2", f"PVTv2 B{n}, nearest to MiT") for n in range(6)}
    table |= {f"tf_efficientnet_lite{n}": EncoderEntry("efficientnet_lite", f"EfficientNet-Lite{n}") for n in range(5)}
    table |= {f"resnet{n}": EncoderEntry("resnet", f"ResNet-{n}") for n in (18, 34, 50, 101)}
    table |= {f"hrnet_{n}": EncoderEntry("hrnet", f"HRNet {n.upper()}") for n in ("w18_small", "w18", "w32", "w48")}
    for n in ("tiny", "small", "base"):
        table[f"swin_{n}_patch4_window7_224"] = EncoderEntry("swin", f"Swin Transformer {n}, windows of 7")
    for n in ("tiny", "small", "base"):
        table[f"vit_{n}_patch16_224"] = EncoderEntry("vit", f"Vision Transformer {n}, patches of 16")
    for n in ("resnet", "swin", "vit"):
        table[f"{n}_nano"] = EncoderEntry(n, "narrow and shallow, for rehearsals")
    for n in (4, 8, 16, 32, 64):
        table[f"plain_{n}"] = EncoderEntry("plain", f"the convolutions of the U-Net papers, {n} channels at full resolution")
    return table


ENCODERS = _entries()


def family(name: str) -> str:
    """The family of an encoder: that of the table, or "timm" for another model of timm; NetworkError for an unknown name."""
    if name in ENCODERS:
        return ENCODERS[name].family
    if timm.is_model(name) and "." not in name:  # a tag behind a dot would name weights
        return "timm"
    raise NetworkError(f"network.encoder: there is no encoder '{name}'; 'scarp-train networks' lists them")


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turns the errors of a library that cannot make an encoder of timm's model `name` into NetworkError."""
    try:
        yield
    except (RuntimeError, TypeError, ValueError, AssertionError, AttributeError) as error:
        raise NetworkError(f"network.encoder: timm's '{name}' cannot be an encoder here: {error}") from error


class TimmEncoder(nn.Module):
    """A timm model as encoder. `dims` are the channels of the four maps; the parameters keep timm's names below `model`.

    Swin's windows keep their size on any image: maps are padded to whole windows. `options` go to `timm.create_model`.
    """

    def __init__(self, spec: NetworkSpec, **options: object):
        super().__init__()
        kind = family(spec.encoder)
        name, size = timm_size(spec.encoder)
        options = {**size, **options}
        if kind == "swin":
            options |= {"strict_img_size": False, "drop_path_rate": spec.drop_path}
        if kind == "hrnet":
            options["feature_location"] = ""
        with refusing(name):
            self.model = timm.create_model(name, features_only=True, in_chans=spec.bands, **options)
        if kind == "swin":
            use_window_blocks(self.model)
        reductions = self.model.feature_info.reduction()
        if not set(STRIDES) <= set(reductions):
            raise NetworkError(f"network.encoder: '{name}' has maps at strides {reductions}, not at 4, 8, 16 and 32")
        self._chosen = [reductions.index(stride) for stride in STRIDES]
        self._channels_last = getattr(self.model, "output_fmt", "NCHW") == "NHWC"
        self.dims = tuple(self.model.feature_info.channels()[index] for index in self._chosen)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        maps = self.model(image)
        maps = [maps[index] for index in self._chosen]
        return [x.permute(0, 3, 1, 2) for x in maps] if self._channels_last else maps


def build_encoder(spec: NetworkSpec) -> nn.Module:
    """The encoder of `spec` with random weights; has `dims`, the channels of its maps.

    `spec.drop_path` acts in the transformers (MiT, PVTv2, Swin, ViT); the convolutional encoders are published without it.
    """
    if family(spec.encoder) == "vit":
        return VitPyramid(spec)
    if spec.encoder in SIZES:
        return pyramid_transformer(spec.encoder, spec.bands, spec.drop_path)
    return TimmEncoder(spec)
