"""The options of `scarp replay` beside a case's photographs, with the files that they name."""

from dataclasses import dataclass

import dem


@dataclass
class File:
    """An option that names a file with this text."""

    option: str
    name: str
    text: str

    def write(self, folder):
        (folder / self.name).write_text(self.text)
        return [self.option, self.name]


@dataclass
class Ground:
    """An elevation model of level ground at `height` metres over EGM96."""

    height: float

    def write(self, folder):
        dem.write(folder / "dem.tif", self.height)
        return ["--dem", "dem.tif"]


class Words:
    """Options that name no file."""

    def __init__(self, *words):
        self.words = [str(word) for word in words]

    def write(self, _folder):
        return self.words


def camera(text, name="camera.toml"):
    return File("--camera", name, text)


def poses(text, name="poses.csv"):
    return File("--poses", name, text)
