"""MNIST: 70,000 handwritten digits, 28x28 pixels from 0 to 255.

Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits"; LeCun et al., "Gradient-based learning
applied to document recognition", Proceedings of the IEEE 86 (1998).
"""

from __future__ import annotations

import os

from .base import Split
from .images import IdxFile, ImageSet

# Downloads are held to the sums of the archives as both mirrors have them; archives found on this machine may be packed
# otherwise, so what every reading is held to is the sums of the contents.
MNIST = ImageSet(
    name="mnist",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files=(
        IdxFile(
            "train-images-idx3-ubyte",
            (60000, 28, 28),
            archive="sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            content="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        IdxFile(
            "train-labels-idx1-ubyte",
            (60000,),
            archive="sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            content="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        IdxFile(
            "t10k-images-idx3-ubyte",
            (10000, 28, 28),
            archive="sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            content="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        IdxFile(
            "t10k-labels-idx1-ubyte",
            (10000,),
            archive="sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            content="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
)


def load_data(path: str | os.PathLike[str] | None = None) -> Split:
    """((x_train, y_train), (x_test, y_test)): x (60000, 28, 28) and (10000, 28, 28) uint8, y uint8 from 0 to 9.

    `path` is a folder with the four original files, gzipped or not, or Keras's mnist.npz. Without it they are looked
    for in PELLUCID_DATA/mnist, PELLUCID_DATA and the cache (PELLUCID_CACHE or the platform's), and else downloaded.
    The content is checked against its SHA-256 sums at every reading.

    Keras's `path` is a name inside its own cache folder; here it is a path.
    """
    return MNIST.load(path)
