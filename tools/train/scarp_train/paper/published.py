"""The published figures, in percent as printed there.

GDCLD: Fang et al., "A globally distributed dataset of coseismic landslide mapping via multi-source high-resolution remote
sensing images", Earth System Science Data 16, 4817, 2024, tables 4 to 10. HR-GLDD: Meena et al., "HR-GLDD: a globally
distributed dataset using generalized deep learning for rapid landslide mapping on high-resolution satellite imagery", Earth
System Science Data 15, 3283, 2023.
"""

from dataclasses import dataclass

GDCLD_PAPER = "Fang et al., Earth System Science Data 16, 4817, 2024"
HR_GLDD_PAPER = "Meena et al., Earth System Science Data 15, 3283, 2023"


@dataclass(frozen=True)
class Published:
    """A published row. None where the paper prints no such figure.

    `miou` is what the paper calls mIoU, lower than the mean IoU of two classes that its own precision and recall imply.
    """

    precision: float | None
    recall: float | None
    f1: float
    miou: float | None

    @property
    def landslide_iou(self) -> float:
        """Landslide IoU in percent that F1 implies: F1 / (2 - F1)."""
        return self.f1 / (2.0 - self.f1 / 100.0)


NETWORKS = {
    "unet": "UNet",
    "resunet": "ResUNet, ResNet-50",
    "deeplabv3": "DeepLabV3, ResNet-50",
    "hrnet": "HRNet-48",
    "upernet": "UperNet, ViT-B16",
    "swin_unet": "SwinUNet",
    "segformer": "SegFormer, MiT-B4",
}

VALIDATION = {  # table 4
    "unet": Published(77.05, 82.01, 79.54, 71.07),
    "resunet": Published(78.17, 86.48, 82.11, 71.94),
    "deeplabv3": Published(81.27, 86.96, 84.02, 74.61),
    "hrnet": Published(81.88, 87.21, 84.46, 75.19),
    "upernet": Published(88.18, 90.64, 89.39, 81.97),
    "swin_unet": Published(89.78, 92.01, 90.72, 83.68),
    "segformer": Published(91.35, 91.70, 91.52, 85.06),
}

TEST = {  # table 5
    "unet": Published(61.69, 61.22, 61.45, 56.09),
    "resunet": Published(66.56, 64.46, 65.49, 57.06),
    "deeplabv3": Published(65.26, 67.75, 66.48, 59.73),
    "hrnet": Published(65.52, 72.03, 68.62, 61.79),
    "upernet": Published(69.96, 78.08, 73.80, 65.42),
    "swin_unet": Published(71.56, 82.26, 76.54, 67.18),
    "segformer": Published(77.09, 87.09, 81.88, 72.84),
}

EVENTS = {  # table 6, by event and sensor
    ("Lushan", "UAV"): Published(74.72, 90.35, 81.80, 72.96),
    ("Lushan", "Map World"): Published(76.18, 87.35, 81.38, 71.92),
    ("Lushan", "PlanetScope"): Published(81.50, 82.28, 81.78, 69.05),
    ("Palu", "Map World"): Published(73.48, 91.24, 81.40, 71.12),
    ("Mesetas", "PlanetScope"): Published(80.26, 80.97, 80.63, 69.01),
    ("Sumatra", "PlanetScope"): Published(83.57, 97.45, 89.30, 82.31),
}

SOURCES_VALIDATION = {  # table 7, by sensor: trained on that source alone, trained on all
    "UAV": (Published(92.20, 92.90, 92.54, 87.07), Published(91.91, 92.64, 92.27, 86.94)),
    "PlanetScope": (Published(87.98, 87.81, 87.89, 80.11), Published(85.01, 87.79, 86.37, 77.85)),
    "Map World": (Published(86.49, 90.01, 88.21, 80.66), Published(86.42, 89.12, 87.74, 80.02)),
    "Gaofen": (Published(91.25, 88.04, 89.62, 83.61), Published(90.49, 85.20, 87.77, 81.98)),
}

SOURCES_LUSHAN = {  # table 8, likewise
    "UAV": (Published(64.92, 90.68, 75.67, 64.80), Published(74.72, 90.35, 81.80, 72.96)),
    "PlanetScope": (Published(81.25, 82.29, 81.75, 68.96), Published(81.50, 82.28, 81.78, 69.05)),
    "Map World": (Published(68.39, 80.16, 73.81, 63.97), Published(76.18, 87.35, 81.38, 71.92)),
}

OTHER_SETS = {  # table 9
    "hr-gldd": Published(84.88, 86.81, 85.84, 76.97),
    "gvlm": Published(72.83, 87.54, 80.68, 70.07),
    "cas": Published(82.95, 86.35, 84.62, 76.91),
}
GVLM_RAINFALL = Published(85.88, 86.71, 86.29, 78.22)  # table 9, over sites of GVLM that the paper chose

LUSHAN_BY_TRAINING = {  # table 10: network and training set, by sensor
    ("deeplabv3", "cas"): {
        "UAV": Published(72.73, 55.34, 62.88, 57.91),
        "PlanetScope": Published(52.07, 56.05, 53.93, 52.86),
        "Map World": Published(61.79, 70.50, 64.9, 58.11),
    },
    ("segformer", "gvlm"): {
        "UAV": Published(73.03, 54.84, 57.67, 53.41),
        "PlanetScope": Published(60.13, 53.40, 54.82, 51.52),
        "Map World": Published(77.71, 66.40, 71.56, 63.97),
    },
    ("segformer", "cas"): {
        "UAV": Published(74.08, 67.05, 69.95, 62.03),
        "PlanetScope": Published(58.56, 76.57, 66.40, 56.86),
        "Map World": Published(75.02, 64.65, 68.37, 60.35),
    },
    ("segformer", "gdcld"): {
        "UAV": Published(74.72, 90.35, 81.80, 72.96),
        "PlanetScope": Published(81.50, 82.28, 81.78, 69.05),
        "Map World": Published(76.18, 87.35, 81.38, 71.92),
    },
}

HR_GLDD_NETWORKS = {
    "hr-gldd-unet": "U-Net",
    "hr-gldd-res-unet": "Res-U-Net",
    "hr-gldd-attention-unet": "Attention U-Net",
    "hr-gldd-attention-res-unet": "Attention Res-U-Net",
    "hr-gldd-adsms-unet": "ADSMS U-Net",
}

HR_GLDD_TEST = {  # F1 alone is at hand
    "hr-gldd-unet": Published(None, None, 79.04, None),
    "hr-gldd-res-unet": Published(None, None, 68.25, None),
    "hr-gldd-attention-unet": Published(None, None, 74.46, None),
    "hr-gldd-attention-res-unet": Published(None, None, 64.77, None),
    "hr-gldd-adsms-unet": Published(None, None, 65.76, None),
}
