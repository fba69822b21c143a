"""Fashion-MNIST: 70,000 pictures of clothes, 28x28 pixels from 0 to 255, in MNIST's format.

Source: Xiao, Rasul & Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
arXiv:1708.07747 (2017). Licence: MIT.
"""

from __future__ import annotations

import os

from .base import Split
from .images import IdxFile, ImageSet

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

# Downloads are held to the MD5 sums of the archives, which is what the set's README publishes. The sums of the labels'
# contents were computed from the archives with those sums; for the images' contents none is known.
FASHION_MNIST = ImageSet(
    name="fashion_mnist",
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    files=(
        IdxFile(
            "train-images-idx3-ubyte",
            (60000, 28, 28),
            archive="md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            content=None,
        ),
        IdxFile(
            "train-labels-idx1-ubyte",
            (60000,),
            archive="md5:25c81989df183df01b3e8a0aad5dffbe",
            content="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        IdxFile(
            "t10k-images-idx3-ubyte",
            (10000, 28, 28),
            archive="md5:bef4ecab320f06d8554ea6380940ec79",
            content=None,
        ),
        IdxFile(
            "t10k-labels-idx1-ubyte",
            (10000,),
            archive="md5:bb300cfdad3c16e7a12a480ee83cd310",
            content="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
)


def load_data(path: str | os.PathLike[str] | None = None) -> Split:
    """((x_train, y_train), (x_test, y_test)): x (60000, 28, 28) and (10000, 28, 28) uint8, y uint8 from 0 to 9.

    `path` is a folder with the four original files, gzipped or not. Without it they are looked for in
    PELLUCID_DATA/fashion_mnist, PELLUCID_DATA and the cache (PELLUCID_CACHE or the platform's), and else downloaded.
    `CLASSES` names the ten labels.
    """
    return FASHION_MNIST.load(path)
