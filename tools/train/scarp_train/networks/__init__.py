"""The networks that a recipe can name, and the pretrained weights of their encoders."""

from .encoders import ENCODERS
from .network import Network, TrainingOutputs
from .pretrained import Pretrained, load_pretrained, published
from .registry import ARCHITECTURES, build

__all__ = ["ARCHITECTURES", "ENCODERS", "Network", "Pretrained", "TrainingOutputs", "build", "load_pretrained", "published"]
