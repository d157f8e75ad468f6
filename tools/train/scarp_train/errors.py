"""The errors that the command line shows as one line; each text says what, where and what to do."""


class TrainError(Exception):
    """Something that a user can mend; the common base."""


class DatasetError(TrainError):
    """A folder, archive or file that cannot be used."""


class ElsewhereError(TrainError):
    """What the first process of a run says and has the exit status of; the others end quietly."""


class RecipeError(TrainError):
    """A recipe that cannot be used."""


class NetworkError(TrainError):
    """A network or its first weights that cannot be had."""


class ExportError(TrainError):
    """A graph that does not compute what PyTorch computes, or a model that must not be released."""
