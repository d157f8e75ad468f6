"""The table of architectures, and the one way to build a network."""

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import NetworkError
from ..recipe import NetworkSpec
from .adsms_unet import AdsmsUNet
from .deeplabv3 import DeepLabV3
from .encoders import family
from .hrnet import HRNet
from .network import Network
from .segformer import SegFormer
from .swin_unet import SwinUNet
from .unet import attention_resunet, attention_unet, resunet, unet
from .upernet import UPerNet

_CNN = ("resnet", "efficientnet_lite", "timm")
_PYRAMIDS = ("mit", "pvt_v2", "hrnet", "swin", *_CNN)
_PLAIN = ("plain",)


@dataclass(frozen=True)
class Architecture:
    """A row of the table. `families` of encoders it takes; `encoder` is the published one and `small` one for rehearsals."""

    create: Callable[[NetworkSpec], Network]
    families: tuple[str, ...]
    encoder: str
    small: str
    source: str


ARCHITECTURES = {
    "segformer": Architecture(SegFormer, _PYRAMIDS, encoder="mit_b4", small="mit_b0", source="Xie et al., NeurIPS 2021"),
    "unet": Architecture(
        unet, (*_PLAIN, *_CNN), encoder="plain_64", small="plain_8", source="Ronneberger et al., MICCAI 2015"
    ),
    "resunet": Architecture(
        resunet,
        (*_PLAIN, *_CNN),
        encoder="resnet50",
        small="resnet_nano",
        source="U-Net with the units of He et al., CVPR 2016",
    ),
    "deeplabv3": Architecture(
        DeepLabV3, ("resnet", "timm"), encoder="resnet50", small="resnet_nano", source="Chen et al., arXiv 1706.05587, 2017"
    ),
    "hrnet": Architecture(HRNet, ("hrnet",), encoder="hrnet_w48", small="hrnet_w18_small", source="Wang et al., TPAMI 2021"),
    "upernet": Architecture(
        UPerNet,
        ("vit", *_PYRAMIDS),
        encoder="vit_base_patch16_224",
        small="vit_nano",
        source="Xiao et al., ECCV 2018",
    ),
    "swin_unet": Architecture(
        SwinUNet,
        ("swin",),
        encoder="swin_tiny_patch4_window7_224",
        small="swin_nano",
        source="Cao et al., ECCV workshops 2022",
    ),
    "attention_unet": Architecture(
        attention_unet, _PLAIN, encoder="plain_64", small="plain_8", source="Oktay et al., MIDL 2018"
    ),
    "attention_resunet": Architecture(
        attention_resunet, _PLAIN, encoder="plain_64", small="plain_8", source="Oktay et al., MIDL 2018, with residual units"
    ),
    "adsms_unet": Architecture(AdsmsUNet, _PLAIN, encoder="plain_32", small="plain_8", source="Abraham & Khan, ISBI 2019"),
}


def build(spec: NetworkSpec) -> Network:
    """The network of `spec` with random weights, the same for the same `torch.manual_seed`.

    Raises NetworkError for an unknown architecture or encoder, or for an encoder that the architecture does not take.
    """
    if spec.architecture not in ARCHITECTURES:
        raise NetworkError(f"network.architecture: there is no '{spec.architecture}'; use one of {', '.join(ARCHITECTURES)}")
    architecture = ARCHITECTURES[spec.architecture]
    kind = family(spec.encoder)
    if kind not in architecture.families:
        raise NetworkError(
            f"network.encoder: {spec.architecture} takes no encoder of the family '{kind}' ('{spec.encoder}'); "
            f"use one of {', '.join(architecture.families)}, for example '{architecture.encoder}'"
        )
    return architecture.create(spec)
